// The audio in the database.
window.__stored = {
  // Counts the transactions that write, in `window.__writes`.
  countWrites() {
    window.__writes = 0;
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, ...options) {
      window.__writes += mode === "readwrite";
      return transaction.call(this, stores, mode, ...options);
    };
  },

  // A promise of position and length of all values of audio.
  values() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        const store = result.transaction("audio").objectStore("audio");
        const values = [];
        store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
          if (cursor) {
            values.push([cursor.key[1], cursor.value.length]);
            cursor.continue();
          } else {
            result.close();
            resolve(values);
          }
        };
      };
    });
  },

  // Whether there are so many samples; a database that does not exist is not created.
  async has(samples) {
    const databases = await indexedDB.databases();
    if (!databases.some(({ name }) => name === "recordings")) return false;
    return (await this.values()).reduce((sum, [, length]) => sum + length, 0) >= samples;
  },

  hide() {
    Object.defineProperty(document, "hidden", { value: true });
    document.dispatchEvent(new Event("visibilitychange"));
  },

  isSilenced: () => window.__seen.streams.at(-1).getAudioTracks()[0].enabled === false,

  // Gives the test the page's database.
  noteDatabase() {
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, ...options) {
      if (mode === "readwrite") window.__database = this;
      return transaction.call(this, stores, mode, ...options);
    };
  },

  closeDatabase() {
    window.__closed = window.__database;
    window.__closed.close();
  },

  isOpenAgain: () => window.__database !== window.__closed,

  // Stores a recording of 6 s as its sample numbers: the first 3 s in values of 100 ms, as the page once did, the
  // others in values of a second. The transcript is complete up to 3.5 s.
  storeBothForms() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        const transaction = result.transaction(["recordings", "audio"], "readwrite");
        const began = Date.now() - 60000;
        transaction.objectStore("recordings").put([96000, 56000, 0, 0], began);
        for (let at = 0; at < 96000; ) {
          const length = at < 48000 ? 1600 : 16000;
          transaction.objectStore("audio").put(Int16Array.from({ length }, (_, n) => (at + n) % 30000), [began, at]);
          at += length;
        }
        transaction.oncomplete = () => (result.close(), resolve(true));
      };
    });
  },

  // Stores a recording of 6 s as its sample numbers, in values of a second, of which those from 2 s to 4 s are missing.
  // The transcript is complete up to 1.5 s.
  storeWithGap() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        const transaction = result.transaction(["recordings", "audio"], "readwrite");
        const began = Date.now() - 60000;
        transaction.objectStore("recordings").put([96000, 24000, 0, 0], began);
        for (const at of [0, 16000, 64000, 80000]) {
          const samples = Int16Array.from({ length: 16000 }, (_, n) => (at + n) % 30000);
          transaction.objectStore("audio").put(samples, [began, at]);
        }
        transaction.oncomplete = () => (result.close(), resolve(true));
      };
    });
  },
};
