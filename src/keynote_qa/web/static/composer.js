// The box to ask in. Gradio makes it, and may make it anew at any time.
import { $, coarse, narrow } from "./dom.js";

const KEPT = 50;
const asked = []; // what was asked from this page, oldest first
let at = 0; // where the arrow keys are in it

export const box = () => $("#kq-box textarea");

export function write(text) {
  const field = box();
  if (!field || field.value === text) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true })); // Gradio reads it from here
}

export function remember(question) {
  if (question && asked.at(-1) !== question) asked.push(question);
  if (asked.length > KEPT) asked.shift();
  at = asked.length;
}

export function forget() {
  asked.length = 0;
  at = 0;
  write("");
}

export function settle() {
  // A phone's keyboard would cover the answer.
  if (coarse.matches && narrow.matches) document.activeElement?.blur();
  else if (document.activeElement !== box()) box()?.focus({ preventScroll: true });
}

// Arrow up brings back the last question, as in a shell, unless something else is being written.
document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.isComposing) return;
  if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
  const shown = box().value;
  if (shown !== (asked[at] ?? "")) return;
  if (event.key === "ArrowUp" && at > 0) at -= 1;
  else if (event.key === "ArrowDown" && at < asked.length) at += 1;
  else return;
  event.preventDefault();
  write(asked[at] ?? "");
});
