// The parts of the turns.
window.__turns = {
  parts: () => [...document.querySelectorAll("#transcript p")].map((turn) =>
      [".speaker", ".mark", ".settled", ".unsettled"].map((part) => turn.querySelector(part).textContent.trim())),

  directions: () => ['[data-turn="1"]', '[data-turn="4"]']
    .map((turn) => getComputedStyle(document.querySelector("#transcript " + turn)).direction),

  speakerOfSecondWord: () => document.querySelectorAll("#transcript [data-start]")[1].dataset.speaker,
};
