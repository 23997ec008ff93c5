// Puts the parts together. Gradio calls `window.keynoteQA`; everything else listens on the
// document, because Gradio may make an element anew at any time.
import { box } from "./composer.js";
import * as conversation from "./conversation.js";
import { $, around, button } from "./dom.js";
import "./download.js";
import * as drawer from "./drawer.js";
import * as unattended from "./kiosk.js";
import * as outline from "./outline.js";
import "./preview.js";
import * as scope from "./scope.js";
import { clearSearch } from "./search.js";
import { kiosk, t } from "./settings.js";
import { offerListening, offerReading } from "./speech.js";
import * as talks from "./talks.js";
import * as transcript from "./transcript.js";
import * as upload from "./upload.js";

function shown() {
  $("#kq-first-sight")?.remove();
  name();
  tools();
  conversation.restore();
  talks.attach();
  upload.attach();
  scope.attach();
  outline.attach();
  transcript.followAddress();
  offerListening($("#kq-composer"));
  if (kiosk) unattended.shown();
}

function name() {
  const title = $("#kq-masthead h1")?.textContent ?? "";
  document.title = title && title !== "Keynote Q&A" ? `${title} · Keynote Q&A` : "Keynote Q&A";
  $("#conversation")?.setAttribute("aria-label", t("conversation"));
  // The answer is announced by itself, once and short; the log is there to be read.
  $("#conversation")?.setAttribute("aria-live", "off");
  if ($("#footnote")) $("#footnote").textContent = t("footnote");
}

function tools() {
  const bar = $("#tools");
  if (!bar || bar.children.length) return;
  if (!kiosk) {
    bar.append(
      button(t("save_conversation"), {
        class: "quiet save",
        "data-action": "save",
        title: t("save_conversation_name"),
      }),
    );
    offerReading(bar);
  }
  bar.append(
    button(t("transcript"), {
      class: "quiet transcript-open",
      "data-action": "open-transcript",
      "aria-controls": "transcript",
      "aria-expanded": "false",
    }),
  );
}

function clear() {
  conversation.clear();
  drawer.close();
  transcript.reset();
  clearSearch();
  box()?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const starter = around(event, ".starter");
  if (starter) conversation.submit(starter.textContent);
  else if (around(event, "[data-action=stop]")) conversation.stop();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && conversation.isBusy()) {
    event.preventDefault();
    conversation.stop();
  }
});

// As soon as Gradio has made its parts, they take the place of the first sight.
const mounted = new MutationObserver(() => {
  if (!$("#kq-masthead h1") || !box()) return;
  mounted.disconnect();
  $("#kq-first-sight")?.remove();
  name();
  tools();
});
mounted.observe(document.body, { childList: true, subtree: true });

if (kiosk) unattended.start({ clear });
window.keynoteQA = { submit: conversation.submit, clear: kiosk ? unattended.reset : clear, shown };
// Gradio may have been quicker than this file.
if ($("#transcript")) shown();
