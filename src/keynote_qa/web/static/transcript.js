// From a source to its place in the transcript: the quotation is found in the lines it cites,
// marked word for word, brought into view and focused. Nothing is asked of the server, unless it
// is in a talk that is not shown.
import { $, $$, around, narrow, toast } from "./dom.js";
import * as drawer from "./drawer.js";
import { kiosk, t } from "./settings.js";
import * as talks from "./talks.js";

// What may differ between a quotation and the lines as shown, from least to most: white space,
// the pipes of a table, bullets and the marks that are not shown.
const IGNORED = [/\s/, /[\s|]/, /[\s|*\\`+•·▪◦‣●○■–—-]/];
const ADDRESS = /^#p(\d+)$/;
const region = () => document.getElementById("transcript");

let origin = null; // the source that was chosen: where "Back to the answer" leads

export function unmark() {
  for (const mark of $$("#transcript mark")) {
    const parent = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    parent.normalize();
  }
  for (const line of $$("#transcript .cited")) line.classList.remove("cited");
  for (const source of $$(".source[aria-current]")) source.removeAttribute("aria-current");
}

// To the beginning, with nothing marked: as for a visitor who has just come.
export function reset() {
  unmark();
  origin = null;
  offerWayBack();
  const view = $(".transcript-scroll");
  if (view) view.scrollTop = 0;
  if (!kiosk && ADDRESS.test(location.hash)) address("");
}

export async function show(source, data = source.dataset) {
  if (!region()) return;
  // Without a pause where the talk is there.
  if (!talks.isThere(data.talk) && !(await talks.turnTo(data.talk))) return;
  mark(source, data);
}

function mark(source, data) {
  unmark();
  const lines = linesOf(data);
  if (!lines.length) return;
  origin = source;
  source?.setAttribute("aria-current", "true");
  for (const line of lines) line.classList.add("cited");
  const marks = pieces(lines, data.quote).map(wrap);
  if (narrow.matches) drawer.open(source);
  offerWayBack();
  intoView(marks[0], marks.at(-1));
  marks[0].tabIndex = -1;
  marks[0].focus({ preventScroll: true });
  if (!kiosk && Number(data.row) >= 0) address(`#p${data.row}`);
}

// An address that names a quotation leads to it, for whoever it was sent to.
export async function followAddress() {
  const row = ADDRESS.exec(location.hash)?.[1];
  if (row === undefined || !region()) return;
  const response = await fetch(`keynote-qa/passage/${row}`);
  const data = await response.json();
  if (data.quote) show(null, data);
  else toast(data.error ?? t("error_passage"));
}

function address(hash) {
  history.replaceState(history.state, "", hash || location.pathname + location.search);
}

function back() {
  if (drawer.isOpen()) drawer.close();
  if (origin?.isConnected) origin.focus();
}

function offerWayBack() {
  const way = $("[data-action=back-to-answer]");
  if (way) way.hidden = !origin;
}

function linesOf(data) {
  const found = [];
  for (let line = Number(data.start); line <= Number(data.end); line += 1) {
    const shown = document.getElementById(`L${line}`);
    if (shown && region().contains(shown)) found.push(shown);
  }
  return found;
}

// Every character that counts, with the text node and the place it stands at.
function characters(lines, ignored) {
  const found = [];
  for (const line of lines) {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let at = 0; at < node.data.length; at += 1) {
        if (!ignored.test(node.data[at])) found.push({ node, at });
      }
    }
  }
  return found;
}

// [text node, from, to] for each piece of the quotation; the whole lines if it is not there.
function pieces(lines, quote) {
  for (const ignored of IGNORED) {
    const all = characters(lines, ignored);
    const wanted = quote
      .split("")
      .filter((character) => !ignored.test(character))
      .join("");
    const start = all
      .map(({ node, at }) => node.data[at])
      .join("")
      .indexOf(wanted);
    if (wanted && start >= 0) return spans(all.slice(start, start + wanted.length));
  }
  return spans(characters(lines, /\s/));
}

function spans(found) {
  const byNode = new Map();
  for (const { node, at } of found) {
    const span = byNode.get(node);
    if (span) span[1] = at + 1;
    else byNode.set(node, [at, at + 1]);
  }
  return [...byNode].map(([node, [from, to]]) => [node, from, to]);
}

function wrap([node, from, to]) {
  const mark = document.createElement("mark");
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  range.surroundContents(mark);
  return mark;
}

export function intoView(first, last = first) {
  const view = first.closest(".transcript-scroll");
  const panel = view.closest(".transcript");
  panel.scrollTop = panel.scrollHeight; // past its bars, where a low window lets them scroll away
  const frame = view.getBoundingClientRect();
  const top = first.getBoundingClientRect().top - frame.top;
  const height = last.getBoundingClientRect().bottom - frame.top - top;
  // In the middle, or from its beginning if it is taller than the panel.
  view.scrollTop += top - Math.max(24, (frame.height - height) / 2);
}

document.addEventListener("click", (event) => {
  const source = around(event, ".source");
  if (source) show(source);
  else if (around(event, "[data-action=back-to-answer]")) back();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (drawer.isOpen()) drawer.close();
  else if (region()?.contains(document.activeElement)) back();
});

document.addEventListener("keynote:talk", () => {
  unmark();
  origin = null;
  offerWayBack();
});

window.addEventListener("hashchange", followAddress);
