// The search in the transcript.
window.__search = {
  highlights() {
    const [now, all] = ["found-now", "found"].map((name) => [...CSS.highlights.get(name) ?? []]);
    return [now.map(String).join("|"), all.length];
  },

  typeFast() {
    const field = document.querySelector("#finder input");
    window.__announced = [];
    new MutationObserver((records) => window.__announced.push(...records.flatMap((record) =>
        [...record.addedNodes].map((node) => node.textContent))))
      .observe(document.querySelector("#finder [role=status]"), { childList: true });
    for (const text of ["a", "an", "and", "and a"]) {
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  },

  pressShiftEnter() {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
      { key: "Enter", shiftKey: true, bubbles: true, cancelable: true }));
  },

  highlightCount: () => CSS.highlights.size,
};
