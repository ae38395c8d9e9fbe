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

  // The same, as the canvas shows them; empty if there is none. Their colours are `colors`: that of the
  // style, if it differs by no more than what blending rounds.
  window.__pixels = () => {
    const canvas = document.querySelector("#level canvas");
    if (!canvas?.width || !canvas.checkVisibility()) {
      return { heights: [], colors: [] };
    }
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const { stroke } = getComputedStyle(canvas);
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
    const heights = [...Array(48).keys()].map((index) => {
      const x = Math.floor(((index + 1) * width) / 49);
      const rows = [...Array(height).keys()].filter((y) => isDrawn(x, y) || (x > 0 && isDrawn(x - 1, y)));
      return (rows.length * 104) / height;
    });
    return { heights, colors: [...colors] };
  };
  // Whether the canvas shows what was drawn last: each line within two rows of pixels.
  window.__isShown = () => {
    const { heights } = window.__pixels();
    const drawn = window.__heights();
    const isNear = (height, index) => Math.abs(height - heights[index]) <= 8;
    return heights.length === 48 && drawn.length === 48 && drawn.every(isNear);
  };
})();
