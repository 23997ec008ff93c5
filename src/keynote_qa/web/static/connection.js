// Whether the server is there. While it is not, the page says so and tries again by itself.
import { $, announce, element } from "./dom.js";
import { kiosk, t } from "./settings.js";

const WATCH_MS = 15_000; // how often an idle page looks
const RETRY_MS = 1_500;
const LIMIT_MS = 5_000;

let banner = null;
let timer = 0;

export const isLost = () => banner !== null;

export function lost() {
  if (banner) return;
  banner = element("p", { class: "banner", role: "status" }, t("disconnected"));
  document.body.append(banner);
  announce(t("disconnected"));
  again(RETRY_MS);
}

async function look() {
  let alive = false;
  try {
    const response = await fetch("healthz", { signal: AbortSignal.timeout(LIMIT_MS) });
    alive = response.ok;
  } catch {
    alive = false;
  }
  if (!alive) lost();
  else if (banner) found();
  again(banner ? RETRY_MS : WATCH_MS);
}

function found() {
  banner.remove();
  banner = null;
  announce(t("reconnected"));
  document.dispatchEvent(new Event("keynote:reconnected"));
  // A page that never got its talk has nothing to lose, and nothing to show.
  if (!$(".starter") && !$(".turn")) location.reload();
}

function again(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, milliseconds);
}

// A machine that wakes up, or a network that comes back, is looked at at once.
window.addEventListener("online", look);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") look();
});
// An unattended screen must find out by itself; elsewhere the next question does.
if (kiosk) again(WATCH_MS);
