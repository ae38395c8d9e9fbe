// Recordings that were not finished, and a database that fails.
window.__recovery = {
  // Stores downloads in `window.__saved` instead of saving them: names and bytes.
  captureDownloads() {
    window.__saved = [];
    const blobs = new Map();
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      const url = create(blob);
      blobs.set(url, blob);
      return url;
    };
    HTMLAnchorElement.prototype.click = async function () {
      const bytes = new Uint8Array(await blobs.get(this.href).arrayBuffer());
      window.__saved.push([this.download, [...bytes]]);
    };
  },

  askAfterThePage() {
    window.__looked = false;
    indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
      result.transaction("recordings").objectStore("recordings").getAllKeys().onsuccess = () => {
        result.close();
        navigator.locks.query().then(() => setTimeout(() => (window.__looked = true), 300));
      };
    };
  },

  words: () => [...document.querySelectorAll("#transcript [data-start]")]
    .map((word) => [word.textContent, Number(word.dataset.start)]),

  isOffered: (isOffered) => document.querySelector("#unfinished").hidden !== isOffered,

  refuseDatabase() {
    IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };
  },

  refuseToStore() {
    IDBObjectStore.prototype.put = () => { throw new DOMException("no", "QuotaExceededError"); };
  },

  openNewerVersion() {
    indexedDB.open("recordings", 7).onsuccess = ({ target }) => target.result.close();
  },

  // `__lose(opens)` loses the connection to the database at the next write, which fails, and lets so many attempts to
  // open it fail: as WebKit does it when its database process crashes, or any browser when the disk fails.
  loseTheDatabase() {
    let isLost = false;
    let failures = 0;
    window.__lose = (opens) => { isLost = true; failures = opens; };
    const { commit } = IDBTransaction.prototype;
    IDBTransaction.prototype.commit = function () {
      if (!isLost) return commit.call(this);
      isLost = false;
      this.abort();
      this.db.close();
    };
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...options) {
      if (failures-- > 0) throw new DOMException("Connection to Indexed Database server lost.", "UnknownError");
      return open.apply(this, options);
    };
  },

  // While `__isFull`, the database refuses what is written, until something is deleted. While `__losesAudio`, it says
  // that it stores audio, and does not.
  fillTheDisk() {
    const { put, delete: remove } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...values) {
      if (window.__isFull) throw new DOMException("no", "QuotaExceededError");
      return window.__losesAudio && this.name === "audio" ? this.count() : put.apply(this, values);
    };
    IDBObjectStore.prototype.delete = function (...keys) {
      window.__isFull = false;
      return remove.apply(this, keys);
    };
  },

  // Whether leaving the page asks the user.
  leavingAsks() {
    const leaving = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(leaving);
    return leaving.defaultPrevented;
  },

  hasElapsed: (time) => document.querySelector("#elapsed").textContent >= time,
};
