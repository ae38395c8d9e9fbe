// The pace at which the page sends, and its settings.
window.__local = {
  // Counts the samples that the page sends, in `window.__samples`, and the most by which it is ahead of time, in
  // `window.__lead_s`. The entry `paced` of the tab's storage makes the server look like one that does not recognise
  // itself.
  watchThePace() {
    window.__samples = 0;
    window.__lead_s = 0;
    let began;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      began ??= performance.now();
      window.__samples += (data.byteLength ?? 0) / 2;
      window.__lead_s = Math.max(window.__lead_s, window.__samples / 16_000 - (performance.now() - began) / 1_000);
      return send.call(this, data);
    };
    const isPaced = sessionStorage.getItem("paced");
    // What is recorded before there is a connection is sent at once.
    if (isPaced) addEventListener("change", () => (began ??= performance.now()), true);
    const { text } = Response.prototype;
    Response.prototype.text = async function () {
      const answer = await text.call(this);
      return isPaced ? answer.replace(/,"local_model":"[^"]*"/, "") : answer;
    };
  },

  settings: () =>
    [...document.querySelectorAll("#settings-panel [data-field]")].map((it) => it.dataset.field).join(" "),
};
