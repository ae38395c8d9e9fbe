// What is wrong in a picture of a state, and what a state shows.
window.__states = {
  // The labels of the tools that are wider than their buttons.
  cutOff: () => [...document.querySelectorAll("#tools button")]
    .filter((tool) => tool.checkVisibility() && tool.scrollWidth > tool.clientWidth)
    .map((tool) => tool.textContent),

  // What has too little room on a phone, or no icon beside others that have one.
  cramped() {
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
    const width = (element) => element.getBoundingClientRect().width;
    return [
      ...shown("dialog[open] input[type=text]").filter((name) => width(name) < width(name.closest("dialog")) / 2),
      ...shown("progress").filter((bar) => width(bar) < 100),
      ...shown("#word-tooltip").filter((tooltip) => tooltip.clientHeight > 40),
      ...shown("#tools button").filter((tool) => !tool.querySelector("svg")),
    ].map((element) => element.outerHTML);
  },

  closeDialogs() {
    for (const open of document.querySelectorAll("dialog[open]")) open.close();
  },

  openSettings() {
    for (const group of document.querySelectorAll("#settings-panel details")) group.open = true;
  },

  // By how many px the field of a title is scrolled, and whether it is as wide as its label.
  titleField() {
    const field = document.querySelector("#rename-recording input");
    const label = field.parentElement.getBoundingClientRect();
    return [field.scrollLeft, field.getBoundingClientRect().width === label.width];
  },
};
