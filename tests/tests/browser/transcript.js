// The transcript and what is announced of it.
window.__transcript = {
  hasUnannouncedPartial: () => !!document.querySelector("#transcript p:not([data-final]) .unsettled")?.textContent
    && !document.querySelector("#announcer").textContent,

  texts: () => ["#transcript p[data-final] .settled", "#announcer p", ".unsettled"]
    .map(s => document.querySelector(s).textContent),
};
