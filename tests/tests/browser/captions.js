// What the tests of the captions look for, and the windows that they get.
window.__captions = {
  // What the view shows: its lines, and the height of its text in lines.
  shown() {
    const view = document.querySelector("#captions-view");
    const lines = view.querySelector(".lines");
    return [[...lines.children].map((line) => line.textContent),
      Math.round(lines.clientHeight / parseFloat(getComputedStyle(lines).lineHeight))];
  },

  // How the text is drawn: its size in px, font, mirroring, and colour.
  look() {
    const line = document.querySelector("#captions-view .lines");
    const { fontSize, fontFamily, transform, color } = getComputedStyle(line);
    return [parseFloat(fontSize), fontFamily, transform, color];
  },

  setLook(name, property, value) {
    const control = document.querySelector(`#captions-view [name=${name}]`);
    control[property] = value;
    control.dispatchEvent(new Event("change"));
  },

  endsWithWhatIsBeingSaid: () =>
    document.querySelector("#captions-view .lines").textContent.endsWith("being said"),

  place() {
    const lines = document.querySelector("#captions-view .lines");
    return [[...lines.children].map((line) => line.textContent),
      lines.getBoundingClientRect().bottom < innerHeight / 2,
      document.querySelector("#captions-view [name=size]").value];
  },

  pressCyrillicC() {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "с", code: "KeyC", bubbles: true }));
  },

  firstLine() {
    const line = document.querySelector("#captions-view .lines p");
    return [line.textContent, getComputedStyle(line).direction];
  },

  // Whether the search is closed, and whether the dialog of the keys can be used.
  searchAndKeys: () => [document.querySelector("#finder:not([hidden])") === null,
    document.querySelector("#keys").closest("[inert]") === null],

  looks() {
    const view = document.querySelector("#captions-view");
    return [getComputedStyle(view).backgroundColor, getComputedStyle(view.querySelector(".bar")).opacity,
      getComputedStyle(view).borderRadius, localStorage.getItem("captions")];
  },

  bars: () => [getComputedStyle(document.documentElement).overflow, document.elementsFromPoint(5, 5)
      .concat(document.elementsFromPoint(innerWidth - 5, innerHeight - 5))
      .every((e) => e.closest("#captions-view") || e.contains(document.querySelector("#captions-view")))],

  // Keeps the pop-up that the page opens, so that the test can look into it.
  keepPopup() {
    const open = window.open;
    window.open = (...parameters) => window.__popup = open.apply(window, parameters);
  },

  bar() {
    const view = document.querySelector("#captions-view");
    return [view.querySelector(".bar p").textContent, view.querySelector(".record").textContent,
      view.hasAttribute("data-alert")];
  },

  dropFile() {
    window.dropped = [new File([""], "a.wav")];
    document.querySelector("#file").click();
  },

  refuseWindows() {
    Object.defineProperty(window, "documentPictureInPicture", { value: {
      requestWindow: async () => { throw new DOMException("refused by the test", "NotAllowedError"); } } });
  },

  isFullScreen: () => document.fullscreenElement?.id === "captions-view",

  isNotFullScreen: () => document.fullscreenElement === null,

  putWindowsInAFrame() {
    Object.defineProperty(window, "documentPictureInPicture", { value: { requestWindow: async () => {
      const frame = document.createElement("iframe");
      frame.title = "captions";
      document.body.append(frame);
      window.__frame = frame;
      return frame.contentWindow;
      } } });
  },

  isInFrame: () => !!window.__frame?.contentDocument.querySelector("#captions-view .lines"),

  showsTwoTurnsInFrame: () =>
    window.__frame.contentDocument.querySelector("#captions-view .lines").textContent === "One.Two.",

  closeFrame() {
    window.__frame.contentWindow.dispatchEvent(new Event("pagehide"));
  },

  refuseFullScreen() {
    Object.defineProperty(document, "fullscreenEnabled", { value: true });
    Element.prototype.requestFullscreen = async () => { throw new TypeError("refused by the test"); };
  },

  // Windows on top that open once the test lets them, one at a time: another takes the place of the one that is open. A
  // frame stands in for each.
  letWindowsWait() {
    window.__asked = [];
    Object.defineProperty(window, "documentPictureInPicture", { value: {
      requestWindow: () => new Promise((resolve) => window.__asked.push(() => {
        window.__frame?.contentWindow.close();
        const frame = document.createElement("iframe");
        frame.title = "captions";
        document.body.append(frame);
        frame.contentWindow.close = () => {
          frame.contentWindow.dispatchEvent(new Event("pagehide"));
          frame.remove();
          window.__frame = null;
        };
        window.__frame = frame;
        resolve(frame.contentWindow);
      })) } });
  },

  openWindows() {
    for (const open of window.__asked.splice(0)) open();
  },

  // Keeps the last watcher for the gesture that closes things, which no driver can make.
  keepWatcher() {
    window.CloseWatcher = class {
      constructor() { window.__watcher = this; }
      destroy() { window.__watcher = null; }
    };
  },

  // The window of the captions: on top of all others where the browser has such windows, or else a pop-up.
  window: () => window.documentPictureInPicture?.window ?? window.__popup,

  hasWindowsOnTop: () => "documentPictureInPicture" in window,

  areInWindowOnTop: () => !!window.documentPictureInPicture?.window,

  areInWindow: () => __captions.window()?.document.querySelector("#captions-view .lines")?.clientHeight > 0,

  showTwoTurnsInWindow: () =>
    __captions.window().document.querySelector("#captions-view .lines").textContent === "Eins.Zwei.",

  haveStylesInWindow() {
    const there = __captions.window();
    return there.getComputedStyle(there.document.querySelector("#captions-view")).position === "fixed";
  },

  lookInWindow() {
    const there = __captions.window().document;
    const view = there.querySelector("#captions-view");
    return [view.querySelector(".lines").textContent, there.documentElement.lang, there.title,
      there.defaultView.getComputedStyle(view).position,
      there.defaultView.getComputedStyle(view).backgroundColor,
      view.querySelector(".small").checkVisibility(), document.querySelector("main").inert];
  },

  closeWindow() {
    __captions.window().close();
  },

  canFillTheScreen: () => document.fullscreenEnabled,

  moveIntoWindowTwice() {
    document.querySelector("#captions-view .small").click();
    document.querySelector("#captions-view .small").click();
  },

  moveIntoWindowAndClose() {
    document.querySelector("#captions-view .small").click();
    document.querySelector("#captions-view .close").click();
  },

  showOneTurnInFrame() {
    const view = window.__frame?.contentDocument.querySelector("#captions-view");
    return view?.hidden === false && view.querySelector(".lines").textContent === "One.";
  },
};
