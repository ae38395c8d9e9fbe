// What the tests of the drivers run in the page.
window.__driver = {
  store() {
    return new Promise((resolve, reject) => {
      const open = indexedDB.open("of the test", 1);
      open.onupgradeneeded = () => open.result.createObjectStore("words");
      open.onsuccess = () => {
        const change = open.result.transaction("words", "readwrite", { durability: "strict" });
        change.objectStore("words").put("kept", 1);
        change.oncomplete = () => resolve(true);
      };
      open.onerror = reject;
    });
  },

  stored() {
    return new Promise((resolve) => {
      const open = indexedDB.open("of the test", 1);
      open.onupgradeneeded = () => open.transaction.abort();
      open.onerror = () => resolve(null);
      open.onsuccess = () => {
        const got = open.result.transaction("words").objectStore("words").get(1);
        got.onsuccess = () => resolve(got.result);
      };
    });
  },

  addLate() {
    setTimeout(() => document.body.append(Object.assign(document.createElement("p"), { id: "late" })), 2000);
  },

  isListed: (name) => navigator.mediaDevices.enumerateDevices().then(devices => devices.some(
    ({ kind, label }) => kind === "audioinput" && label.includes(name))),

  watchForBlocks() {
    window.longest = 0;
    let last = performance.now();
    setInterval(() => {
      window.longest = Math.max(window.longest, performance.now() - last);
      last = performance.now();
      }, 1);
  },
};
