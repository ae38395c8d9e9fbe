// What is wrong with the layout of the page.
window.__layout = {
  // What is not as it should be: a page that scrolls sideways, a header or a row of buttons in more than one line,
  // labels that are cut off, buttons without an icon.
  faults() {
    const faults = [];
    if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
    const visible = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
    const rows = ["#tools button", ".buttons button"];
    if (innerWidth > 352) rows.push("#sources > *");
    if (innerWidth > 576) rows.push("header > :is(h1, button, #status)");
    for (const row of rows) {
      const middles = visible(row).map((e) => e.getBoundingClientRect()).map((box) => box.top + box.height / 2);
      if (Math.max(...middles) - Math.min(...middles) > 3) faults.push(`${row} in more than one line: ${middles}`);
    }
    for (const button of visible("header button, #tools button, footer button")) {
      if (button.scrollWidth > button.clientWidth + 1) faults.push(`#${button.id} is cut off`);
      const box = button.querySelector("svg")?.getBoundingClientRect();
      const before = getComputedStyle(button, "::before");
      if (!(box?.width >= 12) && !(before.content !== "none" && parseFloat(before.width) >= 12))
      faults.push(`#${button.id} has no icon`);
      if (!button.textContent.trim()) faults.push(`#${button.id} has no label`);
    }
    const source = document.querySelector("#devices");
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = getComputedStyle(source).font;
    const isShort = innerWidth > 352 && source.value === "";
    if (isShort && pen.measureText(source.selectedOptions[0].textContent).width + 24 > source.clientWidth)
    faults.push("the name of the microphone is cut off");
    return faults;
  },

  // Whether the list of sources is too narrow for a name.
  cutsOffSource(name) {
    const source = document.querySelector("#devices");
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = getComputedStyle(source).font;
    return pen.measureText(name).width + 24 > source.clientWidth;
  },

  shownHints: () => [...document.querySelectorAll("#hint p, #hint li")].filter((e) => e.checkVisibility())
    .map((e) => e.textContent.trim()),

  recogniseHere() {
    document.querySelector("#local").hidden = false; document.querySelector("#recordings").hidden = true;
  },

  speakerColors() {
    const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map((channel) => channel / 255);
    const speakers = [...document.querySelectorAll("#transcript .speaker")];
    return [speakers.map((e) => channels(getComputedStyle(e).color)),
      channels(getComputedStyle(document.querySelector("main")).backgroundColor)];
  },

  cutOffMessages() {
    const name = "alsa_input.usb-" + "microphone.".repeat(8) + "analog-stereo";
    const messages = ["#notice", "#error p", "#unfinished p", "#status-line", "#file-progress p", "#source-note"];
    return messages.filter((selector) => {
      const message = document.querySelector(selector);
      if (!message) return true;
      const hidden = [...document.querySelectorAll("[hidden]")].filter((it) => it.contains(message));
      const was = message.textContent;
      message.textContent = name;
      hidden.forEach((it) => { it.hidden = false; });
      const box = message.closest("main, footer").getBoundingClientRect();
      const text = document.createRange();
      text.selectNodeContents(message);
      const isCutOff = text.getBoundingClientRect().right > box.right;
      message.textContent = was;
      hidden.forEach((it) => { it.hidden = true; });
      return isCutOff;
    });
  },

  // The tools that are outside their panel, or touch the next one.
  cutOffTools() {
    const panel = document.querySelector("main").getBoundingClientRect();
    const tools = [...document.querySelectorAll("#tools button")].filter((tool) => tool.checkVisibility());
    const label = (tool) => {
      const range = document.createRange();
      range.selectNodeContents(tool);
      return range.getBoundingClientRect();
    };
    return tools.filter((tool, index) => {
      const { left, right } = label(tool);
      const next = tools[index + 1];
      return left < panel.left + 2 || right > panel.right - 2 || tool.scrollWidth > tool.clientWidth + 1
        || next && right + 2 > label(next).left;
    }).map((tool) => tool.id);
  },

  // The colours of selected text and of a placeholder, each with those behind it, as red, green and blue of 0 to 1.
  textColors() {
    const of = (selector, part) => getComputedStyle(document.querySelector(selector), part);
    const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map((channel) => channel / 255);
    const selection = of("#transcript p", "::selection");
    return [[selection.color, selection.backgroundColor],
      [of("input[type=search]", "::placeholder").color, of("input[type=search]").backgroundColor]]
      .map((pair) => pair.map(channels));
  },

  // What the empty transcript says, if it says something.
  emptyText() {
    const text = document.querySelector("#empty-text");
    return text.checkVisibility() ? text.textContent : "";
  },

  title: () => document.title,

  // Replaces the time on the page, as a translation of the page may.
  replaceElapsed() { document.querySelector("#elapsed").textContent = "replaced"; },

  // Whether the tab shows the time of the recording before the page's title.
  titleIsTimed(title) {
    const [time, rest] = document.title.split(" · ");
    return rest === title && time === `● ${document.querySelector("#elapsed").textContent}` && time !== "● 0:00";
  },
};
