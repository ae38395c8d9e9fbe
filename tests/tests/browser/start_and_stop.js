// Clicks, and what is said.
window.__startAndStop = {
  // Notes the time and the count of each click.
  noteClicks() {
    window.__clicks = [];
    window.onclick = ({ timeStamp, detail }) => window.__clicks.push([timeStamp, detail]);
  },

  clickTwice() {
    document.querySelector("#record")
      .dispatchEvent(new MouseEvent("click", { detail: 2, bubbles: true, cancelable: true }));
  },

  noteStatus() {
    window.__said = [];
    new MutationObserver(() => window.__said.push(document.querySelector("#status").textContent))
      .observe(document.querySelector("#status"), { childList: true, characterData: true, subtree: true });
  },

  saidNumbers: () => window.__said.filter((said) => /[0-9]/.test(said)),
};
