// What questions are answered from: all talks, one, or one speaker's.
import { $ } from "./dom.js";
import * as talks from "./talks.js";

let chosen = ""; // "", "talk:NAME" or "speaker:NAME", as the server wrote it

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

// Questions to start with, of what is chosen alone.
async function offer() {
  const welcome = $(".welcome[data-questions]");
  if (!welcome) return;
  const asked = chosen;
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

document.addEventListener("change", (event) => {
  if (event.target !== list()) return;
  chosen = list().value;
  const { talk } = list().selectedOptions[0].dataset;
  if (talk !== undefined) talks.turnTo(talk);
  offer();
});
