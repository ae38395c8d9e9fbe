// Files in place of the microphone.
window.__files = {
  titleStartsWith: (start) => document.title.startsWith(start),

  // The file at hand, as Base64.
  hand(bytes, name) {
    window.__file = new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name);
  },

  // A second file, which is dropped with the first one.
  handAnother(text, name) {
    window.__another = new File([text], name);
  },

  // A file dialog in which the file at hand is chosen.
  pickByDialog() {
    HTMLInputElement.prototype.click = function () {
      const chosen = new DataTransfer();
      chosen.items.add(window.__file);
      this.files = chosen.files;
      this.dispatchEvent(new Event("change"));
    };
  },

  // Drops the files at hand on the transcript; returns whether the browser would have left the page for them.
  drop() {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(window.__file);
    if (window.__another) dataTransfer.items.add(window.__another);
    const drag = (name) => document.querySelector("#transcript")
      .dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
    return [drag("dragover"), drag("drop")];
  },

  // Drops a link on the page, and on what takes text, or takes none; returns for each whether the browser handles it.
  dropLink() {
    const add = (tag, properties) => {
      const element = Object.assign(document.createElement(tag), properties);
      document.querySelector("main").append(element);
      return element;
    };
    const drag = (target, name) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/uri-list", "https://example.com/");
      return target.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
    };
    return [
      document.querySelector("#transcript"),
      add("input", { type: "checkbox" }),
      add("input", { type: "radio" }),
      add("textarea", { readOnly: true }),
      add("textarea", {}),
      add("input", {}),
      add("input", { type: "search" }),
    ].map((target) => `${drag(target, "dragover")} ${drag(target, "drop")}`);
  },

  // From now on files cannot be read, as a folder or a file that is gone.
  refuseToRead() {
    Blob.prototype.arrayBuffer = async () => { throw new DOMException("by the test", "NotFoundError"); };
  },

  // Files are decoded once the test says so; `__isDecoded` is set then.
  holdDecoding() {
    const decode = BaseAudioContext.prototype.decodeAudioData;
    BaseAudioContext.prototype.decodeAudioData = function (bytes) {
      return new Promise((resolve) => {
        window.__decode = () => resolve(decode.call(this, bytes).then((sound) => {
          window.__isDecoded = true;
          return sound;
        }));
      });
    };
  },

  // As above, for the next file alone.
  holdNextDecoding() {
    const decode = BaseAudioContext.prototype.decodeAudioData;
    __files.holdDecoding();
    const hold = BaseAudioContext.prototype.decodeAudioData;
    BaseAudioContext.prototype.decodeAudioData = function (bytes) {
      BaseAudioContext.prototype.decodeAudioData = decode;
      return hold.call(this, bytes);
    };
  },

  isDecodingHeld: () => window.__decode !== undefined,

  decode() {
    window.__decode();
    window.__decode = undefined;
  },

  canCancel: () => !!document.querySelector("#file-progress button")?.checkVisibility(),

  hasProgress: (seconds) => document.querySelector("#file-progress progress")?.value >= seconds,

  showsNoProgress: () => document.querySelector("#file-progress")?.hidden ?? true,

  // Whether so many ms have passed since this was asked first.
  hasWaited(ms) {
    window.__waitingSince ??= performance.now();
    return performance.now() - window.__waitingSince > ms;
  },

  gapIsLast: () => document.querySelector("#transcript p[data-gap]")
    === [...document.querySelectorAll("#transcript p")].at(-1),
};
