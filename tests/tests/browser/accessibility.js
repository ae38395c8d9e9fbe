// What screen readers get, what is not translated, and what lies over something else.
window.__accessibility = {
  // Lets the page's code fail to start after the next load, if the test has stored `is-broken`.
  breakStart() {
    if (!localStorage.getItem("is-broken")) return;
    WebAssembly.instantiate = WebAssembly.instantiateStreaming = async () => { throw new Error("by the test"); };
  },

  // The page's language, and some of its texts.
  texts: () => [document.documentElement.lang,
    ...["#record", "#hint p", "#details summary span", "title"].map((it) => document.querySelector(it).textContent)],

  // The elements with only text that are still English on a German page, except names.
  english() {
    const words = /\b(the|record|press|your|and|with|this|not|save|of)\b/i;
    const names = "noscript, #transcript, #announcer, #devices, #recordings-list li";
    return [...document.querySelectorAll("body *")]
      .filter((e) => !e.children.length && e.lang !== "en" && !e.closest(names))
      .map((e) => e.outerHTML)
      .filter((html) => words.test(html.replace(/(id|class|value|data-[a-z]+)="[^"]*"/g, "")));
  },

  // The places for messages that screen readers do not know yet while they are empty, of those that the page shows.
  unknownPlaces() {
    const hidden = "dialog:not([open]), form[hidden], #unfinished[hidden], #captions-view[hidden]";
    return [...document.querySelectorAll("[role=status], [aria-live]")]
      .filter((place) => !place.closest(hidden) && !place.textContent && !place.getClientRects().length)
      .map((place) => place.id || `${place.closest("[id]").id} ${place.className}`);
  },

  // The directions in which the first two turns are written.
  directions: () => [...document.querySelectorAll("#transcript p .settled")].slice(0, 2)
    .map((e) => getComputedStyle(e).direction),

  // By how many px the page scrolls sideways, the controls that are cut off at a side, and the buttons that lie over
  // others.
  misplaced() {
    const wide = document.documentElement.scrollWidth - innerWidth;
    const visible = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
    const beside = visible("button, select, summary, #status").filter((e) => {
      const box = e.getBoundingClientRect();
      return box.left < -1 || box.right > innerWidth + 1;
    }).map((e) => e.id);
    const buttons = visible("footer button").map((e) => [e.id, e.getBoundingClientRect()]);
    const over = buttons.flatMap(([one, a], i) => buttons.slice(i + 1)
      .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map(([other]) => `${one} lies over ${other}`));
    return [Math.max(0, wide), beside, over];
  },
};
