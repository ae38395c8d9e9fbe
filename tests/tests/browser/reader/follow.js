// Where the transcript is scrolled.
window.__follow = {
  isAtTheEnd() {
    const t = document.querySelector("#transcript");
    return t.scrollHeight - t.scrollTop - t.clientHeight < 2;
  },

  scrollToTurn60() {
    document.querySelector('[data-turn="60"]').scrollIntoView({ block: "center" });
  },

  positions: () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(
    ['[data-turn="60"]'].map((turn) => document.querySelector(turn).getBoundingClientRect().top)
      .concat(document.querySelector("#transcript").scrollTop))))),
};
