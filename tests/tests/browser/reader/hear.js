// Playing the audio of words.
window.__hear = {
  // Stores the played samples in `window.__played`, scaled to 16 bits.
  notePlayed() {
    window.__played = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (at) {
      const samples = this.buffer.getChannelData(0);
      window.__played.push({ rate: this.buffer.sampleRate, length: samples.length,
        first: Array.from(samples.subarray(0, 8000), (sample) => sample * 32768) });
      return start.call(this, at);
    };
  },

  letReadsHang() {
    for (const name of ["getAll", "getAllKeys"]) {
      IDBObjectStore.prototype[name] = () => new EventTarget();
    }
  },

  isHeard: (start) =>
    [...document.querySelectorAll("[data-heard]")].map((word) => word.dataset.start).join() === String(start),

  playTwoWords() {
    for (const start of [1500, 4500]) document.querySelector(`[data-start='${start}']`).click();
  },

  stopByButton() {
    const stop = document.querySelector("#pause-playback");
    stop.focus();
    stop.click();
  },
};
