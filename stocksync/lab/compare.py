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
    found: list[Difference] = []
    for order, lines in truth.orders.items():
        found += _taken(f"order {order}, line", lines, taken.get(order, {}))
    for order, held in truth.gone.items():
        if order in by_sku:
            found += _taken(f"deleted order {order}, SKU", held, by_sku[order])
    shown = truth.shown if whole else truth.available
    found += _by_sku("available with soft holds", shown, available)
    if whole:
        found += _by_sku("believed to show", truth.shown, _believed(tx, merchant, channel))
    return found


def _believed(tx: Connection, merchant: MerchantName, channel: ChannelName) -> dict[str, int]:
    return {row.sku: row.belief.believed for row in beliefs.of_channel(tx, merchant, channel)}


def _by_sku(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> list[Difference]:
    return [
        Difference(what=f"SKU {sku}: {what}", expected=units, found=found.get(sku, 0))
        for sku, units in sorted(expected.items())
        if found.get(sku, 0) != units
    ]


def _taken(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> list[Difference]:
    return [
        Difference(what=f"{what} {key}: units taken", expected=units, found=booked)
        for key in sorted(expected.keys() | found.keys())
        if (units := expected.get(key, 0)) != (booked := found.get(key, 0))
    ]
