// Notes when Record can first be pressed, in ms since the page was asked for. Runs before the page's own code.
new MutationObserver((_, observer) => {
  if (document.querySelector("#record:enabled")) {
    window.__readyMs = performance.now();
    observer.disconnect();
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ["disabled"] });
