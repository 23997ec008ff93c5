// Loaded into the page before its own scripts: times what a visitor sees, where it is seen.
// Times are milliseconds of `performance.now()`; "seen" is after the frame that shows it.
(() => {
  const PATIENCE_MS = 60_000;
  const shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({
    type: "layout-shift",
    buffered: true,
  });

  const latest = () => [...document.querySelectorAll("[role=log] .turn")].at(-1);

  // After the next frame is on the screen: a task that is queued while it is being made.
  function painted(then) {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        then();
      };
      port2.postMessage(null);
    });
  }

  // A promise for `found()`, asked at every change of the document and at every frame.
  function appears(found, what) {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + PATIENCE_MS;
      let done = false;
      const look = () => {
        if (done) return;
        const value = found();
        if (value) {
          done = true;
          observer.disconnect();
          resolve(value);
        } else if (performance.now() > deadline) {
          done = true;
          observer.disconnect();
          reject(new Error(`${what} did not appear`));
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { childList: true, subtree: true });
      const frame = () => {
        look();
        if (!done) requestAnimationFrame(frame);
      };
      frame();
    });
  }

  // When the visitor does it; the listener goes once it has heard it.
  function begins(type, counts) {
    return new Promise((resolve) => {
      const hear = (event) => {
        if (!counts(event)) return;
        window.removeEventListener(type, hear, true);
        resolve(event.timeStamp);
      };
      window.addEventListener(type, hear, true);
    });
  }

  function inView(element) {
    const box = element.getClientRects()[0];
    if (!box) return false;
    const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, innerHeight) / 2];
    const top = document.elementFromPoint(x, y);
    return top !== null && (element.contains(top) || top.contains(element));
  }

  let outcome = null;

  function timed(begun, appeared) {
    outcome = Promise.all([begun, appeared]).then(
      ([began, element]) =>
        new Promise((resolve) => {
          painted(() => resolve({ ms: performance.now() - began, seen: inView(element) }));
        }),
    );
    outcome.catch(() => {}); // told to whoever asks for the outcome
  }

  window.keynoteQADriver = {
    // From the key Enter to the answer of a new turn.
    expectAnswer() {
      const before = latest();
      const enter = begins("keydown", (event) => event.key === "Enter");
      const answer = () => {
        const turn = latest();
        return turn !== before && turn?.querySelector(".turn-body");
      };
      timed(enter, appears(answer, "An answer"));
    },
    // From a click to a new mark in the region, where the visitor can see it.
    expectMark(region) {
      const before = new Set(region.querySelectorAll("mark"));
      const mark = () => {
        const first = region.querySelector("mark");
        return first && !before.has(first) && inView(first) && first;
      };
      timed(
        begins("click", () => true),
        appears(mark, "A mark in view"),
      );
    },
    outcome: () => outcome,
    inView,
    // Everything that moved since it was asked last, and what moved most.
    shifted() {
      const told = { all: 0, unprompted: 0, worst: "" };
      let most = 0;
      for (const shift of shifts.splice(0)) {
        told.all += shift.value;
        if (!shift.hadRecentInput) told.unprompted += shift.value;
        if (shift.value <= most) continue;
        most = shift.value;
        told.worst = shift.sources
          .map(({ node }) => node?.id || node?.className || node?.nodeName || "")
          .join(", ");
      }
      return told;
    },
  };
})();
