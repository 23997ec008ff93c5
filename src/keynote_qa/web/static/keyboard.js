// A keyboard on the screen. It writes at the caret of whatever text field was touched, which keeps
// the focus; the page makes room for it, so that it covers nothing.
import { box } from "./composer.js";
import { $, $$, around, button, element } from "./dom.js";
import { language, t } from "./settings.js";

const FIELDS = "textarea, input[type=text], input[type=search]";
const LETTERS = {
  de: ["qwertzuiopü", "asdfghjklöä", "yxcvbnmß"],
  en: ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
};
const NUMBERS = ["1234567890", "-/:;()&@%$", '.!"+=#*€'];
const REPEAT_AFTER_MS = 450;
const REPEAT_MS = 90;
const ICONS = {
  shift: "M12 4 4 12h4v7h8v-7h4z",
  delete: "M9 5h12v14H9l-6-7zM12 9l6 6M18 9l-6 6",
  hide: "M3 5h18v9H3zM6 8h.1M10 8h.1M14 8h.1M18 8h.1M8 11h8M9 18l3 3 3-3",
};

const keys = element("section", { class: "keyboard", "aria-label": t("keyboard"), hidden: "" });
let field = null; // what is written into
let shift = false;
let numbers = false;
let repeating = 0;

export const isOpen = () => !keys.hidden;

export function open(into) {
  field = into;
  numbers = false;
  draw();
  keys.hidden = false;
  document.documentElement.classList.add("keys-open");
  capitals();
  field.scrollIntoView({ block: "nearest" });
}

export function close() {
  release();
  if (!isOpen()) return;
  keys.hidden = true;
  document.documentElement.classList.remove("keys-open");
}

function draw() {
  const rows = (numbers ? NUMBERS : (LETTERS[language] ?? LETTERS.en)).map((row) =>
    [...row].map(letter),
  );
  const page = numbers ? "letters" : "numbers";
  if (!numbers) rows[2].unshift(icon("shift", { "aria-pressed": "false" }));
  rows[2].push(icon("delete"));
  rows.push([
    named("page", numbers ? "ABC" : "123", { "aria-label": t(`key_${page}`) }),
    letter(","),
    letter("'"),
    named("space", t("key_space")),
    letter("?"),
    icon("hide"),
    named("done", t(doneLabel())),
  ]);
  keys.replaceChildren(...rows.map((row) => element("div", { class: "keyboard-row" }, ...row)));
}

const letter = (text) => button(text, { class: "key", "data-key": text });
const named = (name, label, more = {}) =>
  button(label, { class: `key key--${name}`, "data-does": name, ...more });

function icon(name, more = {}) {
  const made = named(name, "", { "aria-label": t(`key_${name}`), ...more });
  made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  return made;
}

function doneLabel() {
  if (field.type === "search") return "search_placeholder";
  return field.form ? "feedback_send" : "ask";
}

// A sentence begins with a capital; after one letter the small ones are back.
function capitals(on = !field.value) {
  shift = on;
  $(".key--shift", keys)?.setAttribute("aria-pressed", String(shift));
  for (const key of $$("[data-key]", keys)) key.textContent = cased(key.dataset.key);
}

function cased(text) {
  const capital = text.toLocaleUpperCase(language);
  return shift && capital.length === text.length ? capital : text;
}

function press(key) {
  if (!field?.isConnected) field = box(); // Gradio may have made it anew
  const { key: text, does } = key.dataset;
  if (text) insert(cased(text));
  else if (does === "space") insert(" ");
  else if (does === "delete") erase();
  else if (does === "shift") capitals(!shift);
  else if (does === "page") turnPage();
  else if (does === "hide") close();
  else if (does === "done") done();
}

function insert(text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  changed();
  capitals(false);
}

function erase() {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const before = [...value.slice(0, start)].at(-1)?.length ?? 0; // a sign may be two units long
  field.setRangeText("", start === end ? start - before : start, end, "end");
  changed();
  if (!field.value) capitals();
}

function changed() {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  if (field.selectionEnd < field.value.length) return;
  field.scrollTop = field.scrollHeight;
  field.scrollLeft = field.scrollWidth;
}

function turnPage() {
  const inside = keys.contains(document.activeElement);
  numbers = !numbers;
  draw();
  capitals();
  if (inside) $(".key--page", keys).focus();
}

function done() {
  const into = field;
  close();
  if (into === box()) $("#kq-send").click();
  else into.form?.requestSubmit();
}

function release() {
  clearTimeout(repeating);
  repeating = 0;
}

function repeat(key) {
  press(key);
  repeating = setTimeout(repeat, REPEAT_MS, key);
}

export function start() {
  document.body.append(keys);
  for (const type of ["pointerdown", "mousedown"]) {
    keys.addEventListener(type, (event) => event.preventDefault()); // the field keeps the focus
  }
  // At once, and not at the click: of two quick thumbs only one would bring a click.
  keys.addEventListener("pointerdown", (event) => {
    release();
    const key = around(event, ".key");
    if (!key || event.button > 0) return;
    press(key);
    if (key.dataset.does === "delete") repeating = setTimeout(repeat, REPEAT_AFTER_MS, key);
  });
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
    keys.addEventListener(type, release);
  }
  // What presses a key without a pointer: a screen reader, a switch.
  keys.addEventListener("click", (event) => {
    const key = around(event, ".key");
    if (key && event.detail === 0) press(key);
  });
  document.addEventListener("click", (event) => {
    if (around(event, ".keyboard, .attract") || !event.isTrusted) return;
    const touched = around(event, FIELDS);
    if (touched && event.detail > 0) open(touched);
    else close();
  });
  // Somebody has a real one.
  window.addEventListener(
    "keydown",
    (event) => {
      if (!isOpen() || around(event, ".keyboard") || ["Tab", "Shift"].includes(event.key)) return;
      if (event.key === "Escape") event.preventDefault();
      close();
    },
    { capture: true },
  );
  document.addEventListener("keynote:asked", close);
}
