"""Real sales played on a street: every invoice in its order, and then all brought to rest."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from stocksync.core.names import ChannelName, PaperKey, Sku
from stocksync.lab import retail_books
from stocksync.lab.compare import Difference
from stocksync.lab.pace import Pace
from stocksync.lab.retail import Invoice, Kind, Line, Sales, is_goods
from stocksync.lab.retail_books import Books, Open
from stocksync.lab.retail_faults import Faults, Outages
from stocksync.lab.retail_shoppers import Present, Recorded, Shoppers
from stocksync.lab.retail_shops import Desk, TillDesk, desks
from stocksync.lab.retail_trade import Happened, Shelves, channel_of
from stocksync.lab.street import TILL, Street, street
from stocksync.store import papers
from stocksync.store.session import AWAY

WOOCOMMERCE, SHOPIFY = "woocommerce", "shopify"
KINDS = (WOOCOMMERCE, SHOPIFY, str(TILL))
SEED = 1
_UNHEARD_LINES = 2000
"""So many lines may be sold that nobody has booked yet: as fast as possible, not all at once."""
_WAIT_S = 0.1
_LOOK_S = 1.0
_AWAY_S = 10.0
"""An outage of hours would be over before anybody noticed, where a day passes in a second."""
_STUCK_S = 240.0
"""A write without an answer may land for two minutes, and is read again after that."""
# What a lost webhook told is found by the next poll; nobody wants to watch ten minutes for it.
_SETTINGS = "    poll: {orders_every: 15s, products_every: 60s}\n"
_MARKET_SETTINGS = "    poll: {orders_every: 15s, levels_every: 60s, index_lag: 1s}\n"


@dataclass(slots=True)
class Sold:
    """What one channel sold so far. `refused` lines found too little, and were not sold."""

    orders: int = 0
    lines: int = 0
    units: int = 0
    refused: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """How far the invoices are, in lines, and the units that moved beside the sales."""

    lines_all: int
    sold: dict[ChannelName, Sold]
    lines: int = 0
    at: datetime | None = None
    restocked: int = 0
    without_receipt: int = 0
    written_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: what is still open, our books, and where they are not as they must be."""

    open: Open
    books: Books
    ledger: str
    differences: Sequence[Difference]

    @property
    def well(self) -> bool:
        """Return whether all is at rest and agrees."""
        return not self.open.any and not self.differences


