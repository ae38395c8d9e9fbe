// Injected before the page's own code: records the streams, contexts, sockets and nodes that the page creates, so that
// a test can count them.
(() => {
  const seen = (window.__seen = { streams: [], contexts: [], sockets: [], messages: [], nodes: [], chunks: [] });
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const devices = navigator.mediaDevices;
  if (devices) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      seen.streams.push(stream);
      return stream;
    };
  }
  if (devices?.getDisplayMedia) {
    const share = devices.getDisplayMedia.bind(devices);
    devices.getDisplayMedia = async (constraints) => {
      const stream = await share(constraints);
      seen.streams.push(stream);
      return stream;
    };
  }
  window.AudioContext = class extends window.AudioContext {
    constructor(...options) {
      super(...options);
      seen.contexts.push(this);
    }
  };
  window.WebSocket = class extends window.WebSocket {
    constructor(...address) {
      super(...address);
      seen.sockets.push(this);
    }
  };
  // Without https only Chromium has AudioWorkletNode.
  if (window.AudioWorkletNode) {
    window.AudioWorkletNode = class extends window.AudioWorkletNode {
      constructor(...options) {
        super(...options);
        seen.nodes.push(this);
        addEventListener.call(this.port, "message", (event) => {
          seen.messages.push(event.data.type);
          if (event.data.pcm) {
            seen.chunks.push(new Uint8Array(event.data.pcm.slice(0)));
          }
          if (this.isSilent) {
            event.stopImmediatePropagation(); // Simulates a stalled audio thread.
          }
        });
      }
    };
  }
  // Counts the page's listeners and intervals.
  let listeners = 0;
  EventTarget.prototype.addEventListener = function (type, listener, options = false) {
    listeners += 1;
    // Firefox's fourth argument (wantsUntrusted): without it, tracks of an AudioContext do not get a test's events.
    return addEventListener.call(this, type, listener, options, true);
  };
  EventTarget.prototype.removeEventListener = function (...listener) {
    listeners -= 1;
    return removeEventListener.apply(this, listener);
  };
  seen.listeners = () => listeners;
  const intervals = new Set();
  const { setInterval, clearInterval } = window;
  window.setInterval = (...call) => {
    const id = setInterval(...call);
    intervals.add(id);
    return id;
  };
  window.clearInterval = (id) => {
    intervals.delete(id);
    clearInterval(id);
  };
  seen.timers = () => intervals.size;
  // All samples that the worklet has sent to the page, in Base64.
  seen.captured = () => btoa(seen.chunks.map((chunk) => String.fromCharCode(...chunk)).join(""));
  // How many tracks, contexts and sockets are still open.
  seen.held = () => ({
    tracks: seen.streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === "live").length,
    contexts: seen.contexts.filter((context) => context.state !== "closed").length,
    sockets: seen.sockets.filter((socket) => socket.readyState < WebSocket.CLOSING).length,
  });
})();
