// The words of the transcript.
window.__words = {
  tooltip() {
    const figure = document.querySelector("#word-tooltip");
    const word = document.querySelector('[data-start="65700"]');
    const [over, under] = [figure, word].map((element) => element.getBoundingClientRect());
    return [figure.getAttribute("role"), word.getAttribute("aria-describedby") === figure.id,
      word.className, Math.abs(over.bottom - under.top) <= 1 || Math.abs(over.top - under.bottom) <= 1];
  },

  ofEachTurn: () => [...document.querySelectorAll("#transcript p")].map(turn =>
      [turn.querySelector(".settled").textContent, [...turn.querySelectorAll("[data-start]")].map(word =>
        [word.textContent, word.dataset.start, word.dataset.end, word.className])]),

  tabStops: () => [...document.querySelectorAll("#transcript, #transcript *")]
    .filter((element) => element.tabIndex >= 0).map((element) => element.id),

  keepFocusedWord() {
    window.__word = document.activeElement;
  },

  isSameWord: () => window.__word === document.activeElement,

  isRedrawnWord: () =>
    !window.__word.isConnected && document.activeElement.dataset.start === window.__word.dataset.start,

  // The starts of all words, in ms.
  starts: () => [...document.querySelectorAll("[data-start]")].map((word) => word.dataset.start),

  tooltipCoversEdit() {
    const [one, other] = ["#word-tooltip", "#edit-turn"]
      .map((selector) => document.querySelector(selector).getBoundingClientRect());
    return one.width > 0 && one.left < other.right && other.left < one.right && one.top < other.bottom
      && other.top < one.bottom;
  },
};
