// The bar for the review of doubtful words.
window.__review = {
  bar() {
    const bar = document.querySelector("#review-bar");
    return [bar.querySelector("input").value, bar.querySelector(".count").textContent,
      bar.querySelector("[type=submit]").textContent];
  },

  isAt(text, count) {
    const bar = document.querySelector("#review-bar");
    return bar?.querySelector("input").value === text && bar.querySelector(".count").textContent === count;
  },

  stopFrames() {
    window.__frames = window.requestAnimationFrame;
    window.requestAnimationFrame = () => 0;
    const session = { set type(type) { window.__uses.push(type); } };
    window.__uses = [];
    Object.defineProperty(navigator, "audioSession", { value: session });
  },

  usesAreOfPlayback: () => JSON.stringify(window.__uses) === '["playback","auto"]',

  goOn() {
    window.requestAnimationFrame = window.__frames;
  },

  correctedWords: () => [...document.querySelectorAll("#transcript p[data-edited] [data-start]")]
    .map((word) => [word.textContent, word.dataset.start, word.className]),
};
