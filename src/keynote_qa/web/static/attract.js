// What an unattended screen shows while nobody is there: the talk's title, and questions that take
// turns. Touch one to ask it; any other touch or key leads to the page.
import { $, $$, around, button, element } from "./dom.js";
import { t } from "./settings.js";

const SHOWN = 3; // questions at a time
const TURN_MS = 7_000; // one of them makes room for the next
const FADE_MS = 900;
const MOVED = 24; // pixels; more is no tap, and brings no click
// Keys that lead from one question to the next, or do nothing by themselves.
const STAYING = ["Tab", "Shift", "Control", "Alt", "Meta", "CapsLock"];

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

let screen = null;
let timer = 0;
let next = 0; // which question comes next; goes on from where the last visitor came
let slot = 0; // which place it comes to
let pressed = null; // where the finger went down
let lead = {};

export const isShown = () => screen !== null;

// `lead.ask(question)` asks one; `lead.own()` lets the visitor write; `lead.in()` just opens.
// Without questions there is nothing to show, and the page stays as it is.
export function show(how) {
  hide();
  const questions = offered();
  if (!questions.length) return;
  lead = how;
  next %= questions.length;
  const title = $("#kq-masthead h1")?.textContent ?? "";
  const byline = $("#kq-masthead .byline")?.textContent ?? "";
  const list = element("ul", { class: "attract-questions" });
  for (let place = 0; place < Math.min(SHOWN, questions.length); place += 1) {
    list.append(element("li", {}, question(take(questions))));
  }
  screen = element(
    "section",
    {
      class: "attract",
      role: "dialog",
      "aria-modal": "true",
      "aria-label": t("attract_label"),
      tabindex: "-1",
    },
    element(
      "div",
      { class: "attract-title" },
      element("h1", {}, title),
      element("p", { class: "attract-byline" }, byline),
    ),
    element(
      "div",
      { class: "attract-offer" },
      element("p", { class: "attract-call" }, t("attract_call")),
      list,
      button(t("attract_start"), { class: "attract-start" }),
    ),
  );
  screen.addEventListener("click", chosen);
  screen.addEventListener("pointerdown", (event) => {
    pressed = { x: event.screenX, y: event.screenY };
  });
  screen.addEventListener("pointerup", swiped);
  screen.addEventListener("keydown", typed);
  document.body.append(screen);
  $("gradio-app").inert = true;
  screen.focus({ preventScroll: true });
  if (questions.length > SHOWN) timer = setInterval(() => turn(questions), TURN_MS);
}

export function hide() {
  clearInterval(timer);
  pressed = null;
  if (!screen) return;
  screen.remove();
  screen = null;
  $("gradio-app").inert = false;
}

// Those that the server names for it, else those that the page begins with.
function offered() {
  const named = $(".welcome[data-questions]")?.dataset.questions;
  const questions = named
    ? JSON.parse(named)
    : $$(".welcome .starter").map((starter) => starter.textContent);
  return [...new Set(questions)];
}

function take(questions) {
  const taken = questions[next];
  next = (next + 1) % questions.length;
  return taken;
}

function question(text) {
  return button(element("span", {}, text), { class: "attract-question" });
}

// The next question takes the place of one, unless somebody is about to choose.
function turn(questions) {
  const places = $$(".attract-question", screen);
  const place = places[slot];
  if (pressed || place === document.activeElement || document.hidden) return;
  slot = (slot + 1) % places.length;
  const shown = places.map((one) => one.textContent);
  let text = take(questions);
  while (shown.includes(text)) text = take(questions);
  const old = place.firstElementChild;
  const fresh = element("span", {}, text);
  place.replaceChildren(fresh);
  if (still.matches) return;
  const fading = element(
    "span",
    { class: "attract-fading", "aria-hidden": "true" },
    old.textContent,
  );
  place.append(fading);
  fresh.animate([{ opacity: 0 }, { opacity: 1 }], FADE_MS);
  fading.animate([{ opacity: 1 }, { opacity: 0 }], FADE_MS).onfinish = () => fading.remove();
}

function chosen(event) {
  const asked = around(event, ".attract-question")?.firstElementChild.textContent;
  const own = around(event, ".attract-start");
  hide();
  if (asked) lead.ask(asked);
  else if (own) lead.own();
  else lead.in();
}

function swiped(event) {
  const from = pressed;
  pressed = null;
  if (!from || Math.hypot(event.screenX - from.x, event.screenY - from.y) < MOVED) return;
  hide();
  lead.in();
}

// A letter is typed where it leads: into the box.
function typed(event) {
  if (STAYING.includes(event.key)) return;
  if (around(event, "button") && ["Enter", " "].includes(event.key)) return;
  if (["Enter", " ", "Escape"].includes(event.key)) event.preventDefault();
  hide();
  lead.in();
}
