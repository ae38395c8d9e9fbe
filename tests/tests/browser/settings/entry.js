// Entries in the settings panel.
window.__entry = {
  closeGroups() {
    document.querySelectorAll("#settings-panel details").forEach(it => { it.open = false; });
  },

  wrongControls: () =>
    [...document.querySelectorAll("#settings-panel [aria-invalid=true]")].map(control => [control.id,
    control.getAttribute("aria-describedby").split(" ").includes(control.id + "-wrong")]),

  focused() {
    const it = document.activeElement;
    return [it.id, it.checkVisibility()];
  },

  controls: () => [...document.querySelectorAll("#settings-panel :is(input, select, textarea, button, summary)")]
    .filter(it => it.checkVisibility() && !it.disabled).length,

  noteFocused() {
    window.__met = new Set();
    document.addEventListener("focusin", e => window.__met.add(e.target));
  },

  metInPanel: () =>
    [...window.__met].filter(it => it.closest("#settings-panel") && it.id !== "settings-panel").length,

  metElsewhere: () => [...window.__met].filter(it => !it.closest("#settings-panel")).length,

  focusThirdGroup() {
    document.querySelectorAll("#settings-panel summary")[2].focus();
  },

  headings: () => [0, 3].map((index) =>
      document.querySelectorAll("#settings-panel summary")[index].textContent),

  voice: () => [...document.querySelectorAll("#details summary span")].filter((e) => e.checkVisibility())
    .map((e) => e.textContent),
};
