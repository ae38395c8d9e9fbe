// Observes the meter of the microphone's level. Injected before the page's own code.
(() => {
  // `frames` counts the drawings that cost the page a frame, `drawings` all; `path` is what was drawn last.
  const meter = (window.__meter = { drawings: 0, frames: 0, values: [], path: "" });
  const draw = (path) => {
    meter.drawings += 1;
    meter.path = path;
  };
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...transferred) {
    if (message.path) {
      draw(message.path);
    }
    return postMessage.call(this, message, ...transferred);
  };
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      for (const { attributeName, target } of changes) {
        const value = target.getAttribute(attributeName);
        if (attributeName === "d") {
          meter.frames += 1;
          draw(value);
        } else if (attributeName === "aria-valuenow") {
          meter.values.push(value);
        }
      }
    }).observe(document.querySelector("#level"), { attributes: true, subtree: true });
  });

  // The heights of the waveform's lines, from the left, of 104.
  window.__heights = () => [...meter.path.matchAll(/v(\d+)/g)].map(([, height]) => Number(height));

  // The same, as the canvas shows them, from the right as far as there is room; empty if there is no canvas.
  // Their colours are `colors`: that of the style, if it differs by no more than what blending rounds.
  // `isSharp`: no line is blurred.
  window.__pixels = () => {
    const canvas = document.querySelector("#level canvas");
    if (!canvas?.width || !canvas.checkVisibility()) {
      return { heights: [], colors: [], isSharp: false };
    }
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const { stroke, strokeWidth } = getComputedStyle(canvas);
    // As worker.js computes them.
    const lineWidth = Math.floor(parseFloat(strokeWidth) * devicePixelRatio);
    const step = Math.max(lineWidth + 1, Math.round((width - lineWidth) / 47));
    const rgb = stroke.match(/\d+/g);
    const colors = new Set();
    const isDrawn = (x, y) => {
      const at = (y * width + x) * 4;
      const isDrawn = data[at + 3] > 100;
      if (isDrawn) {
        const pixel = [...data.slice(at, at + 3)];
        colors.add(pixel.every((value, index) => Math.abs(value - rgb[index]) < 8) ? stroke : String(pixel));
      }
      return isDrawn;
    };
    const heights = [];
    for (let x = Math.floor(width - lineWidth / 2); x >= lineWidth && heights.length < 48; x -= step) {
      const rows = [...Array(height).keys()].filter((y) => isDrawn(x, y));
      heights.unshift((rows.length * 104) / height);
    }
    // A pixel at the end of a line may be blended, but not one within it.
    const row = Math.floor(height * 0.3);
    const alpha = (x, y) => data[(y * width + x) * 4 + 3];
    const isClear = (value) => value < 16 || value > 239;
    const isSharp = [...Array(width).keys()].every((x) => isClear(alpha(x, row)) || alpha(x, row + 4) > 239);
    return { heights, colors: [...colors], isSharp };
  };
  // Whether the canvas shows what was drawn last: each line within two rows of pixels.
  window.__isShown = () => {
    const { heights } = window.__pixels();
    const drawn = window.__heights().slice(48 - heights.length);
    const isNear = (height, index) => Math.abs(height - heights[index]) <= 8;
    return heights.length >= 24 && drawn.length === heights.length && drawn.every(isNear);
  };
})();
