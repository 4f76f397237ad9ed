"""Who is too late for a line: by what a shop shows, or by what it would show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from stocksync.core.names import ChannelName
from stocksync.lab.retail import Invoice, Line
from stocksync.lab.retail_shops import Desk, cart_of
from stocksync.lab.retail_trade import Shelves, fitting


class Bought(NamedTuple):
    """What came of an invoice: the number of its order or receipt, and the lines that are in it."""

    number: str
    lines: Sequence[Line]


class Shoppers(Protocol):
    """Those who buy, invoice by invoice."""

    def buy(self, invoice: Invoice, channel: ChannelName, desk: Desk) -> Bought | None:
        """Buy the lines for which there is enough; None if there is no such line."""
        ...

    def see(self, channel: ChannelName, lines: Iterable[Line], sign: int, at: datetime) -> None:
        """Hear that lines left the shelf of a channel, or with `sign` 1 came onto it."""
        ...


class Present:
    """Shoppers who look at what the shops show while they play."""

    def buy(self, invoice: Invoice, channel: ChannelName, desk: Desk) -> Bought | None:
        """Buy what is shown to be there."""
        while True:
            lines = fitting(invoice.lines, desk.shown)
            if not lines:
                return None
            number = desk.buy(cart_of(lines))
            if number is not None:  # else a number fell while the cart was filled
                return Bought(number, lines)

    def see(self, channel: ChannelName, lines: Iterable[Line], sign: int, at: datetime) -> None:
        """Look for themselves."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Shoppers whose luck follows from the file alone, whatever the shops show meanwhile."""

    shelves: Shelves

    def buy(self, invoice: Invoice, channel: ChannelName, desk: Desk) -> Bought | None:
        """Buy what would be shown if the file were played at its own pace."""
        lines = fitting(invoice.lines, lambda sku: self.shelves.shown(channel, sku, invoice.at))
        number = desk.buy(cart_of(lines), unseen=True) if lines else None
        if number is None:
            return None
        self.shelves.move(channel, lines, -1, invoice.at)
        return Bought(number, lines)

    def see(self, channel: ChannelName, lines: Iterable[Line], sign: int, at: datetime) -> None:
        """Remember it."""
        self.shelves.move(channel, lines, sign, at)
