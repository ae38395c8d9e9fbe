// Injected after seen.js: fake microphones that a test can plug in and unplug, whose samples encode the time.
//
// A device's signal is a ramp, +(0.1 + 0.04 t) or -(0.1 + 0.04 t), where t is the time in s of one clock for all devices:
// the sign of a recorded sample identifies the device, its magnitude the time.
(() => {
  const media = navigator.mediaDevices;
  const seen = window.__seen;
  // The browser's class, not that of seen.js, which counts the page's contexts.
  const RealContext = Object.getPrototypeOf(window.AudioContext);
  const present = [];
  const devices = (window.__devices = { asked: [], granted: false });
  let clock;
  devices.nativeRate = new RealContext().sampleRate;

  devices.plug = (...plugged) => {
    present.push(...plugged);
    media.dispatchEvent(new Event("devicechange"));
  };
  // Unplugs a device: it is no longer listed and delivers zeros.
  devices.unplug = (id) => {
    silence(remove(id));
    media.dispatchEvent(new Event("devicechange"));
  };
  // Unplugs a device without a devicechange event.
  devices.vanish = (id) => silence(remove(id));
  // The browser revokes a device: its tracks end. It stays listed, but no longer as the default.
  devices.end = (id) => {
    const device = remove(id);
    present.push(device);
    for (const track of silence(device)) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  };
  const remove = (id) => present.splice(present.findIndex((device) => device.id === id), 1)[0];
  const silence = ({ tracks = [] }) =>
    tracks.map(({ track, source }) => {
      source.disconnect();
      return track;
    });

  // This computer shares no sound.
  Object.defineProperty(media, "getDisplayMedia", { value: undefined });

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
      throw new DOMException("another program uses the device", "NotReadableError");
    }
    devices.granted = true;
    const stream = await sound(device);
    seen.streams.push(stream);
    return stream;
  };

  async function sound(device) {
    // Without a click WebKit starts an AudioContext only while a real device is captured, which these are not.
    if (devices.needsCapture) {
      devices.capture ??= await MediaDevices.prototype.getUserMedia.call(media, { audio: true });
    }
    clock ??= new RealContext();
    await clock.resume();
    const source = new ConstantSourceNode(clock, { offset: 0 });
    const end = 20;
    const now = clock.currentTime;
    const level = (t) => device.sign * (0.1 + 0.04 * t);
    // A headset delivers zeros for a while after it is opened.
    const from = now + (device.late_s ?? 0);
    source.offset.setValueAtTime(0, now);
    source.offset.setValueAtTime(level(from), from);
    source.offset.linearRampToValueAtTime(level(end), end);
    source.start();
    const out = new MediaStreamAudioDestinationNode(clock, { channelCount: 1 });
    source.connect(out);
    const track = out.stream.getAudioTracks()[0];
    Object.defineProperty(track, "label", { value: device.label });
    track.getSettings = () => ({ deviceId: device.id });
    (device.tracks ??= []).push({ track, source });
    return out.stream;
  }
})();
