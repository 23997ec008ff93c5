"""What axe-core finds wrong with a page for people who cannot see it, or cannot use a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from page_fixtures import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "axe-core is missing: get it with `npm ci`"

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
_RUN = """
async (tags) => {
  // What still fades is between two colours; what never ends (a spinner) is not waited for.
  await new Promise(requestAnimationFrame);
  const moving = document.getAnimations().filter(
    (animation) => animation.effect.getComputedTiming().endTime < Infinity
  );
  await Promise.allSettled(moving.map((animation) => animation.finished));
  const found = await axe.run(document, {
    runOnly: { type: "tag", values: tags },
    resultTypes: ["violations"],
  });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => {
      const why = node.failureSummary.split("\\n").slice(1).map((line) => line.trim());
      return `${rule.id}: ${node.target.flat().join(" ")}: ${why.join("; ")}`;
    }));
}
"""


def violations(page: Page) -> list[str]:
    """Each as "rule: selector: why"; of WCAG 2.0, 2.1 and 2.2, A and AA, and of good practice."""
    if not page.evaluate("'axe' in window"):
        # Evaluated by the debugger: no element is added, and no security policy applies.
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(_RUN, _TAGS)
    return found
