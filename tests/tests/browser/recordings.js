// The list of recordings, and the database below it.
window.__recordings = {
  // Sets the page's clock forward by a number of ms that a test has stored.
  shiftClock() {
    const now = Date.now;
    Date.now = () => now() + Number(localStorage.getItem("test shift") ?? 0);
  },

  areRead(count) {
    const rows = [...document.querySelectorAll("#recordings-list[open] li:not([hidden])")];
    return rows.length === count
      && rows.every((row) => /word|Wort|Wörter/.test(row.querySelector(".facts").textContent));
  },

  count() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        result.transaction("recordings").objectStore("recordings").count().onsuccess = (event) => {
          resolve(event.target.result);
          result.close();
        };
      };
    });
  },

  // The number of recordings of which sound is stored.
  countWithSound() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        result.transaction("audio").objectStore("audio").getAllKeys().onsuccess = (event) => {
          resolve(new Set(event.target.result.map(([recording]) => recording)).size);
          result.close();
        };
      };
    });
  },

  // Twenty finished recordings of 100 ms, each with one turn.
  storeTwenty() {
    return new Promise((resolve) => {
      indexedDB.open("recordings", 1).onsuccess = ({ target: { result } }) => {
        const stores = result.transaction(["recordings", "audio", "turns"], "readwrite");
        for (let nth = 0; nth < 20; nth += 1) {
          const began = 1750000000000 + nth;
          stores.objectStore("recordings").put([1600, 1600, 1, 0], began);
          stores.objectStore("audio").put(new Int16Array(1600), [began, 0]);
          const turn = ["Ff", "Two words.", "", "", "100", "", "1", "", ""].join("\u001f");
          stores.objectStore("turns").put(turn, [began, 1, 0]);
        }
        stores.oncomplete = () => { result.close(); resolve(true); };
      };
    });
  },

  // As the first release stored a finished recording: one turn, and 1 s of sound.
  storeAsFirstRelease() {
    return new Promise((resolve) => {
      const opening = indexedDB.open("recordings", 1);
      opening.onsuccess = ({ target: { result } }) => {
        const stores = result.transaction(["recordings", "audio", "turns"], "readwrite");
        const began = 1750000000000;
        stores.objectStore("recordings").put([16000, 16000, 1, 0], began);
        for (let chunk = 0; chunk < 10; chunk += 1) {
          stores.objectStore("audio").put(new Int16Array(1600).fill(chunk + 1), [began, chunk * 1600]);
        }
        const words = ["Long", "100", "400", "97", "", "ago.", "500", "800", "97", ""];
        const turn = ["Ff", "Long ago.", "", "", "100", "", "1", "", "", ...words].join("\u001f");
        stores.objectStore("turns").put(turn, [began, 1, 0]);
        stores.oncomplete = () => { result.close(); resolve(true); };
      };
    });
  },

  nearlyFillTheDisk() {
    Object.defineProperty(navigator, "storage", { value: {
      estimate: async () => ({ usage: 9e8, quota: 1e9 }),
      persist: async () => { window.__persist = (window.__persist ?? 0) + 1; return true; },
      } });
  },

  preferUnderscore() {
    Object.defineProperty(navigator, "language", { value: "en_US" });
  },

  letOpensHang() {
    window.__open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = () => new EventTarget();
  },

  letReadsHang() {
    IDBFactory.prototype.open = window.__open;
    window.__all = IDBObjectStore.prototype.getAllKeys;
    IDBObjectStore.prototype.getAllKeys = () => new EventTarget();
  },

  readAgain() {
    IDBObjectStore.prototype.getAllKeys = window.__all;
  },

  letLaterOpensHang() {
    IDBFactory.prototype.open = () => new EventTarget();
  },

  shiftClockFurther(ms) {
    localStorage.setItem("test shift", Number(localStorage.getItem("test shift") ?? 0) + ms);
  },

  showsTitles(titles) {
    const shown = __dom.texts("#recordings-list[open] li:not([hidden]) .title");
    return JSON.stringify(shown) === JSON.stringify(titles);
  },

  marked: () => document.querySelector("#recordings-list mark")?.textContent,

  year: () => String(new Date().getFullYear()),
};
