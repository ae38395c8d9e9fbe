// What the tests of the appearance look for.
window.__appearance = {
  // The buttons that the page shows, a line each: id, text, and the lines of the icon.
  buttons: () => [...document.querySelectorAll("header button, #tools button, footer button")]
    .filter((button) => button.checkVisibility())
    .map((button) => [button.id, button.textContent.trim(),
      ...[...button.querySelectorAll("path")].map((path) => path.getAttribute("d"))].join(" ") + "\n").join(""),

  messageIsVisible() {
    const text = document.querySelector("#error p").getBoundingClientRect();
    const at = (x, y) => document.elementFromPoint(x, y)?.closest("#error") instanceof Element;
    return at(text.left + 5, text.top + 5) && at(text.left + 5, text.bottom - 5)
      && getComputedStyle(document.querySelector("#hint")).display === "none";
  },

  hasLongPartial: () => document.querySelector(".unsettled:not(:empty)")?.textContent.length > 25,
};
