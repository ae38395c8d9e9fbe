// When the tools are loaded.
window.__load = {
  // Delays the loading of the tools until the test calls `window.__letToolsCome`.
  delayTools() {
    const real = window.fetch;
    const come = new Promise((resolve) => window.__letToolsCome = resolve);
    window.fetch = async (what, ...options) => {
      if (/tools[^/]*wasm/.test(what.url ?? what)) {
        window.__areAsked = true;
        await come;
      }
      return real(what, ...options);
    };
  },

  addresses: () => performance.getEntriesByType("resource").map(({ name }) => name)
    .filter((name) => /tools[^/]*[.]js/.test(name)).map((name) => new URL(name).search),
};
