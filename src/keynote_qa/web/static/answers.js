// What an answer says, read off its HTML.
import { $ } from "./dom.js";

// What is read out of an answer: the fact or the whole of what is quoted, and where it is from.
export function spoken(turn) {
  const source = $(".source", turn);
  return [said(turn), source?.dataset.name].filter(Boolean).join(". ");
}

// What a card shows, read off the answer before it is put into the log.
export function facts(body) {
  const source = $(".source", body);
  return {
    said: said(body),
    quote: source?.dataset.quote ?? "",
    place: source?.dataset.place ?? "",
  };
}

// The fact, or all, of each thing that is quoted.
function said(shown) {
  const answer = $(".answer", shown);
  const parts = answer ? [...answer.querySelectorAll(".part")] : [];
  return (parts.length ? parts : [answer])
    .map((part) => lines(part && ($(".fact", part) ?? part)))
    .join("\n");
}

// Text as it is read: a line for each paragraph, item and row.
function lines(shown) {
  if (!shown) return "";
  const rows = [...shown.querySelectorAll("li, tr, p")];
  return (rows.length ? rows : [shown]).map((row) => row.textContent.trim()).join("\n");
}
