"""A running stocksync in the middle of trade, with three shops that it tells of every sale.

The sales come from a fourth shop, which is played by whoever fires its webhooks. The three live in
this process, so that what they cost is seen.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, exists, or_, select

from bench import goods, orders, processes, trade
from bench.places import Kind, fresh, named
from bench.rows import Wrong
from bench.servers import until
from bench.shops import NAMES, UNITS, Make, Shops, opened
from stocksync.core.names import ChannelName, MerchantName, Sku
from stocksync.lab.private import Private, private_up
from stocksync.store import links, tables, views

WEB = ChannelName("web")
SETTLE_S = 120.0
_SOURCE = "  web: {kind: woocommerce, webhook_secret: {env: SHOP_SIGNS}, location: shelf}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The shops, and the installation that tells them."""

    shops: Shops
    private: Private
    book: orders.Book

    @property
    def path(self) -> str:
        """Return where the fourth shop's webhooks go."""
        return f"/hooks/{self.private.merchant}/{WEB}"

    @property
    def pid(self) -> int:
        """Return the process above all of the installation's."""
        if self.private.process is None:
            raise Wrong("the installation is not running")
        return self.private.process.pid

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time of each of its processes so far, and of the shops."""
        return {**processes.cpu_s([self.pid]), "sandbox": time.process_time()}

    def settle(self, taken: Sequence[orders.Order]) -> float:
        """Return when every number was confirmed; raise `Wrong` if one is not right then."""
        until("the last confirmed number", self._is_quiet, SETTLE_S)
        over_at = time.time()
        database, mine = self.private.system.database, self.private.merchant
        with database.reading() as tx:
            parked = views.waiting(tx, mine).parked
        if parked:
            raise Wrong(f"{parked} deliveries are parked")
        left = orders.left(UNITS, self.book.skus, taken)
        if goods.left(database, self.private.system.trades[mine]) != left:
            raise Wrong("the stock is not what was sold")
        self.shops.check(left)
        return over_at

    def _is_quiet(self) -> bool:
        mine = self.private.merchant
        with self.private.system.database.reading() as tx:
            waits = views.waiting(tx, mine).pending
            return not (waits or tx.execute(_moving(mine)).scalar_one())


@contextmanager
def stand(kind: Kind, make: Make, skus: Sequence[Sku]) -> Iterator[Stand]:
    """Open the shops, and run everything that `up` runs."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh(kind))
        # SQLite lies in the installation's own folder, as it does by default.
        stack.enter_context(named(None if kind is Kind.SQLITE else url))
        shops = stack.enter_context(opened(make, skus))
        config = trade.config(shops.config() + _SOURCE)
        private = stack.enter_context(private_up(config, trade.SECRETS))
        system, now = private.system, datetime.now(UTC)
        ours = system.channels_of(private.merchant)
        goods.open_trade(
            system.database,
            system.trades[private.merchant],
            dict.fromkeys(skus, UNITS),
            shops.listings,
            {name: ours[name].cursor_at(now) for name in NAMES},
            now,
        )
        until("the first look at the shops' orders", lambda: _were_asked(private))
        yield Stand(shops=shops, private=private, book=orders.Book(skus=skus))


def _were_asked(private: Private) -> bool:
    with private.system.database.reading() as tx:
        known = links.load_all(tx, private.merchant)
    return all(known[name].pulled_through for name in NAMES)


def _moving(merchant: MerchantName) -> Select[tuple[bool]]:
    """Return whether a number is still to be written, or a write has no answer yet."""
    due = (
        select(tables.beliefs.c.due)
        .where(tables.beliefs.c.merchant == merchant, tables.beliefs.c.channel.in_(NAMES))
        .where(tables.beliefs.c.due)
    )
    flying = select(tables.flights.c.id).where(tables.flights.c.merchant == merchant)
    return select(or_(exists(due), exists(flying)))
