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
  // Two devices, of which the first is the default, and others that a test plugs in.
  devices.plugBuiltIn = () => devices.plug({ id: "id-built-in", label: "Built-in", sign: 1 });
  devices.plugHeadset = (id, more = {}) => devices.plug({ id, label: "Headset", sign: -1, ...more });
  devices.plugTwo = () =>
    devices.plug(
      { id: "id-built-in", label: "Built-in", sign: 1 },
      { id: "id-headset", label: "Headset", sign: -1 },
    );
  devices.plugBusy = () => devices.plug({ id: "id-busy", label: "Busy", sign: -1, busy: true });
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

  // As Firefox did until 140: a context must have the sample rate of its source.
  devices.requireOwnRates = () => {
    const real = AudioContext.prototype.createMediaStreamSource;
    const rates = { "id-built-in": devices.nativeRate, "id-headset": 16000 };
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      const id = stream.getAudioTracks()[0].getSettings().deviceId;
      if (this.sampleRate !== rates[id]) {
        throw new DOMException("another rate", "NotSupportedError");
      }
      return real.call(this, stream);
    };
  };

  // Chooses a device in the picker by its name.
  devices.choose = (label) => {
    const picker = document.querySelector("#devices");
    const option = [...picker.options].find((option) => option.text === label);
    __dom.choose("#devices", "value", option.value);
  };
  devices.areListed = (labels) => {
    const listed = [...document.querySelector("#devices").options].map((option) => option.text);
    return JSON.stringify(listed) === JSON.stringify(labels);
  };

  devices.timeIn = (seconds) => performance.now() + seconds * 1000;
  devices.isPast = (time) => performance.now() > time;

  // Whether the page has created so many audio contexts, of which so many are open.
  devices.contextsAre = (made, open) => seen.contexts.length === made && seen.held().contexts === open;
  // Whether it holds one microphone and one context, the newest.
  devices.isSettled = () =>
    seen.held().contexts === 1 && seen.held().tracks === 1 && seen.contexts.at(-1).state !== "closed";
  devices.kept = () => [seen.listeners(), seen.timers()];

  // The audio thread's code fails.
  devices.failProcessor = () => seen.nodes[0].dispatchEvent(new Event("processorerror"));

  devices.suspend = () => {
    seen.contexts[0].suspend();
  };
  // The context is suspended and does not run again.
  devices.suspendForGood = () => {
    const [context] = seen.contexts;
    context.resume = () => new Promise(() => {});
    context.suspend();
  };
  // As Safari on iOS does: the context has the state `interrupted`. Counts how often the page resumes it.
  devices.interrupt = () => {
    devices.resumed = 0;
    seen.contexts[0].resume = async () => {
      devices.resumed += 1;
    };
    devices.setContextState("interrupted");
  };
  devices.setContextState = (state) => {
    const [context] = seen.contexts;
    Object.defineProperty(context, "state", { value: state, configurable: true });
    context.dispatchEvent(new Event("statechange"));
  };

  // As a phone call does: the track is muted, and its context delivers nothing; or the end of it.
  devices.mute = (isMuted) => {
    const [track] = seen.streams[0].getTracks();
    seen.nodes[0].isSilent = isMuted;
    Object.defineProperty(track, "muted", { value: isMuted, configurable: true });
    track.dispatchEvent(new Event(isMuted ? "mute" : "unmute"));
  };
})();
