// Sound of a tab or of the computer.
window.__sharing = {
  // What the user shares in answer to a request: a picture, and unless `__withoutSound` is set a tone of 440 Hz.
  // With a promise `__shareAnswer` the user answers when that resolves.
  fakeSharing() {
    window.__asked = [];
    navigator.mediaDevices.getDisplayMedia = async (constraints) => {
      window.__asked.push(constraints);
      if (window.__shareAnswer) await window.__shareAnswer;
      if (window.__refused) throw new DOMException("the user closed the dialog", "NotAllowedError");
      const picture = document.createElement("canvas");
      picture.getContext("2d");
      const shared = new MediaStream(picture.captureStream().getTracks());
      if (!window.__withoutSound) {
        const context = new (Object.getPrototypeOf(window.AudioContext))();
        const tone = new OscillatorNode(context, { frequency: 440 });
        const sound = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
        tone.connect(new GainNode(context, { gain: 0.5 })).connect(sound);
        tone.start();
        shared.addTrack(sound.stream.getAudioTracks()[0]);
      }
      window.__seen.streams.push(shared);
      return shared;
    };
  },

  // The user ends the sharing in the browser's own bar.
  endSharing() {
    const track = window.__seen.streams.at(-1).getAudioTracks()[0];
    track.stop();
    track.dispatchEvent(new Event("ended"));
  },

  pictures: () => window.__seen.streams.at(-1).getVideoTracks().map(it => it.readyState),

  // Opens a tab of this title, which plays a tone of 440 Hz.
  openTab() {
    const tab = window.open("about:blank");
    tab.document.title = "a tab with a tone";
    const context = new tab.AudioContext();
    const tone = new tab.OscillatorNode(context, { frequency: 440 });
    tone.connect(new tab.GainNode(context, { gain: 0.5 })).connect(context.destination);
    tone.start();
    window.__tab = tab;
    return context.resume().then(() => context.state);
  },

  tracks: () => window.__seen.streams.at(-1).getTracks().map(it => it.kind + " " + it.readyState).sort(),

  isOffered: () => [...document.querySelector("#devices").options].some(it => it.value === "shared"),
};
