// Starts the page's code. Modules are looked for from this file, which is in a folder, everything else from the page. A file of its own, because the content security policy allows no script in the HTML.

// This script is here, so the page need not say that it could not start.
const failure = document.querySelector("#error");
failure.hidden = true;
failure.className = "";

// Loads the tools, which recording does not need, on first use, and returns their object. Some browsers do not request a
// module again after a failure, so each further attempt has an address of its own; the server ignores the query.
let attempts = 0;
globalThis.openTools = async (host) => {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "{{tools.css}}";
  const styled = new Promise((resolve, reject) => Object.assign(style, { onload: resolve, onerror: reject }));
  document.head.append(style);
  try {
    const [tools] = await Promise.all([import("../{{tools.js}}" + (attempts++ ? `?again=${attempts}` : "")), styled]);
    await tools.default({ module_or_path: "{{tools.wasm}}" });
    return tools.open(host, "{{tools-worker.js}}", "{{tools.webmanifest}}", "{{tools-de.webmanifest}}");
  } catch (cause) {
    style.remove();
    throw cause;
  }
};

// What the user has chosen for this browser; one that keeps nothing for the page throws.
const kept = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then it holds until the page is left.
  }
};

// English is in the page itself. Where German cannot be loaded it stays.
const language = document.querySelector("#language");
const speak = async () => {
  const answer = await fetch("{{german.txt}}");
  if (!answer.ok) throw new Error(`${answer.status} for the German texts`);
  globalThis.interfaceTexts = await answer.text();
  // In the HTML as it is served, each name of a text is the number of its line.
  const texts = globalThis.interfaceTexts.split("\n");
  document.documentElement.lang = language.value = "de";
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = texts[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = texts[element.dataset.label];
};
language.onchange = () => {
  keep("language", language.value);
  // What is said is not lost for it, nor a recording broken off: then it holds from the next visit on.
  if (document.body.dataset.state === "idle" && !document.querySelector("#transcript p")) location.reload();
  else document.querySelector("#language-later").hidden = language.value === document.documentElement.lang;
};

// A switch that is kept under this name, and is off unless index.html has it on.
const keepSwitch = (box, name, changed) => {
  box.checked = (kept(name) ?? String(box.defaultChecked)) === "true";
  box.onchange = () => {
    keep(name, box.checked);
    changed();
  };
};
const readOut = document.querySelector("#read-out");
const announce = () => {
  document.querySelector("#announcer").ariaLive = readOut.checked ? "polite" : "off";
};
keepSwitch(readOut, "read-out", announce);
announce();
// The page reads these when it opens the microphone.
for (const box of document.querySelectorAll("[data-processing]")) {
  keepSwitch(box, box.dataset.processing, () => {
    box.parentElement.querySelector(".otherwise").hidden = true;
  });
}

// A dropped file is transcribed: the tools take it when the button is pressed. Without this the browser would leave the
// page to show the file. It would also leave it for a link, which only a field for text takes.
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const keepPage = (event) => {
  if (hasFiles(event) || !event.target.closest?.(":read-write")) event.preventDefault();
};
addEventListener("dragover", keepPage);
addEventListener("drop", (event) => {
  keepPage(event);
  if (!hasFiles(event)) return;
  globalThis.dropped = [...event.dataTransfer.files];
  document.querySelector("#file").click();
});

try {
  if (/^de\b/i.test(kept("language") ?? navigator.language)) await speak().catch(console.warn);
  const { default: start } = await import("../{{page.js}}");
  await start({ module_or_path: "{{page.wasm}}" });
  if (location.search.includes("view=captions")) document.querySelector("#captions").click();
} catch (cause) {
  console.error(cause);
  // It says so already.
  failure.hidden = false;
}
