// The bar that plays the recordings of the page.
window.__playback = {
  // Moves the slider as a user does who drags it and lets go.
  moveSlider(position) {
    const slider = document.querySelector("#playback input");
    slider.value = position;
    for (const name of ["input", "change"]) slider.dispatchEvent(new Event(name));
  },

  // Moves the slider away and back before the pointer is let go, which is no change, or takes the pointer away.
  moveSliderAndBack(end) {
    const slider = document.querySelector("#playback input");
    const before = slider.value;
    for (const value of [slider.max, before]) {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    slider.dispatchEvent(new PointerEvent(end, { bubbles: true }));
  },

  // Moves the slider, lets go, and a moment later moves it again and holds it: where the slider then is.
  async moveAgain(first, second) {
    const slider = document.querySelector("#playback input");
    const move = (position) => {
      slider.value = position;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    move(first);
    slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    await wait(50);
    move(second);
    await wait(500);
    const held = slider.valueAsNumber;
    slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    return held;
  },

  valueIsAtLeast: (ms) => document.querySelector("#playback input").valueAsNumber >= ms,

  valueText: () => document.querySelector("#playback input").getAttribute("aria-valuetext"),

  // The elements of the bar that are not in the line of the first one, or not whole within the window.
  outOfLine() {
    const parts = [...document.querySelectorAll("#playback > :not([hidden])")];
    const middle = (part) => {
      const { y, height } = part.getBoundingClientRect();
      return y + height / 2;
    };
    return parts.filter((part) => Math.abs(middle(part) - middle(parts[0])) > 3
        || part.getBoundingClientRect().right > innerWidth || part.getBoundingClientRect().left < 0)
      .map((part) => part.outerHTML);
  },

  isAtTheEnd() {
    const [at, length] = document.querySelector("#playback span").textContent.split(" / ");
    return at === length && at !== "0:00";
  },

  isLongerThan: (ms) => document.querySelector("#playback input").max > ms,
};
