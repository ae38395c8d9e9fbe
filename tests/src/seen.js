// Injected before the page's own code: records the streams, contexts, sockets and nodes that the page creates, so that
// a test can count them.
(() => {
  const seen = (window.__seen = { streams: [], contexts: [], sockets: [], messages: [], nodes: [], chunks: [] });
  // For each chunk the number of its node; for each frame its bytes, and how many chunks have come since the one before.
  Object.assign(seen, { sources: [], sent: [] });
  let sentChunks = 0;
  seen.takeSent = () => {
    sentChunks = seen.chunks.length;
    return seen.sent.splice(0);
  };
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
    send(data) {
      if (data.byteLength !== undefined) {
        seen.sent.push([data.byteLength, seen.chunks.length - sentChunks]);
        sentChunks = seen.chunks.length;
      }
      super.send(data);
    }
  };
  // Without https only Chromium has AudioWorkletNode.
  if (window.AudioWorkletNode) {
    window.AudioWorkletNode = class extends window.AudioWorkletNode {
      constructor(...options) {
        super(...options);
        const node = seen.nodes.push(this) - 1;
        addEventListener.call(this.port, "message", (event) => {
          seen.messages.push(event.data.type);
          if (event.data.pcm) {
            const chunk = new Uint8Array(event.data.pcm.slice(0));
            seen.chunks.push(chunk);
            seen.sources.push(node);
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
  const inBase64 = (chunks) => btoa(chunks.map((chunk) => String.fromCharCode(...chunk)).join(""));
  // All samples that the worklet has sent to the page, in Base64, and those of each chunk with the number of its node.
  seen.captured = () => inBase64(seen.chunks);
  // 16 bits at 16 kHz.
  seen.capturedMs = () => seen.chunks.reduce((sum, chunk) => sum + chunk.length, 0) / 32;
  seen.capturedChunks = () => seen.chunks.map((chunk, at) => [seen.sources[at], inBase64([chunk])]);
  seen.rates = () => seen.contexts.map((context) => context.sampleRate);
  // The name of the second microphone that was opened, if there is one.
  seen.secondLabel = () => seen.streams[1]?.getTracks()[0].label;
  seen.error = () => document.querySelector("#error:not([hidden]) p")?.textContent ?? "";
  // Delivers a message on the page's socket as if the service had sent it.
  seen.receive = (data) => {
    seen.sockets.at(-1).dispatchEvent(new MessageEvent("message", { data }));
  };
  // How many tracks, contexts and sockets are still open.
  seen.held = () => ({
    tracks: seen.streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === "live").length,
    contexts: seen.contexts.filter((context) => context.state !== "closed").length,
    sockets: seen.sockets.filter((socket) => socket.readyState < WebSocket.CLOSING).length,
  });
})();
