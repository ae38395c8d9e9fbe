// How often timers fire in a hidden page.
window.__hidden = {
  // Counts, in `window.__ticks`, how often a timer of 100 ms fires after the page has been hidden for 10 s.
  countTicks() {
    window.__ticks = 0;
    window.__hiddenAt = Infinity;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) window.__hiddenAt = performance.now();
    });
    const tick = () => {
      window.__ticks += performance.now() > window.__hiddenAt + 10_000;
      setTimeout(tick, 100);
    };
    tick();
  },
};
