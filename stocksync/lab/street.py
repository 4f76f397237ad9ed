"""A street: web shops and a till of the sandbox that sell one pool, and a private stocksync.

Everything is real: HTTP on loopback, signed webhooks, the door, the workers, the database.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from stocksync.core import belief, gate
from stocksync.core.edits import Verdict
from stocksync.core.facts import Counted, PaperLine
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, LineId, PaperKey, Sku
from stocksync.core.plan import Trade
from stocksync.flow import link, office
from stocksync.lab.private import Private, private_up
from stocksync.lab.stores import SECRETS, ShopifyStore, Store, Stores, WooStore, till_config, turn
from stocksync.sandbox import shopify, woocommerce
from stocksync.sandbox import till as tills
from stocksync.sandbox.server import serve
from stocksync.store import beliefs, edits, links, views
from stocksync.store.session import is_transient
from stocksync.wiring import outgoing, utc_now

TILL = ChannelName("till")
_TILL_SECRET = "whsec_c3RyZWV0LXRpbGwtc2lnbnMtYWxsLWl0cy1zYWxlcw=="  # noqa: S105 of a toy till
_PUSH_SECRET = "whsec_c3RyZWV0LXRpbGwtYmVsaWV2ZXMtb25seS11cw=="  # noqa: S105 of a toy till
_LOOK_S = 0.1
_LOOKS_APART = 4
"""A look may take long: it rests this many times as long."""
_OPEN_S = 60.0
"""So long an opening may stand still; many goods take longer than that in all."""
_REMEMBERED = 50


class NotOpened(Exception):
    """The street did not open in time. The message says what was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure on which a shop's books and ours do not agree."""

    what: str
    theirs: int
    ours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One sale that may still be called off, by the number of its order or receipt."""

    channel: ChannelName
    number: str
    sku: Sku
    units: int


@dataclass(slots=True, kw_only=True)
class Street:
    """The shops and the till, the running installation, and what was sold in all.

    Any number of shoppers may act at once. `sold` counts units as they were bought, `cancelled`
    those of them that were called off; `added` came in beside the opening stock.
    """

    private: Private
    shops: Stores
    till: tills.Till
    stock: Mapping[Sku, int]
    sold: Counter[ChannelName] = field(default_factory=Counter)
    cancelled: Counter[ChannelName] = field(default_factory=Counter)
    sold_at_till: Counter[Sku] = field(default_factory=Counter)
    added: Counter[Sku] = field(default_factory=Counter)
    refused: int = 0
    _sales: deque[Sale] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def trade(self) -> Trade:
        """Return the merchant as the accounting sees it."""
        return self.private.system.trades[self.private.merchant]

    @property
    def channels(self) -> Sequence[ChannelName]:
        """Return all channels by name, the till last."""
        return [*self.shops, TILL]

    def buy(self, channel: ChannelName, sku: Sku, units: int = 1) -> bool:
        """Have a shopper buy; return False if the channel shows too little."""
        if channel == TILL:
            number = self.till.sell({sku: units})
        else:
            number = self.shops[channel].buy(sku, units)
        with self._counting:
            if number is None:
                self.refused += 1
                return False
            self.sold[channel] += units
            self.sold_at_till[sku] += units if channel == TILL else 0
            self._sales.append(Sale(channel=channel, number=number, sku=sku, units=units))
        return True

    def cancel(self) -> Sale | None:
        """Call off the oldest of the last sales, wherever it was; return it if there is one."""
        with self._counting:
            if not self._sales:
                return None
            sale = self._sales.popleft()
            self.cancelled[sale.channel] += sale.units
            self.sold_at_till[sale.sku] -= sale.units if sale.channel == TILL else 0
        if sale.channel == TILL:
            self.till.void(sale.number)
        else:
            self.shops[sale.channel].cancel(sale.number)
        return sale

    def receive(self, sku: Sku, units: int) -> None:
        """Have goods come in at the till."""
        with self._counting:
            self.added[sku] += units
        self.till.receive({sku: units})

    def type_in(self, channel: ChannelName, sku: Sku, more: int) -> int:
        """Have a person type a higher number into a web shop, and return it.

        Nobody may buy this SKU meanwhile: which sales the person had seen, no book tells.
        """
        number = self.shown(channel, sku) + more
        with self._counting:
            self.added[sku] += more
        self.shops[channel].shop.edit_stock(sku, number)
        return number

    def shown(self, channel: ChannelName, sku: Sku) -> int:
        """Return what a channel really shows."""
        if channel == TILL:
            return int(self.till.shows(sku))
        return self.shops[channel].stock(sku)

    def listings(self) -> list[Listing]:
        """Return what we believe of every listing."""
        with self.private.system.database.reading() as tx:
            return beliefs.load(tx, self.private.merchant)

    def worst(self) -> int:
        """Return how many units could be oversold if every channel sold out unheard."""
        exposures: dict[Sku, list[int]] = {}
        for row in self.listings():
            exposures.setdefault(row.sku, []).append(row.belief.exposure)
        pool = self.pool()
        return sum(
            gate.worst_case(all_, max(0, pool.get(sku, 0))) for sku, all_ in exposures.items()
        )

    def pool(self) -> dict[Sku, int]:
        """Return what our own books say is left of every SKU; below 0 it was sold twice."""
        with self.private.system.database.reading() as tx:
            return {
                one.sku: one.available for one in views.stock_lines(tx, self.private.merchant, None)
            }

    def lags_s(self) -> dict[ChannelName, Sequence[float]]:
        """Return how long the newest numbers of each channel took from booked to confirmed."""
        with self.private.system.database.reading() as tx:
            known = links.load_all(tx, self.private.merchant)
        return {name: known[name].lags_s for name in self.channels}

    def adopted(self) -> dict[Sku, int]:
        """Return the units of every SKU that were taken over from numbers no order explained."""
        with self.private.system.database.reading() as tx:
            found = {
                sku: sum(
                    edit.left
                    for edit in edits.of_sku(tx, self.private.merchant, sku)
                    if edit.verdict is Verdict.ADOPT
                )
                for sku in self.stock
            }
        return {sku: units for sku, units in found.items() if units}

    def parked(self) -> int:
        """Return how many deliveries and lines wait for a person."""
        with self.private.system.database.reading() as tx:
            return views.waiting(tx, self.private.merchant).parked

    def calls(self, channel: ChannelName) -> int:
        """Return how many calls a channel has received from us."""
        site = self.till if channel == TILL else self.shops[channel].shop
        return len(site.log.calls)

    def left(self) -> list[str]:
        """Return what is not at rest yet, in words; nothing if all is."""
        system, merchant = self.private.system, self.private.merchant
        with system.database.reading() as tx:
            waiting = views.waiting(tx, merchant).pending
            rows = beliefs.load(tx, merchant)
            asks = len(views.questions(tx, merchant))
        told = [f"{waiting} deliveries wait"] if waiting else []
        told += [f"{asks} orders are to be read"] if asks else []
        for row in rows:
            if row.parked is not None or not belief.converged(row.belief, row.wanted or 0):
                told.append(f"{row.key.channel} {row.sku}: {row.belief} wanted {row.wanted}")
            elif max(0, self.shown(row.key.channel, row.sku)) != row.wanted:
                shown = self.shown(row.key.channel, row.sku)
                told.append(f"{row.key.channel} {row.sku} shows {shown}, wanted {row.wanted}")
        return told

    def settle(self, timeout_s: float, look: Callable[[], None] = lambda: None) -> list[str]:
        """Wait until every channel shows what it should; return what is left if time is over."""
        deadline = time.monotonic() + timeout_s
        while True:
            began = time.monotonic()
            try:
                left = self.left()
            except Exception as e:
                if not is_transient(e):
                    raise
                left = ["the database was away"]
            look()
            if not left or time.monotonic() > deadline:
                return left
            # A look reads every listing: it must not take the time of those who do the work.
            time.sleep(max(_LOOK_S, _LOOKS_APART * (time.monotonic() - began)))

    def compare(self) -> list[Difference]:
        """Compare every shop's order book, and the till's sales, with the ledger."""
        with self.private.system.database.reading() as tx:
            booked = views.taken(tx, self.private.merchant)
        pool = self.pool()
        found: list[Difference] = []
        taken: Counter[Sku] = Counter()
        for name, shop in self.shops.items():
            for sku, theirs in shop.taken().items():
                ours = booked.get((name, sku), 0)
                taken[sku] += theirs
                if theirs != ours:
                    found.append(Difference(what=f"{name} {sku} sold", theirs=theirs, ours=ours))
        for sku, opening in self.stock.items():
            theirs = opening + self.added[sku] - taken[sku] - self.sold_at_till[sku]
            ours = pool.get(sku, 0)
            if theirs != ours:
                found.append(Difference(what=f"{sku} left", theirs=theirs, ours=ours))
        return found


@contextmanager
def street(
    stock: Mapping[Sku, int],
    *,
    names: Sequence[str] = ("web", "outlet"),
    markets: Sequence[str] = (),
    shop_knobs: Callable[[], woocommerce.Knobs] = woocommerce.Knobs,
    market_knobs: Callable[[], shopify.Knobs] = shopify.Knobs,
    till_knobs: Callable[[], tills.Knobs] = tills.Knobs,
    seed: int = 1,
    settings: str = "",
    market_settings: str = "",
) -> Iterator[Street]:
    """Open a street that sells these goods, each channel showing all of them, and go live.

    `names` are WooCommerce-like shops, `markets` Shopify-like ones. The knobs are turned once it
    is open, so that it always opens. The settings are more lines for each shop in the config.
    """
    dice = random.Random(seed)  # noqa: S311 a seed must give the same street again
    woo = {ChannelName(name): WooStore.open_(name, dice.getrandbits(30)) for name in names}
    more = {ChannelName(name): ShopifyStore.open_(name, dice.getrandbits(20)) for name in markets}
    built: dict[ChannelName, Store] = {**woo, **more}
    till = tills.Till(
        TILL, webhook_secret=_TILL_SECRET, push_secret=_PUSH_SECRET, seed=dice.getrandbits(30)
    )
    for sku, units in stock.items():
        for shop in built.values():
            shop.add(sku, units)
        till.put({sku: units})
    secrets = {"TILL_SECRET": _TILL_SECRET, "PUSH_SECRET": _PUSH_SECRET, **SECRETS}
    with ExitStack() as stack:
        served = stack.enter_context(serve([*(one.shop for one in built.values()), till]))
        lines = [shop.config(served.url(name), settings) for name, shop in woo.items()]
        lines += [shop.config(served.url(name), market_settings) for name, shop in more.items()]
        config = _config("".join(lines), served.url(TILL))
        private = stack.enter_context(private_up(config, secrets))
        hooks = f"{private.url}/hooks/{private.merchant}"
        till.hook_url = f"{hooks}/{TILL}"
        for name, shop in built.items():
            shop.hook(f"{hooks}/{name}")
            shop.shop.start()
            stack.callback(shop.shop.stop)
        till.start()
        stack.callback(till.stop)
        opened = Street(private=private, shops=built, till=till, stock=dict(stock))
        _open(opened)
        for one in woo.values():
            one.turn(shop_knobs())
        for market in more.values():
            market.turn(market_knobs())
        turn(till.knobs, till_knobs())
        yield opened


def _config(shops: str, till_url: str) -> str:
    return f"""\
