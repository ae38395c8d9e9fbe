// The parts of the turns.
window.__turns = {
  // Stores the ids of elements whose changes a script watches.
  noteWatched() {
    window.__watched = [];
    const observe = MutationObserver.prototype.observe;
    MutationObserver.prototype.observe = function (target, options) {
      window.__watched.push(target.id);
      return observe.call(this, target, options);
    };
  },

  parts: () => [...document.querySelectorAll("#transcript p")].map((turn) =>
      [".speaker", ".mark", ".settled", ".unsettled"].map((part) => turn.querySelector(part).textContent.trim())),

  directions: () => ['[data-turn="1"]', '[data-turn="4"]']
    .map((turn) => getComputedStyle(document.querySelector("#transcript " + turn)).direction),

  speakerOfSecondWord: () => document.querySelectorAll("#transcript [data-start]")[1].dataset.speaker,
};
