// When nobody has done anything for a while: first a countdown, which anything stops, then the end.
// Only the time of day counts, never how often a timer ran: a machine that slept past the end
// wakes up past it.
import { button, element } from "./dom.js";
import { idleSeconds, t } from "./settings.js";

const COUNTDOWN_MS = 10_000;
const LOOK_MS = 500;
const MOST_HOLD_MS = 300_000; // a voice or a server that hangs keeps nobody's words for ever
const ACTIVITY = ["pointerdown", "touchmove", "keydown", "input", "click", "wheel", "scroll"];
const LIFT_MS = 1500;

let watched = null;
let last = Date.now(); // when something went on
let touched = last; // when a visitor did something
let pointer = ""; // where it is: a page that moves below a mouse is not a visitor
let dialog = null;
let lifted = 0; // until when a click belongs to the touch that stopped the countdown

// To be called once. `isResting()`: nobody has come yet; `isHeld()`: something goes on that a
// visitor waits for; `isEmpty()`: there is nothing to clear; `expire()`: the visitor is gone.
export function watch(how) {
  watched = how;
  for (const type of ACTIVITY) {
    window.addEventListener(type, active, { capture: true, passive: false });
  }
  window.addEventListener("pointermove", moved, { capture: true, passive: true });
  for (const type of ["keynote:asked", "keynote:answered"]) document.addEventListener(type, active);
  for (const type of ["visibilitychange", "resume"]) document.addEventListener(type, look);
  setInterval(look, LOOK_MS);
}

// To be called when a visitor begins.
export function begin() {
  last = Date.now();
  touched = last;
}

function look() {
  const now = Date.now();
  if (now < last) begin(); // the clock was set back
  if (watched.isHeld() && now - touched < MOST_HOLD_MS) last = now;
  const left = last + idleSeconds * 1000 + COUNTDOWN_MS - now;
  if (watched.isResting()) begin();
  else if (left <= 0 || (left <= COUNTDOWN_MS && watched.isEmpty())) {
    stop();
    watched.expire();
    begin();
  } else if (left <= COUNTDOWN_MS) count(Math.ceil(left / 1000));
  else stop();
}

function active(event) {
  const rested = watched.isResting();
  look(); // whoever comes after the end finds nothing of the one before
  const stopped = dialog !== null || (!rested && watched.isResting());
  begin();
  stop();
  // What stopped the countdown, or woke the machine, does nothing else: neither now nor when the
  // finger is lifted.
  if (stopped && event.type === "pointerdown") lifted = last + LIFT_MS;
  const same = event.type === "click" && last < lifted;
  if (same || (stopped && ["keydown", "pointerdown"].includes(event.type))) {
    event.preventDefault();
    event.stopPropagation();
  }
  if (same) lifted = 0;
}

function moved(event) {
  const place = `${event.screenX} ${event.screenY}`;
  if (place === pointer) return;
  pointer = place;
  active(event);
}

function count(seconds) {
  if (!dialog) {
    dialog = element(
      "dialog",
      {
        class: "idle",
        role: "alertdialog",
        "aria-labelledby": "idle-title",
        "aria-describedby": "idle-text",
      },
      element("h2", { id: "idle-title" }, t("idle_title")),
      element("p", { class: "idle-seconds", "aria-hidden": "true" }),
      element("p", { id: "idle-text" }),
      button(t("idle_stay"), { class: "idle-stay" }),
    );
    document.body.append(dialog);
    dialog.showModal();
  }
  const [, shown, text] = dialog.children;
  if (shown.textContent === String(seconds)) return;
  shown.textContent = seconds;
  text.textContent = seconds === 1 ? t("idle_countdown_last") : t("idle_countdown", { n: seconds });
}

function stop() {
  if (!dialog) return;
  const ended = dialog;
  dialog = null;
  ended.close(); // leads the focus back to where it was
  ended.remove();
}
