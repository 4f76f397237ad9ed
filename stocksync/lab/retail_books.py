"""The end of real sales: what is not at rest, and everybody's books side by side."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from stocksync.core import belief
from stocksync.core.facts import PaperKind
from stocksync.core.lines import BookedLine
from stocksync.core.names import ChannelName, Sku
from stocksync.core.stock import Account
from stocksync.lab.compare import Difference
from stocksync.lab.retail import is_goods
from stocksync.lab.retail_shops import Desk
from stocksync.lab.retail_trade import Happened
from stocksync.lab.street import Street
from stocksync.store import papers, views

Taken = Mapping[tuple[ChannelName, str, Sku], int]
"""Units by channel, number of the order or receipt, and SKU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is not at rest yet: `numbers` by channel are not what they should be, or unsure."""

    deliveries: int
    orders: int
    numbers: Mapping[ChannelName, int]

    @property
    def any(self) -> bool:
        """Return whether anything is."""
        return bool(self.deliveries or self.orders or sum(self.numbers.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What our books say: units booked, lines parked for want of a mapping, units left.

    `refused` deliveries are parked as a whole.
    """

    taken: Taken
    parked: frozenset[tuple[ChannelName, str, Sku]]
    refused: int
    left: Mapping[Sku, int]

    def digest(self, happened: Happened) -> str:
        """Return a hash of them in the words of the file: equal sales end in an equal hash.

        Numbers of orders are the shops' own, so each stands under the number of its invoice.
        """
        booked: Counter[tuple[str, str, str]] = Counter()
        for (channel, number, sku), units in self.taken.items():
            booked[channel, happened.invoices.get((channel, number), ""), sku] += units
        lines = sorted((*key, units) for key, units in booked.items() if units)
        parked = sorted(
            (channel, happened.invoices.get((channel, number), ""), sku)
            for channel, number, sku in self.parked
        )
        return sha256(repr((lines, parked, sorted(self.left.items()))).encode()).hexdigest()


def open_ends(street: Street) -> Open:
    """Look at what is not at rest."""
    private = street.private
    with private.system.database.reading() as tx:
        deliveries = views.waiting(tx, private.merchant).pending
        orders = len(views.questions(tx, private.merchant))
    numbers: Counter[ChannelName] = Counter()
    for row in street.listings():
        channel, wanted = row.key.channel, row.wanted or 0
        at_rest = row.parked is None and belief.converged(row.belief, wanted)
        numbers[channel] += not at_rest or max(0, street.shown(channel, row.sku)) != wanted
    return Open(deliveries=deliveries, orders=orders, numbers=numbers)


def read(street: Street) -> Books:
    """Read our books."""
    merchant = street.private.merchant
    taken: Counter[tuple[ChannelName, str, Sku]] = Counter()
    parked = set()
    with street.private.system.database.reading() as tx:
        for paper, line in papers.read_lines(tx, merchant):
            number = paper.key if paper.kind is PaperKind.ORDER else paper.key.rpartition("/")[2]
            if line.parked is not None:
                parked.add((paper.channel, number, Sku(line.sku_text or "")))
            elif line.sku is not None and paper.channel in street.channels:
                taken[paper.channel, number, line.sku] += _units(paper.kind, line)
        refused = sum(one.id is not None for one in views.parked(tx, merchant))
    return Books(taken=taken, parked=frozenset(parked), refused=refused, left=street.pool())


def _units(kind: PaperKind, line: BookedLine) -> int:
    """Return what a line took off the shelf and has not put back."""
    if kind is PaperKind.ORDER:
        return line.committed + line.gone - line.beyond
    off = sum(one.units for one in line.entries if one.source.account is Account.FREE)
    return off - sum(one.units for one in line.entries if one.target.account is Account.FREE)


def differences(
    ours: Books,
    desks: Mapping[ChannelName, Desk],
    opening: Mapping[Sku, int],
    happened: Happened,
) -> list[Difference]:
    """Compare the channels' own books with ours, and both with what was played.

    Order by order: units of goods, and whether each line that nobody mapped is parked. SKU by
    SKU: what is left of the opening stock; below 0 it was oversold, and must be by as much.
    What each channel shows.
    """
    found = _order_by_order(ours, desks)
    for sku, units in sorted(opening.items()):
        left = units - happened.taken[sku]
        found += _if_not(f"{sku}: left", left, ours.left.get(sku, 0))
        for channel, desk in desks.items():
            shown = max(0, desk.shown(sku) or 0)
            found += _if_not(f"{channel}, {sku}: shown", max(0, left), shown)
    return found + _if_not("deliveries parked as a whole", 0, ours.refused)


def _order_by_order(ours: Books, desks: Mapping[ChannelName, Desk]) -> list[Difference]:
    theirs: Taken = {
        (channel, number, sku): units
        for channel, desk in desks.items()
        for (number, sku), units in desk.book().items()
    }
    found = []
    for key in sorted(theirs.keys() | ours.taken.keys() | ours.parked):
        channel, number, sku = key
        units = theirs.get(key, 0)
        if is_goods(sku):
            found += _if_not(f"{channel} {number}, {sku}: taken", units, ours.taken.get(key, 0))
        else:
            parked = int(key in ours.parked)
            found += _if_not(f"{channel} {number}, {sku}: parked", int(units != 0), parked)
    return found


def _if_not(what: str, expected: int, found: int) -> list[Difference]:
    return [] if found == expected else [Difference(what=what, expected=expected, found=found)]
