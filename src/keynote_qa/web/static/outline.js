// The outline beside the transcript: it opens, follows the scroll, and leads to slides.
import { $, $$, around } from "./dom.js";
import { t } from "./settings.js";
import { intoView } from "./transcript.js";

const ABOVE = 96; // pixels below the top of the panel at which a slide counts as reached at first
const MIDDLE = 0.45; // of the panel's height: there later, for that is where quotations come to stand
const WIDE = 620; // pixels of panel that hold the outline beside the talk

let slides = []; // in order
let links = []; // [place in slides, link], in order
let scheduled = false;

// To be called whenever the transcript was made anew.
export function attach() {
  const view = $(".transcript-scroll");
  if (!view) return;
  slides = $$(".slide", view);
  const places = new Map(slides.map((slide, at) => [slide.id, at]));
  links = $$("#outline a").map((link) => [places.get(link.hash.slice(1)) ?? 0, link]);
  $(".here-place").textContent = t("start_of_talk");
  $("#outline").hidden = true;
  view.addEventListener("scroll", schedule, { passive: true });
  open(isWide());
  follow();
}

const isWide = () => ($("#transcript")?.clientWidth ?? 0) >= WIDE;

function open(shown) {
  const outline = $("#outline");
  if (!outline || !links.length) return;
  outline.hidden = !shown;
  $("[data-action=outline]").setAttribute("aria-expanded", String(shown));
  if (shown) follow();
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    follow();
  });
}

function follow() {
  const view = $(".transcript-scroll");
  if (!view || !slides.length) return;
  const below = Math.min(ABOVE + view.scrollTop, view.clientHeight * MIDDLE);
  const reached = view.getBoundingClientRect().top + below;
  let low = 0;
  let high = slides.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (slides[middle].getBoundingClientRect().top <= reached) low = middle;
    else high = middle - 1;
  }
  const link = links.findLast(([at]) => at <= low)?.[1] ?? null;
  if (link?.getAttribute("aria-current")) return;
  $("#outline [aria-current]")?.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "location");
  $(".here-place").textContent = link ? way(link).join(" › ") : t("start_of_talk");
  const outline = $("#outline");
  if (link && !outline.hidden) {
    const top = link.getBoundingClientRect().top - outline.getBoundingClientRect().top;
    const inside = top >= 0 && top + link.offsetHeight <= outline.clientHeight;
    if (!inside) outline.scrollTop += top - outline.clientHeight / 3;
  }
}

// The titles down to a link's.
function way(link) {
  const titles = [];
  for (let item = link.closest("li"); item; item = item.parentElement.closest("li")) {
    titles.unshift($("a", item).textContent);
  }
  return titles;
}

document.addEventListener("keynote:talk", attach);

document.addEventListener("click", (event) => {
  if (around(event, "[data-action=outline]")) {
    open($("#outline").hidden);
    return;
  }
  const link = around(event, "#outline a");
  if (!link) return;
  event.preventDefault(); // the address stays as it is; only the panel moves
  const slide = document.getElementById(link.hash.slice(1));
  const heading = slide && $(".slide-title, .line", slide);
  if (!heading) return;
  if (!isWide()) open(false);
  intoView(slide);
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
});
