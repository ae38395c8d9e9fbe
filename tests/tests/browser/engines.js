// Makes an engine behave as another does.
window.__engines = {
  // Makes each request for the microphone fail as if the user had refused it.
  denyMicrophone() {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException("denied by the test", "NotAllowedError");
    };
  },

  // Makes a context of 16 kHz refuse the microphone's stream, as Firefox up to 140 does.
  refuse16Khz() {
    const real = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (this.sampleRate === 16000) throw new DOMException("refused by the test", "NotSupportedError");
      return real.call(this, stream);
    };
  },
};
