// On a narrow window the transcript is a sheet that lies over the chat.
import { $, $$, around, narrow } from "./dom.js";

let opener = null; // what opened it, to lead back there

export const isOpen = () => document.body.classList.contains("transcript-open");

export function open(from = null) {
  opener = from;
  change(true);
}

export function close() {
  if (!isOpen()) return;
  change(false);
  const target = opener?.isConnected ? opener : $("[data-action=open-transcript]");
  opener = null;
  target?.focus();
}

function change(shown) {
  document.body.classList.toggle("transcript-open", shown);
  $("[data-action=open-transcript]")?.setAttribute("aria-expanded", String(shown));
  for (const behind of $$("#kq-header, #kq-chat")) behind.inert = shown && narrow.matches;
}

narrow.addEventListener("change", close);

document.addEventListener("click", (event) => {
  const action = around(event, "[data-action]");
  if (action?.dataset.action === "open-transcript") {
    open(action);
    $("#transcript-heading")?.focus({ preventScroll: true });
  } else if (action?.dataset.action === "close-transcript") close();
});
