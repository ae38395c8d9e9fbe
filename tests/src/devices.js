// Injected after seen.js: microphones that a test can plug and unplug, each with a clock in its sound.
//
// A device's level is a ramp, +(0.1 + 0.04 t) or -(0.1 + 0.04 t), where t is the time in s by one clock for all:
// the sign of a recorded sample tells the device, its size the time.
(() => {
  const media = navigator.mediaDevices;
  const seen = window.__seen;
  // Not seen.js's own, which counts the page's.
  const RealContext = Object.getPrototypeOf(window.AudioContext);
  const present = [];
  const devices = (window.__devices = { asked: [], granted: false });
  let clock;
  devices.nativeRate = new RealContext().sampleRate;

  devices.plug = (...plugged) => {
    present.push(...plugged);
    media.dispatchEvent(new Event("devicechange"));
  };
  // Pulled out: it is no longer listed, and gives zeros.
  devices.unplug = (id) => {
    silence(take(id));
    media.dispatchEvent(new Event("devicechange"));
  };
  // The same without a word.
  devices.vanish = (id) => silence(take(id));
  // Taken away by the browser: its tracks end. It is no longer the default.
  devices.end = (id) => {
    const device = take(id);
    present.push(device);
    for (const track of silence(device)) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  };
  const take = (id) => present.splice(present.findIndex((device) => device.id === id), 1)[0];
  const silence = ({ tracks = [] }) =>
    tracks.map(({ track, source }) => {
      source.disconnect();
      return track;
    });

  media.enumerateDevices = async () =>
    present.map(({ id, label }) => ({
      kind: "audioinput",
      groupId: "",
      deviceId: devices.granted ? id : "",
      label: devices.granted ? label : "",
    }));

  media.getUserMedia = async ({ audio }) => {
    const { exact, ideal } = audio.deviceId ?? {};
    devices.asked.push({ exact, ideal });
    const device = present.find(({ id }) => id === (exact ?? ideal)) ?? (exact ? undefined : present[0]);
    if (!device) {
      throw new DOMException("no such device", present.length ? "OverconstrainedError" : "NotFoundError");
    }
    if (device.busy) {
      throw new DOMException("something else has it", "NotReadableError");
    }
    devices.granted = true;
    const stream = await sound(device);
    seen.streams.push(stream);
    return stream;
  };

  async function sound(device) {
    // WebKit starts no context without a click where nothing is captured, and this sound is made up.
    if (devices.needsCapture) {
      devices.capture ??= await MediaDevices.prototype.getUserMedia.call(media, { audio: true });
    }
    clock ??= new RealContext();
    await clock.resume();
    const source = new ConstantSourceNode(clock, { offset: 0 });
    const end = 20;
    const now = clock.currentTime;
    const level = (t) => device.sign * (0.1 + 0.04 * t);
    // A headset gives zeros for a while after it is opened.
    const from = now + (device.late_s ?? 0);
    source.offset.setValueAtTime(0, now);
    source.offset.setValueAtTime(level(from), from);
    source.offset.linearRampToValueAtTime(level(end), end);
    source.start();
    const out = new MediaStreamAudioDestinationNode(clock, { channelCount: 1 });
    source.connect(out);
    const track = out.stream.getAudioTracks()[0];
    track.getSettings = () => ({ deviceId: device.id });
    (device.tracks ??= []).push({ track, source });
    return out.stream;
  }
})();
