// A recording of three hours in place of those that are stored, and how it is exported.
window.__hours = {
  // Replaces the data that the page gives to its tools by 3 hours: 172 800 000 samples, read a minute at a time up to a
  // limit of the test, and 5 000 turns of 12 words. The objects have the methods of `page_interface`. Only the sizes of
  // saved files are stored.
  replaceRecordings() {
    const hours = window.__hours;
    Object.assign(hours, { asked: [], allowed: Infinity, share: 1, waiting: [], files: [] });
    let open;
    const widened = (host) => {
      host.recordings = () => [
        { began_ms: () => Date.now(), first_connection: () => 1, samples: () => 172800000n },
      ];
      host.audio = async (began, from, to) => {
        hours.asked.push([from, to]);
        // A database answers asynchronously.
        await new Promise((resolve) => setTimeout(resolve));
        if (hours.asked.length > hours.allowed) await new Promise((resolve) => hours.waiting.push(resolve));
        return new Int16Array(Math.floor((to - from) * hours.share));
      };
      host.turns = () => Array.from({ length: 5000 }, (_, turn) => {
        const words = Array.from({ length: 12 }, (_, n) => `word${n}`);
        const start = (n) => turn * 2160 + n * 180;
        const fields = ["Ff", words.join(" "), "", "", start(0), "A", 1, "", ""];
        for (const [n, word] of words.entries()) fields.push(word, start(n), start(n) + 150, 99, "");
        return { connection: () => 1, turn_order: () => BigInt(turn), record: () => fields.join("\u001f") };
      });
      return open(host);
    };
    Object.defineProperty(globalThis, "openTools", { set: (real) => (open = real), get: () => widened });
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      hours.files.push(blob.size);
      return create(blob);
    };
    HTMLAnchorElement.prototype.click = () => {};
    // The longest time for which the main thread was blocked, in ms.
    hours.watch = () => {
      let before = performance.now();
      hours.longest = 0;
      setInterval(() => {
        const now = performance.now();
        hours.longest = Math.max(hours.longest, now - before);
        before = now;
        }, 10);
    };
  },

  // Answers the request that waits.
  goOn() {
    __hours.waiting.pop()();
  },

  goOnToTheEnd() {
    __hours.allowed = Infinity;
    __hours.goOn();
  },

  // How long a click on an export blocks the main thread, in ms.
  exportMs(extension) {
    const before = performance.now();
    document.querySelector(`#export-${extension}`).click();
    return performance.now() - before;
  },

  // The left and top of the dialog's buttons.
  buttonPlaces: () => ["#export-copy", "#export-close"].map((selector) => {
    const { left, top } = document.querySelector(selector).getBoundingClientRect();
    return [left, top];
  }),
};
