// To keep an answer: copied with its sources, or as a card with a code.
import { facts } from "./answers.js";
import { $, around, button, element, toast } from "./dom.js";
import { thumbs } from "./feedback.js";
import { kiosk, t } from "./settings.js";
import { canSpeak } from "./speech.js";

const kept = new WeakMap(); // an answer's row of buttons, to what is kept of the answer

// The buttons below an answer; `body` is the answer as it is shown.
export function actions(record, body) {
  const row = element("div", { class: "actions", role: "group", "aria-label": t("actions") });
  if (!kiosk) {
    row.append(action("copy"), action("copy_markdown"));
  }
  if (record.answered) row.append(action("card"));
  if (canSpeak()) row.append(action("speak_answer", "read_aloud"));
  const shown = facts(body);
  kept.set(row, { record, shown });
  return [row, ...thumbs(record, shown)];
}

function action(name, label = name) {
  return button(t(label), { class: "quiet", "data-action": name, title: t(`${label}_name`) });
}

async function copy(text) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    // Only a page that came over HTTPS or from this machine may use the clipboard that way.
    const field = element("textarea", { class: "unseen", "aria-hidden": "true" }, text);
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
    focused?.focus();
  }
  toast(t(done ? "copied" : "not_copied"));
}

async function showCard(row) {
  const { record, shown } = kept.get(row);
  const title = $("#kq-masthead h1")?.textContent ?? "";
  const place = `${title}, ${shown.place}`;
  const quoted = shown.quote === shown.said ? "" : `“${shown.quote}”`;
  const text = [record.question, shown.said, quoted, place].filter(Boolean).join("\n\n");
  const code = await draw(text);
  if (!row.isConnected || $("dialog.card")) return; // the conversation is over, or it is there
  const dialog = element(
    "dialog",
    { class: "card", "aria-label": t("card") },
    element("p", { class: "card-question" }, record.question),
    element("p", { class: "card-said" }, shown.said),
    quoted && element("blockquote", {}, quoted),
    element("p", { class: "card-place" }, place),
    element("div", { class: "card-code" }, code ?? ""),
    element("p", { class: "card-scan" }, t(code ? "card_scan" : "card_no_code")),
  );
  const buttons = element("div", { class: "card-buttons" });
  if (!kiosk) buttons.append(button(t("print"), { class: "quiet", "data-action": "print" }));
  buttons.append(button(t("close"), { class: "quiet", "data-action": "close-card" }));
  dialog.append(buttons);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// A code that holds the text itself, drawn by the server; null if there is none for it.
async function draw(text) {
  try {
    const response = await fetch("keynote-qa/qr", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text }),
    });
    if (!response.ok) return null;
    const svg = new DOMParser().parseFromString(await response.text(), "image/svg+xml");
    return document.importNode(svg.documentElement, true);
  } catch {
    return null;
  }
}

export function closeCard() {
  $("dialog.card")?.close();
}

document.addEventListener("click", (event) => {
  const chosen = around(event, "[data-action]");
  const name = chosen?.dataset.action;
  const row = chosen?.closest(".actions");
  if (name === "copy") copy(kept.get(row).record.text);
  else if (name === "copy_markdown") copy(kept.get(row).record.markdown);
  else if (name === "card") showCard(row);
  else if (name === "print") window.print();
  else if (name === "close-card") closeCard();
});
