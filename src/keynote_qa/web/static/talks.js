// Which talk the panel shows. One is in the document at a time: hundreds would not fit.
import { $, element, toast } from "./dom.js";
import { t } from "./settings.js";

const FIRST = "0"; // the one that the page comes with
const MOST_KEPT = 8;

const OWN = "own"; // the visitor's, which is never fetched
const kept = new Map(); // talks that were fetched, the last one looked at at the end
let own = null; // {outline, article} of the visitor's own
let shown = FIRST;
let wanted = FIRST; // the one that was asked for last

// To be called whenever the transcript was made anew.
export function attach() {
  kept.clear();
  shown = FIRST;
  wanted = FIRST;
}

export const isFirst = () => shown === FIRST;

// Whether a talk is there already; then whichever is on its way no longer counts.
export function isThere(talk) {
  if (String(talk) !== shown) return false;
  wanted = shown;
  choice(shown);
  return true;
}

// Show a talk; false if another was asked for meanwhile, or if it cannot be had.
export async function turnTo(talk) {
  if (isThere(talk)) return true;
  const asked = String(talk);
  wanted = asked;
  const parts = asked === OWN ? (own ?? {}) : (kept.get(asked) ?? (await fetched(asked)));
  if (wanted !== asked) return false;
  if (!parts.article) {
    toast(parts.error ?? t("error_talk"));
    isThere(shown);
    return false;
  }
  if (asked !== OWN) keep(asked, parts);
  // Made by the server, which escapes all that a source holds.
  $("#outline").innerHTML = parts.outline;
  $(".transcript-scroll").innerHTML = parts.article;
  $(".transcript-scroll").scrollTop = 0;
  shown = asked;
  choice(shown);
  document.dispatchEvent(new Event("keynote:talk"));
  return true;
}

// A talk that only this page has.
export function addOwn(title, parts) {
  removeOwn();
  own = parts;
  const list = $("#transcript-talk");
  list.append(element("option", { value: OWN }, title));
  list.closest(".choice").hidden = false;
}

export function removeOwn() {
  own = null;
  const list = $("#transcript-talk");
  $(`option[value=${OWN}]`, list ?? undefined)?.remove();
  if (list?.length === 1) list.closest(".choice").hidden = true;
  if (shown === OWN) toFirst();
}

export const toFirst = () => turnTo(FIRST);

async function fetched(talk) {
  try {
    return await (await fetch(`keynote-qa/talk/${talk}`)).json();
  } catch {
    return {};
  }
}

function keep(talk, parts) {
  kept.delete(talk);
  kept.set(talk, parts);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
}

function choice(talk) {
  const list = $("#transcript-talk");
  if (list) list.value = talk;
}

document.addEventListener("change", (event) => {
  if (event.target === $("#transcript-talk")) turnTo(event.target.value);
});
