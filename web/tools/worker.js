// The worker of the tools; its name says what it does. Its messages must match src/browser/file/ticks.rs and
// src/browser/level.rs.
"use strict";

// Ticks every 100 ms: browsers slow down the timers of a hidden page, but not those of its workers.
if (self.name === "ticks") {
  setInterval(() => postMessage(0), 100);
}

// Draws each waveform on the canvas that it was given, with the size and the colour that it was given last.
let context;
onmessage = ({ data }) => {
  if (data.canvas) {
    // Once: Firefox throws the second time.
    context = data.canvas.getContext("2d");
    return;
  }
  const { path, look } = data;
  if (look) {
    const { width, height, color, lineWidth } = look;
    // Setting a size costs the page a task, even if it is the same.
    if (context.canvas.width !== width || context.canvas.height !== height) {
      Object.assign(context.canvas, { width, height });
    }
    // Whole pixels: the lines are sharp, and the same distance apart.
    Object.assign(context, { strokeStyle: color, lineWidth: Math.max(1, Math.floor(lineWidth)), lineCap: "round" });
  }
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  // The newest line, at 47, ends at the right edge; where there is no room, the oldest are left out. The height is that
  // of the SVG's `viewBox` in index.html: -52 to 52. tests/src/level.js computes the same places.
  const { lineWidth } = context;
  const step = Math.max(lineWidth + 1, Math.round((width - lineWidth) / 47));
  const scale = new DOMMatrix([step, 0, 0, height / 104, width - lineWidth / 2 - 47 * step, height / 2]);
  const waveform = new Path2D();
  waveform.addPath(new Path2D(path), scale);
  context.stroke(waveform);
};
