// Measures the cost of one Turn message, in a page that records. It dispatches the messages on the page's own socket,
// as if the service had sent them.
(() => {
  const WORDS = "The quick brown fox jumps over the lazy dog and runs away".split(" ");
  const transcript = document.querySelector("#transcript");

  // A message as universal-3 sends it: the first `count` words of a turn; all of them end the turn.
  const message = (order, count) => {
    const at = order * 2000;
    const words = WORDS.slice(0, count).map((text, n) => ({
      text, start: at + n * 150, end: at + n * 150 + 120, confidence: 0.9, word_is_final: n + 1 < count,
    }));
    const is_end = count === WORDS.length;
    return {
      type: "Turn", turn_order: order, turn_is_formatted: is_end, end_of_turn: is_end,
      transcript: words.map((word) => word.text).join(" "), end_of_turn_confidence: 0.5, words,
    };
  };
  // On a busy machine the page may have connected again: it takes no messages of the connection before.
  const send = (message) => window.__seen.sockets.findLast((it) => it.readyState === WebSocket.OPEN)
    .dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));

  // AssemblyAI's original example: joins all turns and replaces the text of one element.
  const box = document.createElement("div");
  box.className = "original";
  Object.assign(box.style, { height: "300px", overflowY: "auto" });
  const texts = {};
  const original = (message) => {
    texts[message.turn_order] = message.transcript;
    const orders = Object.keys(texts).sort((a, b) => Number(a) - Number(b));
    box.innerText = orders.map((order) => texts[order]).join(" ");
  };

  // The main thread's time for a frame in ms, from its start to its end: the message, style, layout and paint.
  const frame = (work) => new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      const start = performance.now();
      port1.onmessage = () => resolve(performance.now() - start);
      work();
      port2.postMessage(0);
    });
  });

  let next = 0;
  // Adds turns until the page has at least `count`.
  window.__fill = async (count) => {
    while (transcript.querySelectorAll("p[data-final]").length < count) {
      for (const end = next + 100; next < end; next += 1) {
        const data = message(next, WORDS.length);
        send(data);
        texts[next] = data.transcript;
      }
      await frame(() => {}); // Lets the page render, as a real one does.
    }
  };

  // Sends `turns` turns word by word. Returns, for each message, the time of its task (with style and layout) and of
  // its frame, in ms.
  window.__measure = async (turns, isOriginal) => {
    if (isOriginal) {
      document.body.append(box);
    }
    const [tasks, frames] = [[], []];
    for (const end = next + turns; next < end; next += 1) {
      for (let count = 1; count <= WORDS.length; count += 1) {
        const data = message(next, count);
        frames.push(await frame(() => {
          const start = performance.now();
          (isOriginal ? original : send)(data);
          // Reading a size forces style and layout.
          void (isOriginal ? box : transcript).scrollHeight;
          tasks.push(performance.now() - start);
        }));
      }
    }
    box.remove();
    return { tasks, frames };
  };
})();
