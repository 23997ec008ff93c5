// Questions and their answers: asked, stopped, replaced, kept within bounds, cleared.
// One question is under way at a time, and an answer reaches its own question or none.
import { spoken } from "./answers.js";
import { box, forget, remember, settle, write } from "./composer.js";
import { lost } from "./connection.js";
import { $, announce, button, element } from "./dom.js";
import { actions } from "./keep.js";
import * as scope from "./scope.js";
import { kiosk, t } from "./settings.js";

const NEAR = 48; // pixels from where the log was left that still count as "not scrolled away"
const MOST_TURNS = kiosk ? 12 : 50; // what an open page holds; what is older is let go
const MOST_HISTORY = 20; // as many as the server looks at

const log = () => $("#conversation");

let turns = []; // {element, question, record}: what is in the log, oldest first
let current = null; // the turn that waits for its answer, and what stops it
let leftAt = 0; // where the log was left, to see whether the visitor scrolled since

export const isBusy = () => current !== null;
export const hasTurns = () => turns.length > 0;
export const records = () => turns.map((turn) => turn.record).filter(Boolean);

export async function submit(question) {
  const text = (question ?? "").trim();
  if (current) finish(current, note(t("replaced")));
  const turn = begin(text);
  remember(text);
  write("");
  settle();
  let reply = null;
  try {
    reply = await request(text, turn.controller.signal);
  } catch (error) {
    if (turn !== current) return; // stopped, replaced or cleared meanwhile
    if (error instanceof TypeError) lost(); // what fetch throws when no server is there
    refused(turn, error instanceof TypeError ? t("error_unreachable") : error.message);
    if (text && box() && !box().value) write(text);
    return;
  }
  if (turn === current) answered(turn, reply);
}

export function stop() {
  if (!current) return;
  const { question } = current;
  finish(current, note(t("stopped")));
  if (box() && !box().value) write(question);
  settle();
}

export function clear() {
  current?.controller.abort();
  current = null;
  turns = [];
  log()?.replaceChildren();
  document.body.classList.remove("has-turns", "is-busy");
  forget();
  document.dispatchEvent(new Event("keynote:cleared"));
}

// After a restart of the server Gradio makes the page anew, and with it an empty log.
export function restore() {
  const view = log();
  if (!view || view.children.length || !turns.length) return;
  view.append(...turns.map((turn) => turn.element));
  view.scrollTop = leftAt;
}

async function request(question, signal) {
  const history = turns.filter((turn) => turn.record).map((turn) => turn.question);
  const response = await fetch("keynote-qa/turn", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question, history: history.slice(-MOST_HISTORY), ...scope.limits() }),
    signal,
  });
  const reply = await response.json().catch(() => ({}));
  if (reply.gone) document.dispatchEvent(new Event("keynote:upload-gone"));
  if (!reply.html) throw new Error(reply.error ?? t("error_crash"));
  return reply;
}

function begin(question) {
  const shown = element("div", { class: "turn" });
  if (question) {
    const label = element("span", { class: "unseen" }, `${t("you_asked")} `);
    shown.append(element("h2", { class: "question" }, label, question));
    const of = scope.inWords();
    if (of) shown.append(element("p", { class: "asked-of" }, `${t("scope")}: ${of}`));
  }
  const loading = $(".welcome .status:not(.status--failed)");
  const words = element(
    "span",
    { class: "waiting-words" },
    t(loading ? "waiting_loading" : "waiting"),
  );
  const waiting = element("p", { class: "waiting" }, words);
  waiting.append(button(t("stop"), { class: "quiet", "data-action": "stop" }));
  shown.append(waiting);
  document.body.classList.add("has-turns", "is-busy");
  log().append(shown);
  const turn = { element: shown, question, record: null, controller: new AbortController() };
  turns.push(turn);
  while (turns.length > MOST_TURNS) turns.shift().element.remove();
  current = turn;
  scrollTo(turn.element);
  document.dispatchEvent(new Event("keynote:asked"));
  return turn;
}

function answered(turn, reply) {
  const body = document.createElement("template");
  body.innerHTML = reply.html; // made by the server, which escapes all it was told
  turn.record = { question: turn.question, ...reply, html: undefined };
  const kept = actions(turn.record, body.content);
  const next = $(".related", body.content); // what can be done with the answer comes before it
  if (next) next.before(...kept);
  else $(".turn-body", body.content).append(...kept);
  finish(turn, body.content);
  announce(spoken(turn.element));
  document.dispatchEvent(new CustomEvent("keynote:answered", { detail: turn.element }));
}

function refused(turn, message) {
  const notice = element("div", { class: "notice" }, element("p", {}, message));
  finish(turn, element("div", { class: "turn-body" }, notice));
  announce(message);
}

function note(message) {
  announce(message);
  return element("p", { class: "note" }, message);
}

function finish(turn, content) {
  turn.controller.abort();
  if (turn === current) {
    current = null;
    document.body.classList.remove("is-busy");
  }
  const followed = isWhereItWasLeft(log());
  $(".waiting", turn.element)?.remove();
  turn.element.append(content);
  if (followed) scrollTo(turn.element);
}

// Whether the visitor has not scrolled since. The end of the log moves by itself when the box to
// ask in grows or shrinks.
function isWhereItWasLeft(view) {
  const toTheEnd = view.scrollHeight - view.clientHeight - view.scrollTop;
  return Math.abs(view.scrollTop - leftAt) < NEAR || (toTheEnd < NEAR && view.scrollTop < leftAt);
}

function scrollTo(turn) {
  const view = log();
  // Its beginning at the top if it is long; all of it, at the end of the log, if it is not.
  view.scrollTop = turn.offsetTop - view.offsetTop - 8;
  leftAt = view.scrollTop;
}
