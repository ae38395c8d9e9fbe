// Shared sound together with the microphone.
window.__soundAndMicrophone = {
  // A microphone of this name that plays a tone of 1000 Hz, unless `__microphoneError` names an error. With a promise
  // `__microphoneAnswer` the user answers when that resolves.
  fakeMicrophone() {
    window.__microphones = [];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      window.__microphones.push(constraints);
      if (window.__microphoneAnswer) await window.__microphoneAnswer;
      if (window.__microphoneError) throw new DOMException("by the test", window.__microphoneError);
      const context = new (Object.getPrototypeOf(window.AudioContext))();
      const tone = new OscillatorNode(context, { frequency: 1000 });
      window.__microphone = new GainNode(context, { gain: 0.25 });
      const sound = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
      tone.connect(window.__microphone).connect(sound);
      tone.start();
      const [track] = sound.stream.getAudioTracks();
      Object.defineProperty(track, "label", { value: "Headset" });
      window.__microphoneTrack = track;
      window.__seen.streams.push(sound.stream);
      return sound.stream;
    };
  },

  // The user ends the sharing in the browser's own bar.
  endSharing() {
    const [track] = window.__seen.streams[0].getAudioTracks();
    track.stop();
    track.dispatchEvent(new Event("ended"));
  },

  // The user unplugs the microphone.
  unplug() {
    window.__microphoneTrack.stop();
    window.__microphoneTrack.dispatchEvent(new Event("ended"));
  },

  // From now on the user answers the question for the microphone when the test says so.
  holdAnswer() {
    window.__microphoneAnswer = new Promise((resolve) => { window.__answerMicrophone = resolve; });
  },

  // The tracks of sound that the page has been given so far, and whether each is still captured.
  tracks: () => window.__seen.streams.flatMap((it) => it.getAudioTracks()).map((it) => it.readyState),

  // The sources that are shown: for each its name, and the level that is drawn in percent.
  levels: () => [...document.querySelectorAll("#source-levels:not([hidden]) [role=meter]")].map((meter) =>
      [meter.previousSibling.textContent, Number(meter.querySelector("path").getAttribute("d").slice(5))]),

  noteShared() {
    window.__shared = window.__seen.streams[0].getAudioTracks()[0];
  },

  // The system mutes a track, or no longer.
  mute(name, value) {
    const track = window[name];
    Object.defineProperty(track, "muted", { value, configurable: true });
    track.dispatchEvent(new Event(value ? "mute" : "unmute"));
  },

  isReportedAsMuted: () => document.querySelector("#notice:not([hidden])")?.textContent.includes("muted") ?? false,

  holdShare() {
    window.__shareAnswer = new Promise((resolve) => { window.__answerShare = resolve; });
  },

  tracksAre: (states) => __soundAndMicrophone.tracks().join() === states,

  hasEnded: (index) => __soundAndMicrophone.tracks()[index] === "ended",

  onlySharedIsLoud() {
    const [shared, microphone] = __soundAndMicrophone.levels();
    return microphone[1] === 0 && shared[1] > 80;
  },

  microphoneIsLoud: () => __soundAndMicrophone.levels()[1][1] > 70,

  twoAreSilent() {
    const levels = __soundAndMicrophone.levels();
    return levels.length === 2 && levels.every((level) => level[1] === 0);
  },

  allAreLoud: () => __soundAndMicrophone.levels().every((level) => level[1] > 70),

  requests: () => [window.__asked.length, window.__microphones.length],

  sharedIsSilent: () => __soundAndMicrophone.levels()[0][1] === 0,
};
