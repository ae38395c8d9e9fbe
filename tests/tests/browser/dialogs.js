// How dialogs are laid out.
window.__dialogs = {
  // What is not as in the other dialogs: a row of buttons that does not end at the right edge, a filled button that is
  // not the last, a button that is cut off.
  faults() {
    const faults = [];
    const dialog = document.querySelector("dialog[open]");
    const ends = dialog.querySelector(".ends");
    const buttons = [...ends.querySelectorAll("button")].filter((button) => button.checkVisibility());
    const right = Math.max(...buttons.map((button) => button.getBoundingClientRect().right));
    if (Math.abs(right - ends.getBoundingClientRect().right) > 1) faults.push(`ends at ${right}`);
    const hidden = dialog.scrollWidth - dialog.clientWidth;
    if (hidden > 0) faults.push(`the dialog scrolls by ${hidden} px`);
    for (const button of buttons) {
      if (button.scrollWidth > button.clientWidth + 1) faults.push(`${button.textContent} is cut off`);
      const isPrimary = button.matches(".primary, .danger");
      const isFilled = !["rgba(0, 0, 0, 0)", getComputedStyle(dialog).backgroundColor]
        .includes(getComputedStyle(button).backgroundColor);
      if (isFilled && (button !== buttons.at(-1) || !isPrimary)) faults.push(`${button.textContent} is not the last`);
    }
    return faults;
  },
};
