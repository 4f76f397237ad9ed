"""Who sells which line, who is too late for it, and which sales a cancellation takes back.

All of it follows from the file and a seed: no clock, no shop and no database has a say.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stocksync.core.names import ChannelName, Sku
from stocksync.lab.retail import Invoice, Line, is_goods, units_of


def channel_of(invoice: Invoice, channels: Sequence[ChannelName], seed: int) -> ChannelName:
    """Return where an invoice is written: the same seed, the same channel, whatever else is."""
    dice = random.Random(f"{seed} {invoice.number}")  # noqa: S311 a seed must give the same again
    return dice.choice(channels)


def fitting(lines: Sequence[Line], shown: Callable[[Sku], int | None]) -> list[Line]:
    """Return the lines that fit into what is shown, the first ones first."""
    cart: Counter[Sku] = Counter()
    taken = []
    for line in lines:
        left = shown(line.sku)
        if left is None or cart[line.sku] + line.units <= left:
            cart[line.sku] += line.units
            taken.append(line)
    return taken


@dataclass(slots=True, kw_only=True)
class Shelves:
    """What the shops of a street show in the time of the file, however fast it is played.

    A shop knows its own sales at once, and those of the others from the next minute on. So the
    same last unit can be sold in two shops within one minute, and only then.
    """

    opening: Mapping[Sku, int]
    _minute: datetime | None = None
    _moved: Counter[Sku] = field(default_factory=Counter)
    _unheard: Counter[tuple[ChannelName, Sku]] = field(default_factory=Counter)

    def shown(self, channel: ChannelName, sku: Sku, at: datetime) -> int | None:
        """Return what a shop shows at a moment; None of what nobody counts."""
        if not is_goods(sku):
            return None
        self._hear(at)
        return self.opening.get(sku, 0) + self._moved[sku] + self._unheard[channel, sku]

    def move(self, channel: ChannelName, lines: Iterable[Line], sign: int, at: datetime) -> None:
        """Take lines off the shelf of a shop, with `sign` 1 put them on it."""
        self._hear(at)
        for line in lines:
            self._unheard[channel, line.sku] += sign * line.units

    def _hear(self, at: datetime) -> None:
        minute = at.replace(second=0, microsecond=0)
        if minute != self._minute:
            for (_, sku), units in self._unheard.items():
                self._moved[sku] += units
            self._unheard.clear()
            self._minute = minute


@dataclass(slots=True, kw_only=True)
class Sale:
    """What one order holds of one SKU; `left` of it was not taken back."""

    channel: ChannelName
    number: str
    sku: Sku
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Goods of one order that come back."""

    channel: ChannelName
    number: str
    lines: tuple[Line, ...]


@dataclass(slots=True, kw_only=True)
class Happened:
    """What was sold, came back and was corrected so far, in units by SKU and by order."""

    taken: Counter[Sku] = field(default_factory=Counter)
    invoices: dict[tuple[ChannelName, str], str] = field(default_factory=dict)
    _sales: dict[Sku, list[Sale]] = field(default_factory=lambda: defaultdict(list))

    def sold(
        self, invoice: Invoice, channel: ChannelName, number: str, lines: Sequence[Line]
    ) -> None:
        """Note an order, with the lines that are in it."""
        self.invoices[channel, number] = invoice.number
        units = units_of(lines)
        for sku, many in units.items():
            self._sales[sku].append(Sale(channel=channel, number=number, sku=sku, left=many))
        self.taken.update(units)

    def take_back(self, lines: Iterable[Line]) -> tuple[list[Back], list[Line]]:
        """Match what comes back with the newest sales; return it by order, and what is left of it.

        A sale gives back what it holds and no more, and the next older one the rest.
        """
        found: dict[tuple[ChannelName, str], list[Line]] = defaultdict(list)
        left = []
        for line in lines:
            rest = line.units
            sales = self._sales[line.sku]
            while rest and sales:
                newest = sales[-1]
                units = min(rest, newest.left)
                found[newest.channel, newest.number].append(Line(sku=line.sku, units=units))
                rest -= units
                newest.left -= units
                if not newest.left:
                    sales.pop()
            if rest:
                left.append(Line(sku=line.sku, units=rest))
            self.taken[line.sku] -= line.units
        backs = [
            Back(channel=channel, number=number, lines=tuple(some))
            for (channel, number), some in found.items()
        ]
        return backs, left

    def wrote_off(self, lines: Iterable[Line]) -> None:
        """Note units that left the shelf without a sale."""
        self.taken.update(units_of(lines))
