// The conversation and the drawer. Gradio calls `window.keynoteQA`; everything else listens on
// the document, because Gradio may make an element anew at any time.
(() => {
  "use strict";
  const NEAR = 48; // pixels from where we left the log that still count as "not scrolled away"
  const narrow = window.matchMedia("(max-width: 879px)");
  const coarse = window.matchMedia("(pointer: coarse)");
  const $ = (selector) => document.querySelector(selector);
  const log = () => $("#conversation");
  const box = () => $("#kq-box textarea");

  let chosen = null; // a starting question that was clicked, on its way to the server
  let pending = null; // the turn that waits for its answer
  let asking = ""; // its question, to be put back if it could not be asked
  let leftAt = 0; // where the log was left, to see whether the visitor scrolled since
  let opener = null; // what opened the drawer

  if ($('meta[name="keynote-qa-kiosk"]')) document.documentElement.classList.add("kiosk");
  else new MutationObserver((_, observer) => {
    if (!$('meta[name="keynote-qa-kiosk"]')) return;
    document.documentElement.classList.add("kiosk");
    observer.disconnect();
  }).observe(document.head, { childList: true });

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function write(text) {
    const field = box();
    if (!field || field.value === text) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true })); // Gradio reads it from here
  }

  function scrollTo(turn) {
    const view = log();
    // Its beginning at the top if it is long; all of it, at the end of the log, if it is not.
    view.scrollTop = turn.offsetTop - view.offsetTop - 8;
    leftAt = view.scrollTop;
  }

  function settle() {
    // A phone's keyboard would cover the answer.
    if (coarse.matches && narrow.matches) document.activeElement?.blur();
    else if (document.activeElement !== box()) box()?.focus({ preventScroll: true });
  }

  function asked(question, history) {
    question = chosen ?? question ?? "";
    chosen = null;
    asking = question;
    pending = element("div", "turn");
    if (question.trim()) {
      const heading = element("h2", "question");
      heading.append(element("span", "unseen", "You asked: "), question.trim());
      pending.append(heading);
    }
    const loading = $(".welcome .status:not(.status--failed)");
    const waiting = element("p", "waiting", loading
      ? "Getting ready: answered as soon as the language model is loaded" : "Looking in the talk");
    waiting.setAttribute("aria-hidden", "true");
    pending.append(waiting);
    document.body.classList.add("has-turns", "is-busy");
    log().append(pending);
    write("");
    scrollTo(pending);
    settle();
    return [question, history];
  }

  function answered(html) {
    if (!pending) return;
    const turn = pending;
    pending = null;
    document.body.classList.remove("is-busy");
    const body = document.createElement("template");
    body.innerHTML = html; // made by the server, which escapes all it was told
    const failed = body.content.querySelector("[data-failed]");
    const followed = Math.abs(log().scrollTop - leftAt) < NEAR;
    turn.querySelector(".waiting")?.remove();
    turn.append(body.content);
    if (failed && asking.trim() && box() && !box().value) write(asking);
    if (followed) scrollTo(turn);
  }

  function failed() {
    answered(
      '<div class="notice" data-failed><p>The page could not reach its server, and the question ' +
        "was not answered. Try again in a moment.</p></div>",
    );
  }

  // Gradio does not tell when the server is gone: a question would wait for ever.
  const fetchAsBefore = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const asks = pending && String(request[0]?.url ?? request[0]).includes("/run/");
    try {
      const response = await fetchAsBefore(...request);
      if (asks && !response.ok) failed();
      return response;
    } catch (error) {
      if (asks) failed();
      throw error;
    }
  };

  function cleared() {
    pending = null;
    log().replaceChildren();
    document.body.classList.remove("has-turns", "is-busy");
    window.keynoteQA.unmark?.();
    write("");
    settle();
    return [];
  }

  function shown() {
    // After a restart of the server Gradio makes the page anew, and the log with it.
    if (!log().children.length) {
      pending = null;
      document.body.classList.remove("has-turns", "is-busy");
    }
    const title = $("#kq-masthead h1")?.textContent ?? "";
    document.title = title && title !== "Keynote Q&A" ? `${title} · Keynote Q&A` : "Keynote Q&A";
  }

  // The drawer: on a narrow window the transcript lies over the chat.
  function drawer(open, from = null) {
    document.body.classList.toggle("transcript-open", open);
    $(".transcript-open[data-action]")?.setAttribute("aria-expanded", String(open));
    for (const behind of document.querySelectorAll("#kq-header, #kq-chat")) {
      behind.inert = open && narrow.matches;
    }
    if (open) opener = from;
    else {
      const target = opener?.isConnected ? opener : $(".transcript-open[data-action]");
      opener = null;
      target?.focus();
    }
  }

  narrow.addEventListener("change", () => {
    if (document.body.classList.contains("transcript-open")) drawer(false);
  });

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const starter = target?.closest(".starter");
    if (starter) {
      if (pending) return;
      chosen = starter.textContent;
      $("#kq-send")?.click();
      return;
    }
    const action = target?.closest("[data-action]")?.dataset.action;
    if (action === "open-transcript") {
      drawer(true, target.closest("[data-action]"));
      $("#transcript-heading")?.focus({ preventScroll: true });
    } else if (action === "close-transcript") {
      drawer(false);
    }
  });

  window.keynoteQA = { asked, answered, failed, cleared, shown, drawer, narrow };
})();
