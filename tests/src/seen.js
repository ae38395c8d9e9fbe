// Injected before the page's own code: keeps what the page asks of the browser, so that a test can count it.
(() => {
  const seen = (window.__seen = { streams: [], contexts: [], sockets: [], messages: [] });
  const devices = navigator.mediaDevices;
  if (devices) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
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
  window.AudioWorkletNode = class extends window.AudioWorkletNode {
    constructor(...options) {
      super(...options);
      this.port.addEventListener("message", ({ data }) => seen.messages.push(data.type));
    }
  };
  seen.held = () => ({
    tracks: seen.streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === "live").length,
    contexts: seen.contexts.filter((context) => context.state !== "closed").length,
    sockets: seen.sockets.filter((socket) => socket.readyState < WebSocket.CLOSING).length,
  });
})();
