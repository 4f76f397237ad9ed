"""Pictures of the numbers, as plain SVG that is legible on a light and on a dark page."""

import math
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from bench.rows import Bars, Curves

_WIDE, _ROW, _LEFT, _TOP = 760, 30, 300, 48
_HIGH, _STEPS = 300, 200
_INKS = ("#2a78b5", "#d1662a", "#3a9a5b", "#9a5bb0", "#888888")
_STYLE = """\
text { font: 13px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 15px }
.axis { stroke: #999; fill: none } svg { background: #fff }
"""


def save(picture: Bars | Curves, file: Path) -> None:
    """Draw a picture into a file."""
    drawn = _bars(picture) if isinstance(picture, Bars) else _curves(picture)
    indent(drawn)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as sink:
        ElementTree(drawn).write(sink, encoding="utf-8", xml_declaration=False)
        sink.write(b"\n")


def _bars(told: Bars) -> Element:
    svg = _paper(told.title, _TOP + _ROW * len(told.bars) + 16)
    longest = max(told.bars.values(), default=0.0) or 1.0
    for place, (name, value) in enumerate(told.bars.items()):
        top = _TOP + place * _ROW
        wide = (_WIDE - _LEFT - 150) * value / longest
        _text(svg, _LEFT - 10, top + 16, name, anchor="end")
        ink = _INKS[place % len(_INKS)]
        SubElement(svg, "rect", _at(x=_LEFT, y=top, width=wide, height=_ROW - 8), fill=ink)
        _text(svg, _LEFT + wide + 6, top + 16, f"{value:,.0f} {told.unit}")
    return svg


def _curves(told: Curves) -> Element:
    """Draw the share of delays that were over by when; the times grow by powers of ten."""
    svg = _paper(told.title, _TOP + _HIGH + 50 + 20 * len(told.delays_ms))
    longest = max((max(delays) for delays in told.delays_ms.values()), default=10.0)
    decades = range(math.ceil(math.log10(max(longest, 10.0))) + 1)
    left, wide = 60, _WIDE - 100

    def across(delay_ms: float) -> float:
        return left + wide * math.log10(max(delay_ms, 1.0)) / decades[-1]

    def down(share: float) -> float:
        return _TOP + _HIGH * (1 - share)

    for decade in decades:
        x = across(10**decade)
        SubElement(svg, "path", {"class": "axis", "d": f"M{x:.1f} {down(1)}V{down(0)}"})
        _text(svg, x, down(0) + 18, f"{10**decade:,} ms", anchor="middle")
    for share in (0.0, 0.5, 0.99):
        _text(svg, left - 8, down(share) + 4, f"{share:.0%}", anchor="end")
        SubElement(svg, "path", {"class": "axis", "d": f"M{left} {down(share)}h{wide}"})
    for place, (name, delays) in enumerate(told.delays_ms.items()):
        ink = _INKS[place % len(_INKS)]
        points = " ".join(f"{across(ms):.1f},{down(share):.1f}" for ms, share in _ranked(delays))
        line = {"points": points, "fill": "none", "stroke": ink, "stroke-width": "2"}
        SubElement(svg, "polyline", line)
        top = down(0) + 40 + 20 * place
        SubElement(svg, "rect", _at(x=left, y=top - 10, width=20, height=4), fill=ink)
        _text(svg, left + 28, top - 4, name)
    return svg


def _ranked(delays: Sequence[float]) -> list[tuple[float, float]]:
    ranked = sorted(delays)
    step = max(1, len(ranked) // _STEPS)
    return [(ranked[at], (at + 1) / len(ranked)) for at in range(0, len(ranked), step)]


def _paper(title: str, high: float) -> Element:
    size = {"width": str(_WIDE), "height": f"{high:.0f}", "viewBox": f"0 0 {_WIDE} {high:.0f}"}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    SubElement(svg, "title").text = title
    SubElement(svg, "style").text = _STYLE
    SubElement(svg, "rect", _at(x=0, y=0, width=_WIDE, height=high), fill="#fff")
    _text(svg, 16, 26, title, kind="title")
    return svg


def _text(
    svg: Element, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "label"
) -> None:
    told = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "class": kind}
    SubElement(svg, "text", told).text = words


def _at(**numbers: float) -> dict[str, str]:
    return {name: f"{number:.1f}" for name, number in numbers.items()}
