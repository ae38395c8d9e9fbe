// The words of a talk on the page.
window.__noWordLost = {
  words: () => [...document.querySelectorAll("#transcript p[data-final] [data-start]")]
    .map(w => [w.textContent, +w.dataset.start, +w.dataset.end]),

  hasNoSocket: () => __seen.held().sockets === 0,
};
