// Search within the transcript. What is found is painted over the text, which stays as it is.
import { $, $$, around } from "./dom.js";
import { t } from "./settings.js";
import { intoView } from "./transcript.js";

const PAUSE_MS = 120;
const LEAST = 2; // characters; one alone is found everywhere

let found = []; // ranges, in order
let at = -1;
let timer = 0;

const field = () => $("#transcript-search");

function search() {
  const wanted = fold(field().value.trim());
  found =
    wanted.length < LEAST
      ? []
      : $$("#transcript .line, #transcript tr").flatMap((line) => matches(line, wanted));
  at = -1;
  if (found.length) go(0);
  else paint();
}

// The case of letters does not count; a letter that folds to more than one stays as it is.
function fold(text) {
  return [...text]
    .map((letter) => {
      const folded = letter.toLowerCase();
      return folded.length === letter.length ? folded : letter;
    })
    .join("");
}

function matches(line, wanted) {
  const nodes = [];
  let text = "";
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push([text.length, node]);
    text += node.data;
  }
  const folded = fold(text);
  const place = (offset) => nodes.findLast(([start]) => start <= offset);
  const ranges = [];
  for (
    let start = folded.indexOf(wanted);
    start >= 0;
    start = folded.indexOf(wanted, start + wanted.length)
  ) {
    const [first, last] = [place(start), place(start + wanted.length - 1)];
    const range = document.createRange();
    range.setStart(first[1], start - first[0]);
    range.setEnd(last[1], start + wanted.length - last[0]);
    ranges.push(range);
  }
  return ranges;
}

function go(to) {
  if (!found.length) return;
  at = (to + found.length) % found.length;
  intoView(found[at].startContainer.parentElement);
  paint();
}

function paint() {
  const asked = field().value.trim().length >= LEAST;
  $(".search-count").textContent = found.length
    ? t("search_count", { at: at + 1, n: found.length })
    : asked
      ? t("search_none")
      : "";
  for (const step of $$("[data-action=search-next], [data-action=search-previous]")) {
    step.hidden = found.length < 2;
  }
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  CSS.highlights.delete("found-here");
  if (!found.length) return;
  CSS.highlights.set("found", new Highlight(...found));
  const here = new Highlight(found[at]);
  here.priority = 1;
  CSS.highlights.set("found-here", here);
}

export function clearSearch() {
  if (!field()) return;
  clearTimeout(timer);
  field().value = "";
  found = [];
  at = -1;
  paint();
}

// What was found stood in another talk.
document.addEventListener("keynote:talk", clearSearch);

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE_MS);
});

document.addEventListener("keydown", (event) => {
  if (event.target !== field()) return;
  if (event.key === "Enter") {
    event.preventDefault();
    go(at + (event.shiftKey ? -1 : 1));
  } else if (event.key === "Escape" && field().value) {
    event.preventDefault(); // first empty the box; the next one leads back to the answer
    clearSearch();
  }
});

document.addEventListener("click", (event) => {
  if (around(event, "[data-action=search-next]")) go(at + 1);
  else if (around(event, "[data-action=search-previous]")) go(at - 1);
});
