// What one Turn message costs: run in the page while it records. The messages come over the page's own socket, as if
// the service had sent them.
(() => {
  const WORDS = "The quick brown fox jumps over the lazy dog and runs away".split(" ");
  const transcript = document.querySelector("#transcript");
  const socket = window.__seen.sockets.at(-1);

  // A message as universal-3 sends it: the first words of a turn, or all of them at its end.
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
  const send = (message) => socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  const turns = () => transcript.querySelectorAll("p[data-final]").length;

  // The original's way: all turns joined, and the text of one element set anew.
  const box = document.createElement("div");
  box.className = "original";
  Object.assign(box.style, { height: "300px", overflowY: "auto" });
  const said = {};
  const original = (message) => {
    said[message.turn_order] = message.transcript;
    const orders = Object.keys(said).sort((a, b) => Number(a) - Number(b));
    box.innerText = orders.map((order) => said[order]).join(" ");
  };

  const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  // The time from a frame's begin to its end on the main thread: the message, style, layout and what is painted.
  const frame = (work) => new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      const start = performance.now();
      port1.onmessage = () => resolve(performance.now() - start);
      work();
      port2.postMessage(0);
    });
  });

  // Ten turns, word by word: the cost of one message, in ms, in each of two ways.
  const measure = async (apply) => {
    const [frames, tasks] = [[], []];
    const first = next;
    for (; next < first + 10; next += 1) {
      for (let count = 1; count <= WORDS.length; count += 1) {
        const data = message(next, count);
        frames.push(await frame(() => {
          const start = performance.now();
          apply(data);
          // Style and layout at once, as whoever asks for a size has them.
          void document.scrollingElement.scrollHeight, transcript.scrollHeight, box.scrollHeight;
          tasks.push(performance.now() - start);
        }));
      }
    }
    const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    return { frame_ms: median(frames), task_ms: median(tasks), mean_task_ms: mean(tasks) };
  };

  let next = 0;
  window.__cost = async (count) => {
    for (; turns() < count; next += 1) {
      const data = message(next, WORDS.length);
      send(data);
      said[next] = data.transcript;
      if (next % 100 === 99) {
        await frame(() => {}); // A page that never draws would not be one.
      }
    }
    const page = await measure(send);
    document.body.append(box);
    const joined = await measure(original);
    box.remove();
    return { turns: turns(), page, joined };
  };
})();
