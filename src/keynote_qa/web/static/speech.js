// Read aloud, and asked aloud, by the browser itself: only with voices and recognition that this
// machine has, for anything else would send what is said to another one.
import { spoken } from "./answers.js";
import { write } from "./composer.js";
import { $, announce, around, button } from "./dom.js";
import { t } from "./settings.js";

const TALK_LANGUAGE = "en"; // the questions that are understood
let aloud = false;
let recognition = null;

function voice(wanted) {
  const local = window.speechSynthesis?.getVoices().filter((one) => one.localService) ?? [];
  return local.find((one) => one.lang.toLowerCase().startsWith(wanted)) ?? local[0] ?? null;
}

export const canSpeak = () => voice(TALK_LANGUAGE) !== null;
export const isSpeaking = () => window.speechSynthesis?.speaking === true;

export function silence() {
  window.speechSynthesis?.cancel();
  recognition?.abort();
}

function speak(text) {
  silence();
  const said = new SpeechSynthesisUtterance(text);
  said.voice = voice(TALK_LANGUAGE);
  said.lang = said.voice.lang;
  window.speechSynthesis.speak(said);
}

// The switch, where there is a voice. Voices are often found only after a while.
export function offerReading(tools) {
  if (!window.speechSynthesis) return;
  const offer = () => {
    if (!canSpeak() || $("[data-action=aloud]", tools)) return;
    tools.prepend(
      button(t("read_aloud"), {
        class: "quiet",
        "data-action": "aloud",
        "aria-pressed": String(aloud),
      }),
    );
  };
  offer();
  window.speechSynthesis.addEventListener("voiceschanged", offer);
}

export function stopReadingAloud() {
  aloud = false;
  $("[data-action=aloud]")?.setAttribute("aria-pressed", "false");
  silence();
}

// The microphone, where the browser says that it needs no server for it.
export async function offerListening(composer) {
  const Recognition = window.SpeechRecognition;
  if (!Recognition?.available || !("processLocally" in Recognition.prototype)) return;
  const how = { langs: [TALK_LANGUAGE], processLocally: true };
  const able = await Recognition.available(how).catch(() => "unavailable");
  if (able !== "available" || $("[data-action=listen]", composer)) return;
  composer.append(
    button(t("speak"), { class: "quiet", "data-action": "listen", title: t("speak_name") }),
  );
}

function listen() {
  if (recognition) {
    recognition.stop();
    return;
  }
  recognition = new window.SpeechRecognition();
  recognition.lang = TALK_LANGUAGE;
  recognition.processLocally = true;
  recognition.interimResults = true;
  recognition.onresult = (event) =>
    write([...event.results].map((result) => result[0].transcript).join(" "));
  recognition.onend = () => {
    recognition = null;
    document.body.classList.remove("is-listening");
  };
  document.body.classList.add("is-listening");
  announce(t("listening"));
  recognition.start();
}

export const isListening = () => recognition !== null;

document.addEventListener("click", (event) => {
  const name = around(event, "[data-action]")?.dataset.action;
  if (name === "aloud") {
    if (aloud) stopReadingAloud();
    else {
      aloud = true;
      around(event, "[data-action]").setAttribute("aria-pressed", "true");
    }
  } else if (name === "speak_answer") {
    if (isSpeaking()) silence();
    else speak(spoken(around(event, ".turn")));
  } else if (name === "listen") listen();
});

document.addEventListener("keynote:answered", (event) => {
  if (aloud) speak(spoken(event.detail));
});
document.addEventListener("keynote:asked", silence);
document.addEventListener("keynote:cleared", silence);
