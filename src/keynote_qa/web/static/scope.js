// What questions are answered from: all talks, one, or one speaker's.
import { $, element } from "./dom.js";
import * as talks from "./talks.js";

const OWN = "own";

let token = ""; // of the visitor's own file
let chosen = ""; // "", "talk:NAME", "speaker:NAME" as the server wrote it, or OWN

const list = () => $("#scope");

// To be called whenever the page was made anew: what was chosen stays so.
export function attach() {
  if (!list()) return;
  list().value = chosen;
  if (list().value !== chosen) {
    chosen = ""; // that talk is gone
    list().value = chosen;
  }
}

export const isAll = () => !chosen;

// What goes along with a question.
export function limits() {
  if (chosen === OWN) return { upload: token };
  const [kind, ...name] = chosen.split(":");
  return chosen ? { [kind]: name.join(":") } : {};
}

// The same in words; nothing if there is no limit.
export const inWords = () => (chosen ? list().selectedOptions[0].textContent : "");

export function reset() {
  if (isAll() || !list()) return;
  chosen = "";
  list().value = chosen;
  offer();
}

// The visitor's own file, as one more choice.
export function addOwn(title, held) {
  removeOwn();
  token = held;
  list().append(element("option", { value: OWN, "data-talk": OWN }, title));
  list().closest(".choice").hidden = false;
}

export function removeOwn() {
  token = "";
  $(`option[value=${OWN}]`, list() ?? undefined)?.remove();
  if (list()?.length === 1) list().closest(".choice").hidden = true;
  if (chosen === OWN) choose("");
}

export function choose(value) {
  list().value = value;
  change();
}

// Questions to start with, of what is chosen alone.
async function offer() {
  const welcome = $(".welcome[data-questions]");
  if (!welcome) return;
  const asked = chosen;
  $(".starters", welcome)?.toggleAttribute("hidden", asked === OWN); // none is known of it
  if (asked === OWN) return;
  let reply = {};
  try {
    reply = await (await fetch(`keynote-qa/starters?${new URLSearchParams(limits())}`)).json();
  } catch {
    // The ones that are there stay.
  }
  if (asked !== chosen || reply.html === undefined) return;
  $(".starters", welcome)?.remove();
  welcome.insertAdjacentHTML("beforeend", reply.html);
}

function change() {
  chosen = list().value;
  const { talk } = list().selectedOptions[0].dataset;
  if (talk !== undefined) talks.turnTo(talk);
  offer();
}

document.addEventListener("change", (event) => {
  if (event.target === list()) change();
});
