"""The three shops that are told of every sale: tills, or WooCommerce shops, that answer at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from bench import orders, trade
from bench.rows import Wrong
from stocksync.channels.till.listings import listing_id
from stocksync.core.names import ChannelName, ListingId, Sku
from stocksync.lab.stores import WooStore, till_config
from stocksync.sandbox import till as tills
from stocksync.sandbox import woocommerce
from stocksync.sandbox.server import serve

NAMES = tuple(ChannelName(name) for name in ("outlet", "corner", "market"))
UNITS = 100_000
PLACE = "main"


class Make(StrEnum):
    """What kind of shops they are."""

    TILLS = "tills"
    WOO = "WooCommerce shops"


class Shown(NamedTuple):
    """A number that a shop shows, since when by the wall clock."""

    number: int
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shops:
    """The three shops, their lines in the config, and which listing of each has which SKU."""

    make: Make
    shops: Mapping[ChannelName, Any]
    urls: Mapping[ChannelName, str]
    listings: Mapping[ChannelName, Mapping[Sku, ListingId]]

    def config(self) -> str:
        """Return the lines of all of them in the config."""
        if self.make is Make.TILLS:
            return "".join(till_config(name, url) for name, url in self.urls.items())
        return "".join(
            WooStore(self.shops[name]).config(url, "") for name, url in self.urls.items()
        )

    def calls(self) -> int:
        """Return how many calls they have received."""
        return sum(len(shop.log.calls) for shop in self.shops.values())

    def landed(self, sold: Sequence[tuple[float, orders.Order]]) -> list[float]:
        """Return the seconds from each answer to the last shop that shows the sale.

        `sold` are all orders so far, in the order of their answers. By the shops' own logs: a
        shop shows a sale once a number was written that leaves out this and all earlier ones.
        """
        shown = {name: self._shown(name) for name in self.shops}
        left: dict[Sku, int] = {}
        delays: list[float] = []
        for answered_at, order in sold:
            last = answered_at
            for sku, units in order.lines:
                left[sku] = left.get(sku, UNITS) - units
                for name in self.shops:
                    last = max(last, _first_at_most(shown[name].get(sku, ()), left[sku]))
            delays.append(last - answered_at)
        return delays

    def check(self, left: Mapping[Sku, int]) -> None:
        """Raise `Wrong` unless each shop shows what is left of each SKU."""
        for name, shop in self.shops.items():
            for sku, units in left.items():
                number = int(shop.shows(sku) if self.make is Make.TILLS else shop.stock(sku))
                if number != units:
                    raise Wrong(f"{name} shows {number} of {sku} and not {units}")

    def _shown(self, name: ChannelName) -> dict[Sku, list[Shown]]:
        found: dict[Sku, list[Shown]] = {}
        for write in self.shops[name].log.writes:
            if write.after is not None:
                told = Shown(int(write.after), write.at.timestamp())
                found.setdefault(Sku(write.sku), []).append(told)
        return found


@contextmanager
def opened(make: Make, skus: Sequence[Sku]) -> Iterator[Shops]:
    """Open three shops of one make, each with all goods, and serve them from this process."""
    built = {name: _built(make, name) for name in NAMES}
    listings = {name: _stocked(shop, skus) for name, shop in built.items()}
    with serve(list(built.values())) as served:
        urls = {name: served.url(name) for name in built}
        yield Shops(make=make, shops=built, urls=urls, listings=listings)


def _built(make: Make, name: ChannelName) -> tills.Till | woocommerce.Shop:
    if make is Make.TILLS:
        signs, secret = trade.SECRETS["TILL_SECRET"], trade.SECRETS["PUSH_SECRET"]
        return tills.Till(name, webhook_secret=signs, push_secret=secret)
    return woocommerce.Shop(
        name,
        key=trade.SECRETS["SHOP_KEY"],
        secret=trade.SECRETS["SHOP_SECRET"],
        knobs=woocommerce.Knobs(behind_tls=True),
    )


def _stocked(shop: tills.Till | woocommerce.Shop, skus: Sequence[Sku]) -> dict[Sku, ListingId]:
    if isinstance(shop, tills.Till):
        shop.put(dict.fromkeys(skus, UNITS))
        return {sku: listing_id(PLACE, sku) for sku in skus}
    return {sku: ListingId(str(shop.add_product(sku, UNITS))) for sku in skus}


def _first_at_most(shown: Sequence[Shown], number: int) -> float:
    for one in shown:
        if one.number <= number:
            return one.since
    raise Wrong(f"a sale never reached a shop: {number} was never shown")
