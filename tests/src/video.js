// Makes a video with a tone of 440 Hz in the page, as the browser records it.
(() => {
  // A promise of a video of this length in ms, as an address that contains it.
  window.__makeVideo = async (lengthMs) => {
    const canvas = document.createElement("canvas");
    const drawing = canvas.getContext("2d");
    const audio = new AudioContext();
    const tone = new OscillatorNode(audio, { frequency: 440 });
    const sound = new MediaStreamAudioDestinationNode(audio);
    tone.connect(new GainNode(audio, { gain: 0.5 })).connect(sound);
    const tracks = [...canvas.captureStream(10).getTracks(), ...sound.stream.getTracks()];
    const recorder = new MediaRecorder(new MediaStream(tracks));
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    await audio.resume();
    tone.start();
    recorder.start();
    let frames = 0;
    const frame = setInterval(() => drawing.fillRect(frames++ % canvas.width, 0, 1, canvas.height), 100);
    setTimeout(() => recorder.stop(), lengthMs);
    await stopped;
    clearInterval(frame);
    tracks.forEach((track) => track.stop());
    await audio.close();
    const reader = new FileReader();
    const read = new Promise((resolve) => (reader.onload = resolve));
    reader.readAsDataURL(new Blob(parts, { type: parts[0].type.split(";")[0] }));
    await read;
    return reader.result;
  };
})();
