// The settings panel.
window.__settings = {
  openGroups() {
    document.querySelectorAll("#settings-panel details").forEach(group => { group.open = true; });
  },

  // Enters a text; returns whether the control takes it.
  enter(name, text) {
    const control = document.getElementById(`setting-${name}`);
    control.value = text;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    return control.value === text && !control.disabled;
  },

  scrollTo(selector) {
    document.querySelector(selector).scrollIntoView({ block: "center" });
  },

  areOnDisk: () => performance.now() - (window.__changed ??= performance.now()) > 6000,

  value: (name) => document.getElementById(`setting-${name}`).value,

  part: (name, part) => document.getElementById(`setting-${name}-${part}`).textContent,

  // The words on the page, with their times in ms.
  words: () => [...document.querySelectorAll("#transcript [data-start]")]
    .map((word) => [word.textContent.trim(), Number(word.dataset.start), Number(word.dataset.end)]),
};
