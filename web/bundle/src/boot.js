// Starts the page's code. A file of its own, because the content security policy allows no script in the HTML.
try {
  const { default: start } = await import("{{page.js}}");
  await start({ module_or_path: "{{page.wasm}}" });
} catch (cause) {
  console.error(cause);
  document.querySelector("#error p").textContent =
    "This page could not start. Reload it; if that does not help, try a current version of your browser.";
  document.querySelector("#error").hidden = false;
}
