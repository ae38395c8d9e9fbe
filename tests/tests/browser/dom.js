// Elements, for all tests. Injected before the page's own code.
window.__dom = {
  texts: (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent),

  attribute: (selector, name) => document.querySelector(selector).getAttribute(name),

  style: (selector, name) => getComputedStyle(document.querySelector(selector))[name],

  isVisible: (selector) => document.querySelector(selector).checkVisibility(),

  visibleOf: (selectors) => selectors.filter((selector) => __dom.isVisible(selector)),

  focusedText: () => document.activeElement.textContent,

  number: (selector) => parseFloat(document.querySelector(selector).textContent),

  matches: (selector, pattern) => new RegExp(pattern).test(document.querySelector(selector).textContent),

  // Sets a property of a control as a user's choice.
  choose: (selector, property, value) => {
    const control = document.querySelector(selector);
    control[property] = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
    return control[property];
  },

  // Replaces the text of a field as if it were typed.
  type: (selector, text) => {
    const field = document.querySelector(selector);
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  },
};
