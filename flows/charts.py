"""Charts as SVG that a page can hold: a Vega-Lite specification and rows, drawn by vl-convert without any network.

What comes back is checked: shapes and text alone, no link, no style, no script, whatever the rows hold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"

MOST_CATEGORIES = 40
"""Rows of a chart's y axis; more would be no chart but a list, which stands beside it."""

WIDTH = 560

WHOLE = "datum.value % 1"
"""True of a tick between whole numbers, where a count has none."""

COUNT_AXIS: dict[str, Any] = {
    "format": "d",
    "labelExpr": f"{WHOLE} ? '' : datum.label",
    "gridOpacity": {"condition": {"test": WHOLE, "value": 0}, "value": 1},
    "tickOpacity": {"condition": {"test": WHOLE, "value": 0}, "value": 1},
}

NOTHING = "(none)"
"""What a chart calls the category of rows without one."""

# Each at least 4.5 to 1 against white (WCAG 2.2 asks for 3 of graphics); the rows beside a chart say the same in words.
COLOURS = ("#0b4fa8", "#b5480b", "#2a7a3b", "#8a2f87", "#8c1c2e", "#5a5a5a")

INK, LINE = "#1b1f24", "#d5d9df"

CONFIG: dict[str, Any] = {
    "font": "Arial, Helvetica, 'Liberation Sans', sans-serif",
    "padding": {"left": 40, "right": 24, "top": 8, "bottom": 8},  # a reader's font may be wider than the one measured
    "axis": {
        "labelColor": INK, "titleColor": INK, "gridColor": LINE, "domainColor": INK, "tickColor": INK,
        "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 220,
    },
    "legend": {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal",
        "labelLimit": 160, "orient": "top", "columnPadding": 24,
    },
    "axisX": {"titlePadding": 14},
    "range": {"category": list(COLOURS)},
    "mark": {"color": COLOURS[0]},
    "view": {"stroke": None},
}  # fmt: skip

ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "tspan", "title", "desc", "circle"})
ATTRIBUTES = frozenset({
    "width", "height", "viewBox", "d", "x", "y", "x2", "y2", "dx", "dy", "r", "transform", "fill", "stroke",
    "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-miterlimit", "opacity", "fill-opacity",
    "stroke-opacity", "text-anchor", "font-family", "font-size", "font-weight",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart's SVG, and how many categories it leaves out; the least frequent."""

    svg: str
    left_out: int


def draw(drawing: Mapping[str, Any], rows: Sequence[Mapping[str, object]], title: str, says: str) -> Drawn:
    """The chart of these rows, with `title` and `says` for whom a picture says nothing."""
    import vl_convert

    shown, left_out = _most_frequent(drawing, rows)
    fields = set(_fields(drawing))
    named = {
        c["field"] for c in drawing["encoding"].values() if c.get("type") in {"nominal", "ordinal"} and "field" in c
    }
    values = [
        {name: NOTHING if cell is None and name in named else cell for name, cell in row.items() if name in fields}
        for row in shown
    ]
    counted = {n: {"axis": COUNT_AXIS} | c for n, c in drawing["encoding"].items() if n in "xy" and c.get("aggregate")}
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "background": None,
        "config": CONFIG,
        "data": {"values": values},
        **drawing,
        "encoding": {**drawing["encoding"], **counted},
    }
    return Drawn(_checked(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]), title, says), left_out)


def _most_frequent(
    drawing: Mapping[str, Any], rows: Sequence[Mapping[str, object]]
) -> tuple[Sequence[Mapping[str, object]], int]:
    """The rows of the most frequent categories of the y axis, and how many categories are left out."""
    field = drawing["encoding"].get("y", {}).get("field")
    counts = Counter(row.get(field) for row in rows) if field else Counter()
    kept = {category for category, _ in counts.most_common(MOST_CATEGORIES)}
    return [row for row in rows if not field or row.get(field) in kept], max(0, len(counts) - MOST_CATEGORIES)


def _fields(drawing: object) -> Iterator[str]:
    """The columns that a specification names: no other reaches the drawing."""
    if isinstance(drawing, Mapping):
        for name, part in drawing.items():
            if name == "field" and isinstance(part, str):
                yield part
            yield from _fields(part)
    elif isinstance(drawing, list):
        for part in drawing:
            yield from _fields(part)


def _checked(svg: str, title: str, says: str) -> str:
    """The SVG with what is known to be harmless alone, named for a screen reader."""
    ElementTree.register_namespace("", SVG)
    root = _harmless(ElementTree.fromstring(svg))  # noqa: S314 (vl-convert's own output, text escaped)
    for place, (name, words) in enumerate((("title", title), ("desc", says))):
        told = ElementTree.Element(f"{{{SVG}}}{name}")
        told.text = words
        root.insert(place, told)
    root.set("role", "img")
    root.set("aria-label", f"{title}. {says}")
    return ElementTree.tostring(root, encoding="unicode")


def _harmless(element: ElementTree.Element) -> ElementTree.Element:
    kept = ElementTree.Element(element.tag, {n: v for n, v in element.attrib.items() if n in ATTRIBUTES})
    kept.text = element.text
    for child in element:
        if str(child.tag).removeprefix(f"{{{SVG}}}") in ELEMENTS and child.get("display") != "none":
            kept.append(_harmless(child))
    return kept
