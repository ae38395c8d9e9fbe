// Corrections of a turn.
window.__correct = {
  // Presses Shift and Enter in a field as an input method does; returns whether the key submits no form.
  pressInInputMethod(selector, kind) {
    const composing = kind === "isComposing" ? { isComposing: true } : { keyCode: 229 };
    const press = new KeyboardEvent("keydown",
      { key: "Enter", shiftKey: true, ...composing, bubbles: true, cancelable: true });
    document.querySelector(selector).dispatchEvent(press);
    return press.defaultPrevented;
  },

  firstTurn() {
    const turn = document.querySelector("#transcript p");
    return [turn.querySelector(".settled").textContent, turn.hasAttribute("data-edited"),
      turn.querySelector(".mark").textContent];
  },
};
