"""Compare what is booked with the truth of a tape, line by line and SKU by SKU."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, MerchantName
from stocksync.lab.tape import Truth
from stocksync.store import beliefs, papers, views


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One number that is not what it must be."""

    what: str
    expected: int
    found: int


def differences(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    truth: Truth,
    *,
    whole: bool = False,
) -> list[Difference]:
    """Return everything that differs: units taken per order line, what is left per SKU.

    Soft holds count as available: the shop shows its number without them. An order that
    was deleted before any body of it came is not compared: nobody told of it. In a `whole`
    day its units are found as an edit, so what is left, and what we believe of each listing,
    are the shop's own numbers.
    """
    taken: dict[str, dict[str, int]] = defaultdict(dict)
    by_sku: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    available: dict[str, int] = defaultdict(int)
    for paper, line in papers.read_lines(tx, merchant):
        for part in line.parts:
            available[part.sku] += part.soft
        if paper.kind is PaperKind.ORDER and paper.channel == channel:
            units = line.committed + line.gone - line.beyond
            taken[paper.key][line.line] = units
            if line.sku is not None:
                by_sku[paper.key][line.sku_text or ""] += units
    for shelf in views.stock_lines(tx, merchant, None):
        available[shelf.sku] += shelf.available
    return [
        *_lines(taken, truth),
        *_gone(by_sku, truth),
        *_by_sku("available with soft holds", truth.shown if whole else truth.available, available),
        *(
            _by_sku("believed to show", truth.shown, _believed(tx, merchant, channel))
            if whole
            else ()
        ),
    ]


def _believed(tx: Connection, merchant: MerchantName, channel: ChannelName) -> dict[str, int]:
    return {row.sku: row.belief.believed for row in beliefs.of_channel(tx, merchant, channel)}


def _by_sku(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> list[Difference]:
    return [
        Difference(what=f"SKU {sku}: {what}", expected=units, found=found.get(sku, 0))
        for sku, units in sorted(expected.items())
        if found.get(sku, 0) != units
    ]


def _lines(taken: dict[str, dict[str, int]], truth: Truth) -> list[Difference]:
    found = []
    for order, lines in truth.orders.items():
        booked = taken.get(order, {})
        for line in sorted(lines.keys() | booked.keys()):
            expected, units = lines.get(line, 0), booked.get(line, 0)
            if expected != units:
                what = f"order {order}, line {line}: units taken"
                found.append(Difference(what=what, expected=expected, found=units))
    return found


def _gone(by_sku: dict[str, dict[str, int]], truth: Truth) -> list[Difference]:
    found = []
    for order, held in truth.gone.items():
        if order not in by_sku:
            continue
        for sku in sorted(held.keys() | by_sku[order].keys()):
            expected, units = held.get(sku, 0), by_sku[order].get(sku, 0)
            if expected != units:
                what = f"deleted order {order}, SKU {sku}: units taken"
                found.append(Difference(what=what, expected=expected, found=units))
    return found
