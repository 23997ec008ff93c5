// An unattended screen: it greets, begins anew when a visitor is gone, and lets nobody out.
import * as attract from "./attract.js";
import { box } from "./composer.js";
import * as conversation from "./conversation.js";
import { $, $$, around } from "./dom.js";
import * as idle from "./idle.js";
import { closeCard } from "./keep.js";
import * as keyboard from "./keyboard.js";
import * as outline from "./outline.js";
import * as preview from "./preview.js";
import * as scope from "./scope.js";
import { isListening, isSpeaking, stopReadingAloud } from "./speech.js";
import * as talks from "./talks.js";

const LEADING_OUT = ["s", "p", "o", "u", "+", "-", "=", "0"]; // with Ctrl: save, print, zoom …

let clear = () => {}; // what "New conversation" does elsewhere
let greeted = false;
let outdated = false; // the server is another one than the one this page came from

const welcome = { ask: ask, own: write, in: enter };

export function start(how) {
  ({ clear } = how);
  guard();
  keyboard.start();
  idle.watch({
    isResting: attract.isShown,
    isHeld: () => conversation.isBusy() || isSpeaking() || isListening(),
    isEmpty,
    expire: reset,
  });
  document.addEventListener("keynote:reconnected", () => {
    outdated = true;
    if (attract.isShown()) renew();
  });
}

// Whenever Gradio has made the page: at its beginning, and perhaps after a restart of the server.
export function shown() {
  if (attract.isShown() || (!greeted && isEmpty())) attract.show(welcome);
  greeted = true;
}

// Nothing of the last visitor stays, neither on the screen nor in the browser.
export function reset() {
  closeCard();
  preview.hide();
  keyboard.close();
  stopReadingAloud();
  clear();
  scope.reset();
  talks.toFirst();
  outline.attach();
  $("#announcer").textContent = "";
  $(".toast").hidden = true;
  $(".toast").textContent = "";
  for (const scrolled of $$("*").filter((one) => one.scrollTop || one.scrollLeft)) {
    scrolled.scrollTo({ left: 0, top: 0, behavior: "instant" });
  }
  getSelection().removeAllRanges();
  history.replaceState(null, "", location.pathname + location.search);
  forgetStored();
  attract.show(welcome);
  if (outdated) renew();
}

function isEmpty() {
  const written = $$("textarea, [type=search]").some((field) => field.value);
  const looked = $(".transcript-scroll")?.scrollTop || $("#transcript mark");
  const turned = !scope.isAll() || !talks.isFirst();
  return !conversation.hasTurns() && !written && !looked && !turned && !location.hash;
}

function ask(question) {
  idle.begin();
  conversation.submit(question);
}

function enter() {
  idle.begin();
  box()?.focus({ preventScroll: true });
}

function write() {
  enter();
  if (box()) keyboard.open(box());
}

async function forgetStored() {
  sessionStorage.clear();
  localStorage.clear();
  const names = (await window.caches?.keys()) ?? [];
  await Promise.all(names.map((name) => caches.delete(name)));
}

// With the files of the server as it is now; not while it has none, for nobody could come back
// from what the browser shows then.
async function renew() {
  const page = await fetch(location.pathname, { cache: "no-store" }).catch(() => null);
  if (page?.ok && attract.isShown()) location.reload();
}

function guard() {
  const prevented = (event) => event.preventDefault();
  for (const type of ["contextmenu", "dragstart", "drop", "dragover", "auxclick", "gesturestart"]) {
    document.addEventListener(type, prevented);
  }
  const zoom = (event) => event.ctrlKey && event.preventDefault();
  document.addEventListener("wheel", zoom, { passive: false });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && LEADING_OUT.includes(event.key)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (!around(event, "a")?.getAttribute("href")?.startsWith("#") && around(event, "a[href]"))
      event.preventDefault();
  });
  document.addEventListener("keynote:answered", (event) => {
    for (const way of $$(".watch", event.detail)) way.remove();
  });
  // The system's own keyboard would come as well.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea, input")) event.target.inputMode = "none";
  });
}
