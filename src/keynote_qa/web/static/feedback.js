// Thumbs up or down, and a word if somebody likes; only where the operator keeps them.
import { $, around, button, element, toast } from "./dom.js";
import { feedback, t } from "./settings.js";

const MOST = 280; // characters, as many as the server takes
const given = new WeakMap(); // a row of thumbs, to what it is about

export function thumbs(record, { said, place }) {
  if (!feedback) return [];
  const row = element("form", { class: "thumbs" });
  row.append(
    button("👍", {
      class: "icon",
      "data-useful": "true",
      "aria-label": t("useful"),
      "aria-pressed": "false",
    }),
    button("👎", {
      class: "icon",
      "data-useful": "false",
      "aria-label": t("not_useful"),
      "aria-pressed": "false",
    }),
  );
  given.set(row, { question: record.question, answer: said, place });
  return [row];
}

async function send(row, useful, word) {
  const body = { ...given.get(row), useful, ...(word ? { word } : {}) };
  let kept = false;
  try {
    const response = await fetch("keynote-qa/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    kept = response.ok;
  } catch {
    kept = false;
  }
  toast(t(kept ? "feedback_thanks" : "feedback_failed"));
  return kept;
}

document.addEventListener("click", (event) => {
  const thumb = around(event, ".thumbs [data-useful]");
  if (!thumb) return;
  const row = thumb.closest(".thumbs");
  for (const other of row.querySelectorAll("[data-useful]")) {
    other.setAttribute("aria-pressed", String(other === thumb));
  }
  if ($("input", row)) return;
  const label = t("feedback_word");
  row.append(
    element("input", { type: "text", maxlength: MOST, placeholder: label, "aria-label": label }),
    element("button", { type: "submit", class: "quiet" }, t("feedback_send")),
  );
  $("input", row).focus();
});

document.addEventListener("submit", async (event) => {
  const row = around(event, ".thumbs");
  if (!row) return;
  event.preventDefault();
  const useful = $("[aria-pressed=true]", row).dataset.useful === "true";
  if (await send(row, useful, $("input", row).value.trim())) row.remove();
});
