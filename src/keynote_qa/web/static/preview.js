// A source that is hovered or focused shows what it quotes, before it is chosen.
import { around, element } from "./dom.js";

const DELAY_MS = 150;
const GAP = 8;
const MOST = 420; // characters

const card = element("div", { id: "preview", class: "preview", role: "tooltip", hidden: "" });

let source = null;
let timer = 0;

function show(chip) {
  source = chip;
  const { quote, way } = chip.dataset;
  const shown = quote.length > MOST ? `${quote.slice(0, MOST).trimEnd()}…` : quote;
  card.replaceChildren(element("p", { class: "preview-quote" }, shown));
  if (way) card.append(element("p", { class: "preview-way" }, way));
  chip.setAttribute("aria-describedby", "preview");
  chip.after(card); // in the same landmark, and next in the order of reading
  card.hidden = false;
  place();
}

function place() {
  const chip = source.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = Math.min(chip.left, document.documentElement.clientWidth - width - GAP);
  const above = chip.top - height - GAP;
  card.style.left = `${Math.max(GAP, left)}px`;
  card.style.top = `${above >= GAP ? above : chip.bottom + GAP}px`;
}

export function hide() {
  clearTimeout(timer);
  source?.removeAttribute("aria-describedby");
  source = null;
  card.hidden = true;
  card.remove();
  card.replaceChildren();
}

// It stays while the pointer is on it (WCAG 2.2, 1.4.13), and Escape puts it away.
function later(action) {
  clearTimeout(timer);
  timer = setTimeout(action, DELAY_MS);
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const chip = around(event, ".source");
  if (chip && chip !== source) later(() => show(chip));
  else if (chip || around(event, "#preview")) clearTimeout(timer);
  else if (source && document.activeElement !== source) later(hide);
});

document.addEventListener("focusin", (event) => {
  const chip = around(event, ".source");
  if (chip?.matches(":focus-visible")) show(chip);
  else if (source) hide();
});

document.addEventListener("click", (event) => {
  if (around(event, ".source")) hide();
});

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || card.hidden) return;
    event.preventDefault();
    hide();
  },
  { capture: true },
);

document.addEventListener("scroll", () => source && hide(), { capture: true, passive: true });
