// Markers between the turns.
window.__markers = {
  entries: () => [...document.querySelectorAll("#transcript :is(p[data-final], .marker)")]
    .map((entry) => entry.matches("p") ? entry.querySelector(".settled").textContent
      : entry.matches("[data-removed]") ? "removed"
      : "#" + (entry.matches("[data-named]") ? entry.querySelector("[data-action=name]").textContent : "")),

  isNamed: (name) => [...document.querySelectorAll(".marker[data-named] [data-action=name]")]
    .some((button) => button.textContent === name),

  storedKeys() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        result.transaction("turns").objectStore("turns").getAllKeys().onsuccess = (event) => {
          result.close();
          resolve(event.target.result);
        };
      };
    });
  },

  pressWhileComposing(key) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
      { key: key, isComposing: true, bubbles: true, cancelable: true }));
  },
};
