// Small things that every part of the page needs.
export const narrow = window.matchMedia("(max-width: 879px)");
export const coarse = window.matchMedia("(pointer: coarse)");

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

// The element that an event came from, or the nearest one around it that matches.
export function around(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function button(label, attributes = {}) {
  return element("button", { type: "button", ...attributes }, label);
}

// Said once by a screen reader, and shown to nobody else.
const announcer = element("div", { id: "announcer", class: "unseen", role: "status" });
document.body.append(announcer);

export function announce(text) {
  announcer.textContent = "";
  // In a later task, or the same words twice in a row would count as no change.
  setTimeout(() => {
    announcer.textContent = text;
  }, 50);
}

// A line that passes by: that something was copied, that a word was kept.
const shownToast = element("p", { class: "toast", "aria-hidden": "true", hidden: "" });
document.body.append(shownToast);
let toastTimer = 0;

export function toast(text) {
  announce(text);
  shownToast.textContent = text;
  shownToast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    shownToast.hidden = true;
  }, 2500);
}
