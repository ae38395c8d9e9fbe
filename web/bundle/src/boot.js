// Starts the page's code. A file of its own, because the content security policy allows no script in the HTML.

// Loads what is not needed for recording, when it is first used.
globalThis.openTools = async (host, language) => {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = "{{tools.css}}";
  const styled = new Promise((resolve, reject) => Object.assign(style, { onload: resolve, onerror: reject }));
  document.head.append(style);
  try {
    const [tools] = await Promise.all([import("{{tools.js}}"), styled]);
    await tools.default({ module_or_path: "{{tools.wasm}}" });
    tools.open(host, language);
  } catch (cause) {
    style.remove();
    throw cause;
  }
};

try {
  const { default: start } = await import("{{page.js}}");
  await start({ module_or_path: "{{page.wasm}}" });
} catch (cause) {
  console.error(cause);
  document.querySelector("#error p").textContent =
    "This page could not start. Reload it; if that does not help, try a current version of your browser.";
  document.querySelector("#error").hidden = false;
}
