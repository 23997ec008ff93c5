// From a source to its place in the transcript: the quotation is found in the lines it cites,
// marked word for word, brought into view and focused. Nothing is asked of the server.
(() => {
  "use strict";
  // What may differ between a quotation and the lines as shown, from least to most: white space,
  // the pipes of a table, bullets and the marks that are not shown.
  const IGNORED = [/\s/, /[\s|]/, /[\s|*\\`+•·▪◦‣●○■–—-]/];
  const region = () => document.getElementById("transcript");
  let origin = null; // the source that was clicked: where Escape leads back to

  function unmark() {
    for (const mark of document.querySelectorAll("#transcript mark")) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
    for (const line of document.querySelectorAll("#transcript .cited")) line.classList.remove("cited");
    for (const source of document.querySelectorAll(".source[aria-current]")) {
      source.removeAttribute("aria-current");
    }
  }

  function linesOf(source) {
    const found = [];
    for (let line = Number(source.dataset.start); line <= Number(source.dataset.end); line += 1) {
      const element = document.getElementById(source.dataset.lines + line);
      if (element && region().contains(element)) found.push(element);
    }
    return found;
  }

  // Every character that counts, with the text node and the place it stands at.
  function characters(lines, ignored) {
    const found = [];
    for (const line of lines) {
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < node.data.length; at += 1) {
          if (!ignored.test(node.data[at])) found.push({ node, at });
        }
      }
    }
    return found;
  }

  // [text node, from, to] for each piece of the quotation; the whole lines if it is not there.
  function pieces(lines, quote) {
    for (const ignored of IGNORED) {
      const all = characters(lines, ignored);
      const wanted = [...Array(quote.length).keys()]
        .map((at) => quote[at])
        .filter((character) => !ignored.test(character))
        .join("");
      const start = all.map(({ node, at }) => node.data[at]).join("").indexOf(wanted);
      if (wanted && start >= 0) return spans(all.slice(start, start + wanted.length));
    }
    return spans(characters(lines, /\s/));
  }

  function spans(found) {
    const byNode = new Map();
    for (const { node, at } of found) {
      const span = byNode.get(node);
      if (span) span[1] = at + 1;
      else byNode.set(node, [at, at + 1]);
    }
    return [...byNode].map(([node, [from, to]]) => [node, from, to]);
  }

  function wrap([node, from, to]) {
    const mark = document.createElement("mark");
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    range.surroundContents(mark);
    return mark;
  }

  function intoView(element, last = element) {
    const view = element.closest(".transcript-scroll");
    const frame = view.getBoundingClientRect();
    const top = element.getBoundingClientRect().top - frame.top;
    const height = last.getBoundingClientRect().bottom - frame.top - top;
    // In the middle, or from its beginning if it is taller than the panel.
    view.scrollTop += top - Math.max(24, (frame.height - height) / 2);
  }

  function show(source) {
    if (!region()) return;
    unmark();
    const lines = linesOf(source);
    if (!lines.length) return;
    origin = source;
    source.setAttribute("aria-current", "true");
    for (const line of lines) line.classList.add("cited");
    const marks = pieces(lines, source.dataset.quote).map(wrap);
    if (window.keynoteQA.narrow.matches) window.keynoteQA.drawer(true, source);
    intoView(marks[0], marks.at(-1));
    marks[0].tabIndex = -1;
    marks[0].focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const source = target?.closest(".source");
    if (source) {
      show(source);
      return;
    }
    const link = target?.closest("#transcript .outline a");
    if (link) {
      event.preventDefault(); // the address stays as it is; only the panel moves
      const slide = document.getElementById(link.hash.slice(1));
      const heading = slide?.querySelector(".slide-title, .line");
      if (!heading) return;
      intoView(slide);
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (document.body.classList.contains("transcript-open")) {
      window.keynoteQA.drawer(false);
    } else if (origin?.isConnected && region()?.contains(document.activeElement)) {
      origin.focus();
    }
  });

  window.keynoteQA.unmark = unmark;
})();
