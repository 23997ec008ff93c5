"""A plot of bars as SVG, readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_LABEL, _WIDTH, _ROW, _GAP = 110, 260, 18, 34
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2328}"
    ".h{font-weight:600}.b{fill:#9aa4af}.own{fill:#b4530a}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7781}.own{fill:#f0883e}}"
)


def bars(groups: Mapping[str, Mapping[str, float]], own: str = "keynote-qa") -> str:
    """One group of bars for each measure, two beside each other.

    Args:
        groups: of each measure, the values by name.
        own: the name whose bars stand out.
    """
    parts: list[str] = []
    rows = max(len(values) for values in groups.values())
    height = _GAP + rows * _ROW
    across = _LABEL + _WIDTH + 70
    for number, (title, values) in enumerate(groups.items()):
        left, top = number % 2 * across, number // 2 * height
        parts.append(f'<text class="h" x="{left + _LABEL}" y="{top + 20}">{escape(title)}</text>')
        most = max(values.values())
        for row, (name, value) in enumerate(values.items()):
            y = top + _GAP + row * _ROW
            kind = "own" if name == own else "b"
            wide = max(1.0, value / most * _WIDTH)
            parts.append(
                f'<text x="{left + _LABEL - 8}" y="{y + 3}" text-anchor="end">{escape(name)}</text>'
                f'<rect class="{kind}" x="{left + _LABEL}" y="{y - 7}" width="{wide:.1f}" '
                f'height="{_ROW - 6}" rx="2"/>'
                f'<text x="{left + _LABEL + wide + 6:.1f}" y="{y + 3}">{value:.2f}</text>'
            )
    size = f"{2 * across} {-(-len(groups) // 2) * height + 10}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" '
        f'aria-label="Bars of {escape(", ".join(groups))}"><style>{_STYLE}</style>'
        f"{''.join(parts)}</svg>\n"
    )