merchant: {{merchant}}
locations:
  shelf: {{kind: own, name: "The shelf"}}
channels:
{shops}{till_config(TILL, till_url)}"""


def _open(street: Street) -> None:
    """Count the goods, link every channel, and go live once all numbers are read."""
    system, merchant, now = street.private.system, street.private.merchant, utc_now()
    lines = tuple(
        PaperLine(line=LineId(sku), sku=sku, units=units) for sku, units in street.stock.items()
    )
    counted = Counted(key=PaperKey("opening"), occurred_at=now, lines=lines)
    office.book(system.database, street.trade, [counted], now)
    for name in street.channels:
        one = outgoing(system, merchant, name)
        if one is None:
            raise NotOpened(f"channel {name} cannot be written to")
        for _ in link.Linking(one=one, learn=False).run():
            pass
    deadline = time.monotonic() + _OPEN_S
    waiting: dict[ChannelName, int | None] = dict.fromkeys(street.channels)
    while waiting:
        for name in sorted(waiting):
            one = outgoing(system, merchant, name)
            left = None if one is None else link.unsettled(one)
            if one is not None and left == 0:
                link.go_live(one, utc_now(), sure=False)
                del waiting[name]
            elif left != waiting[name]:
                waiting[name] = left
                deadline = time.monotonic() + _OPEN_S
        if time.monotonic() > deadline:
            raise NotOpened(f"not read to the end in {_OPEN_S:.0f} s: {', '.join(sorted(waiting))}")
        time.sleep(_LOOK_S)
    with system.database.reading() as tx:
        if any(one.live_at is None for one in links.load_all(tx, merchant).values()):
            raise NotOpened("a channel did not go live")
