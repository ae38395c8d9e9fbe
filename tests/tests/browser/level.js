// The level's place in the page.
window.__level = {
  animations: () => document.getAnimations().filter(
    (animation) => document.querySelector("#level").contains(animation.effect.target)).length,

  hide() {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
  },

  show() {
    delete document.hidden;
  },

  isDrawnHigh: () => window.__isShown() && Math.max(...window.__heights()) > 60,

  isCleared: () => document.querySelector("#level canvas") === null
    && document.querySelector("#level path").getAttribute("d") === "M0 0h47",

  counts() {
    const { drawings, values } = window.__meter; return [drawings, values, window.__seen.messages.length];
  },

  preferReducedMotion() {
    const { matchMedia } = window;
    window.matchMedia = (query) =>
      query === "(prefers-reduced-motion: reduce)" ? { matches: true } : matchMedia.call(window, query);
  },

  isBar: () => /^M0 0h([1-9]\d|[5-9])$/.test(document.querySelector("#level path").getAttribute("d")),

  isSharp: () => window.__pixels().isSharp,

  // Whether the canvas has the colours of the page; they must be there by this drawing.
  isInColorsOfPage(lastDrawing) {
    const { colors } = window.__pixels();
    const { stroke } = getComputedStyle(document.querySelector("#level canvas"));
    if (window.__meter.drawings > lastDrawing) {
      throw new Error(`${stroke} is drawn as ${colors}`);
    }
    return colors.includes(stroke);
  },
};
