// A file of the visitor's own: chosen or dropped, sent, asked about, and let go of.
import { box } from "./composer.js";
import { $, around, button, element, toast } from "./dom.js";
import * as scope from "./scope.js";
import { mostUploaded, t } from "./settings.js";
import * as talks from "./talks.js";

const PATH = "keynote-qa/uploads";

let own = null; // {token, title, outline, article}: what the server holds for this page
let sending = null; // the request under way

// To be called whenever the page was made anew.
export function attach() {
  if (own) offer();
}

function offer() {
  const title = t("upload_own", { title: own.title });
  talks.addOwn(title, own);
  scope.addOwn(title, own.token);
}

function take(file) {
  if (!mostUploaded || !file) return;
  sending?.abort();
  if (file.size > mostUploaded) {
    trouble(t("upload_large", { most: Math.floor(mostUploaded / 1e6) }));
    return;
  }
  const name = file.name;
  const bar = element("progress", { "aria-label": t("upload_sending", { name }), max: "1" });
  const words = element("span", { role: "status" }, t("upload_sending", { name }));
  show(words, bar, button(t("upload_cancel"), { class: "quiet", "data-action": "upload-cancel" }));
  const request = new XMLHttpRequest(); // fetch does not tell how much was sent
  sending = request;
  const say = (key, done) => {
    if (words.textContent !== t(key, { name })) words.textContent = t(key, { name });
    if (done === undefined) bar.removeAttribute("value");
    else bar.value = done;
  };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) say("upload_sending", event.loaded / event.total);
  });
  request.upload.addEventListener("load", () => say("upload_reading"));
  let read = 0;
  let last = {};
  const listen = () => {
    const told = request.responseText;
    for (let end = told.indexOf("\n", read); end >= 0; end = told.indexOf("\n", read)) {
      last = JSON.parse(told.slice(read, end));
      read = end + 1;
      if (last.of) say("upload_indexing", last.done / last.of);
    }
  };
  request.addEventListener("progress", listen);
  request.addEventListener("load", () => {
    listen();
    if (request.status !== 200) last = parsed(request.responseText);
    sending = null;
    if (last.token) arrived(last, name);
    else trouble(last.error ?? t("upload_crash"));
  });
  request.addEventListener("error", () => {
    sending = null;
    trouble(t("error_unreachable"));
  });
  request.open("POST", `${PATH}?name=${encodeURIComponent(name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function arrived(told, name) {
  letGo();
  own = told;
  show(element("span", { role: "status" }, t("upload_done", { name })));
  offer();
  scope.choose("own");
  box()?.focus();
}

// Whatever the server holds for this page; it need not answer.
function letGo() {
  if (!own) return;
  const told = new Blob([JSON.stringify({ token: own.token })], { type: "application/json" });
  navigator.sendBeacon(`${PATH}/end`, told);
  own = null;
  talks.removeOwn();
  scope.removeOwn();
}

function show(...shown) {
  $(".upload-told")?.remove();
  if (shown.length) $(".scope")?.append(element("div", { class: "upload-told" }, ...shown));
}

function trouble(message) {
  show(element("span", { class: "upload-trouble", role: "alert" }, message));
}

document.addEventListener("click", (event) => {
  const action = around(event, "[data-action]")?.dataset.action;
  if (action === "upload") $("#upload-file")?.click();
  else if (action === "upload-cancel") {
    sending?.abort();
    sending = null;
    show();
    $("[data-action=upload]")?.focus();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "upload-file") return;
  take(event.target.files[0]);
  event.target.value = ""; // so that the same file can be chosen again
});

document.addEventListener("dragover", (event) => {
  if (!mostUploaded || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  if (document.body.classList.contains("is-dropping")) return;
  document.body.classList.add("is-dropping");
  toast(t("upload_drop"));
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("is-dropping");
});

document.addEventListener("drop", (event) => {
  if (!mostUploaded || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  document.body.classList.remove("is-dropping");
  take(event.dataTransfer.files[0]);
});

// The server let go of it: it was idle for too long, or the server is another one.
document.addEventListener("keynote:upload-gone", () => {
  own = null;
  talks.removeOwn();
  scope.removeOwn();
  show();
});

window.addEventListener("pagehide", () => {
  sending?.abort();
  letGo();
});
