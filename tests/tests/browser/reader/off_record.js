// Passages that are taken off the record.
window.__offRecord = {
  // A promise of everything that is stored of turns and markers, as one text.
  storedText() {
    return new Promise((resolve) => {
      indexedDB.open("recordings").onsuccess = ({ target: { result } }) => {
        result.transaction("turns").objectStore("turns").getAll().onsuccess = (event) => {
          result.close();
          resolve(event.target.result.join("\n"));
        };
      };
    });
  },

  allText: () => document.body.innerText + document.body.outerHTML,

  isStopped: () => window.__played.length > 0 && !document.querySelector("[data-heard], #pause-playback:not([hidden])"),

  isHeardAgain: () => window.__played.length > 1 && !!document.querySelector("[data-heard]"),

  openParts: () =>
    [...document.querySelectorAll("#review-bar:not([hidden]), [data-heard], #pause-playback:not([hidden])")]
    .map((element) => element.id),

  refuseToStore() {
    window.__put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException("no", "QuotaExceededError"); };
  },

  storeAgain() {
    IDBObjectStore.prototype.put = window.__put;
  },

  storesAnna: () => __offRecord.storedText().then((stored) => stored.includes("Anna")),

  storesNothing: () => __offRecord.storedText().then((stored) => stored === ""),
};
