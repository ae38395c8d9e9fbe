// What browsers allow and tell of microphones.
window.__microphoneRequests = {
  // The browser as a proxy's header `Permissions-Policy: microphone=()` leaves it.
  refuseByPolicy() {
    Object.defineProperty(Document.prototype, "featurePolicy", { get: () => ({
      allowsFeature: (name) => name !== "microphone" }) });
  },

  // Keeps what the page has asked the browser for; and the browser says that it does what `__does` names.
  noteConstraints() {
    window.__asked = [];
    window.__does = [];
    { const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (constraints) => {
        window.__asked.push(constraints.audio);
        return ask(constraints);
      };
      const tell = MediaStreamTrack.prototype.getSettings;
      MediaStreamTrack.prototype.getSettings = function () {
        const does = ["echoCancellation", "noiseSuppression", "autoGainControl"].map((name) =>
            [name, window.__does.includes(name)]);
        return { ...tell.call(this), ...Object.fromEntries(does) };
      }; }
  },

  asked() {
    const { echoCancellation, noiseSuppression, autoGainControl } = window.__asked.at(-1);
    return [echoCancellation, noiseSuppression, autoGainControl];
  },

  notes: () => [...document.querySelectorAll(".otherwise")].map(it => !it.hidden),
};
