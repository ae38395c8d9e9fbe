// What the page stores of settings.
window.__storage = {
  formerKeys: () => Object.keys(localStorage).filter(key => /^settings|^connection/.test(key)),

  storeFormerConnection: () =>
    __storage.storeConnection(({ websocket_url }) => `${websocket_url}&prompt=mine`),

  // The switch, and the choice that took its place.
  switchAndChoice: () => [localStorage.getItem("standby"),
    JSON.parse(localStorage.getItem("settings"))?.standby_after_s ?? null],

  storeFormerUrl: () =>
    __storage.storeConnection(() => "ws://127.0.0.1:9/v3/ws?speech_model=mine"),

  // Stores a connection to the address that `choose` gives, as the page did formerly.
  storeConnection: (choose) => fetch("config").then((answer) => answer.text()).then((config) => {
    const choice = { region: null, url: choose(JSON.parse(config)) };
    localStorage.setItem("connection", JSON.stringify({ config, choice }));
  }),

  fits() {
    const panel = document.querySelector("#settings-panel");
    const bar = panel.querySelector("footer").getBoundingClientRect();
    return panel.scrollWidth <= panel.clientWidth && bar.bottom <= innerHeight && bar.height < innerHeight / 3
      && [...panel.querySelectorAll("input, select, textarea, button")]
      .every(it => it.getBoundingClientRect().right <= innerWidth && it.getBoundingClientRect().height >= 38);
  },
};
