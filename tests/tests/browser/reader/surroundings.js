// What translators, password managers and printers do to the page.
window.__surroundings = {
  // Wraps each text below `#transcript` in two elements and changes it, as a browser's translation does, also later
  // ones.
  translate() {
    const translate = () => {
      const texts = document.createTreeWalker(document.querySelector("#transcript"), NodeFilter.SHOW_TEXT);
      const found = [];
      while (texts.nextNode()) found.push(texts.currentNode);
      for (const text of found) {
        if (text.parentNode.localName === "font" || text.data.trim() === "") continue;
        const outer = document.createElement("font"), inner = document.createElement("font");
        inner.textContent = `«${text.data}»`;
        outer.append(inner);
        text.replaceWith(outer);
      }
    };
    translate();
    new MutationObserver(translate).observe(document.querySelector("#transcript"),
      { childList: true, subtree: true, characterData: true });
  },

  sendKeylessEvents() {
    for (const target of [document, document.body, ...document.querySelectorAll("input, textarea, select, button")]) {
      for (const type of ["keydown", "keyup"]) {
        target.dispatchEvent(new Event(type, { bubbles: true, cancelable: true }));
      }
    }
  },

  hasFocus: () => document.activeElement !== document.body && document.activeElement.checkVisibility(),

  printed() {
    const transcript = document.querySelector("#transcript").getBoundingClientRect();
    const turns = [...document.querySelectorAll("#transcript p")];
    const isWhole = (turn) => {
      const box = turn.getBoundingClientRect();
      return box.height > 0 && box.bottom <= transcript.bottom + 1 && turn.checkVisibility();
    };
    const pressed = [...document.querySelectorAll("button, input, select, textarea, summary")];
    return {
      turns: turns.filter(isWhole).length,
      tall: document.documentElement.scrollHeight >= transcript.height,
      pressed: pressed.filter((it) => it.checkVisibility()).map((it) => it.id || it.outerHTML),
    };
  },
};