@dataclass(slots=True, kw_only=True)
class Town:
    """A street that sells the goods of a file, and what happened there.

    `channels` write the invoices; a till stands there in any case, for goods that come back.
    """

    street: Street
    channels: Sequence[ChannelName]
    opening: Mapping[Sku, int]
    outages: Outages
    desks: Mapping[ChannelName, Desk]
    counter: TillDesk
    tally: Tally
    happened: Happened = field(default_factory=Happened)
    _unheard: dict[ChannelName, Counter[str]] = field(default_factory=dict)

    def play(self, sales: Sales, speed: float | None) -> Iterator[Tally]:
        """Play every invoice; yield the tally after each, and while time passes.

        With a speed, so many seconds of the file pass in one, and shoppers see what the shops
        show. Without, hours pass in a second: who is too late for a line follows from the file
        (`Shelves`), so that the same lines are sold whatever goes wrong.
        """
        if speed is None:
            shoppers: Shoppers = Recorded(Shelves(opening=self.opening))
            waits = self._wait_until_heard
        else:
            shoppers = Present()
            waits = Pace(sales.invoices[0].at, speed).wait_for
        for invoice in sales.invoices:
            for now in waits(invoice.at):
                self.outages.pass_to(now)
                yield self.tally
            self.outages.pass_to(invoice.at)
            self._happen(invoice, shoppers)
            self.tally.lines += len(invoice.lines)
            self.tally.at = invoice.at
            yield self.tally
        self.outages.pass_out()
        while self.outages.away:
            yield self.tally
            time.sleep(_WAIT_S)
            self.outages.pass_out()

    def settle(self, show: Callable[[Open], object] = lambda left: None) -> Ended:
        """Wait until all is at rest and every book agrees, or until nothing changes any more.

        What a lost webhook told is not even open before the next poll.
        """
        deadline, apart = time.monotonic() + _STUCK_S, 0
        before: tuple[Mapping[ChannelName, int], int] | None = None
        while True:
            try:
                left = retail_books.open_ends(self.street)
                show(left)
                late = time.monotonic() > deadline
                if late or not left.any:
                    ended = self._ended(left)
                    if late or ended.well:
                        return ended
                    apart = len(ended.differences)
            except AWAY:
                if time.monotonic() > deadline + _STUCK_S:
                    raise
            else:
                if (state := (left.numbers, apart)) != before:
                    deadline, before = time.monotonic() + _STUCK_S, state
            time.sleep(_LOOK_S)

    def _ended(self, left: Open) -> Ended:
        ours = retail_books.read(self.street)
        return Ended(
            open=left,
            books=ours,
            ledger=ours.digest(self.happened),
            differences=retail_books.differences(ours, self.desks, self.opening, self.happened),
        )

    def _happen(self, invoice: Invoice, shoppers: Shoppers) -> None:
        match invoice.kind:
            case Kind.SALE:
                self._sell(invoice, shoppers)
            case Kind.CANCELLATION:
                self._take_back(invoice, shoppers)
            case Kind.ADJUSTMENT:
                self.counter.write_off(invoice.lines)
                self.happened.wrote_off(invoice.lines)
                shoppers.see(TILL, invoice.lines, -1, invoice.at)
                self.tally.written_off += _units(invoice.lines)

    def _sell(self, invoice: Invoice, shoppers: Shoppers) -> None:
        channel = channel_of(invoice, self.channels, SEED)
        bought = shoppers.buy(invoice, channel, self.desks[channel])
        sold = self.tally.sold[channel]
        sold.refused += len(invoice.lines)
        if bought is None:
            return
        sold.refused -= len(bought.lines)
        sold.lines += len(bought.lines)
        sold.units += _units(line for line in bought.lines if is_goods(line.sku))
        sold.orders += 1
        self.happened.sold(invoice, channel, bought.number, bought.lines)
        if channel != TILL:
            self._unheard.setdefault(channel, Counter())[bought.number] = len(bought.lines)

    def _take_back(self, invoice: Invoice, shoppers: Shoppers) -> None:
        backs, rest = self.happened.take_back(invoice.lines)
        for back in backs:
            self.desks[back.channel].take_back(back.number, back.lines)
            shoppers.see(back.channel, back.lines, 1, invoice.at)
            self.tally.restocked += _units(back.lines)
        if rest:
            self.counter.take_back_unknown(rest)
            shoppers.see(TILL, rest, 1, invoice.at)
            self.tally.without_receipt += _units(rest)

    def _wait_until_heard(self, at: datetime) -> Iterator[datetime]:
        """Yield the moment again and again, until most of what was sold is booked.

        Of a channel that is away nothing can be booked.
        """
        while self._lines_unheard() > _UNHEARD_LINES:
            self._hear()
            yield at
            time.sleep(_WAIT_S)

    def _lines_unheard(self) -> int:
        away = self.outages.away
        return sum(some.total() for name, some in self._unheard.items() if name not in away)

    def _hear(self) -> None:
        private = self.street.private
        try:
            with private.system.database.reading() as tx:
                for channel, numbers in self._unheard.items():
                    known = papers.standings(tx, private.merchant, channel, map(PaperKey, numbers))
                    for number in known:
                        del numbers[number]
        except AWAY:
            return


def names_of(kinds: Sequence[str]) -> dict[ChannelName, str]:
    """Return the name of each channel with its kind; the second shop of a kind is number 2."""
    counted: Counter[str] = Counter()
    names = {}
    for kind in kinds:
        counted[kind] += 1
        number = "" if counted[kind] == 1 else f"-{counted[kind]}"
        names[ChannelName(f"{kind}{number}")] = kind
    return names


@contextmanager
def town(sales: Sales, kinds: Sequence[str], faults: Faults, *, seed: int = SEED) -> Iterator[Town]:
    """Open a street that sells the goods of a file, in channels of these kinds.

    The seed decides what befalls which webhook; where an invoice is written it does not.
    """
    names, opening = names_of(kinds), sales.opening()
    with street(
        opening,
        names=[name for name, kind in names.items() if kind == WOOCOMMERCE],
        markets=[name for name, kind in names.items() if kind == SHOPIFY],
        shop_knobs=faults.shop,
        market_knobs=faults.market,
        till_knobs=faults.till,
        seed=seed,
        settings=_SETTINGS,
        market_settings=_MARKET_SETTINGS,
    ) as here:
        at_desks = desks(here)
        for desk in at_desks.values():
            desk.stock_up(sales.unmapped())
        try:
            yield Town(
                street=here,
                channels=list(names),
                opening=opening,
                outages=Outages(here, faults.down, _AWAY_S),
                desks=at_desks,
                counter=TillDesk(here.till),
                tally=Tally(lines_all=sales.lines, sold={name: Sold() for name in names}),
            )
        finally:
            # A shop sends all that is due before it closes, and nobody listens any more.
            for store in here.shops.values():
                store.shop.knobs.webhook_loss = 1.0


def _units(lines: Iterable[Line]) -> int:
    return sum(line.units for line in lines)
