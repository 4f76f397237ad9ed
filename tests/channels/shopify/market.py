"""The sandbox shop over real HTTP, and the calls that reach it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from stocksync.channels.base import Batch, Ended, Target, Write
from stocksync.channels.http import Http
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.gids import Level, listing_of
from stocksync.channels.shopify.hooks import Hooks
from stocksync.channels.shopify.reading import levels
from stocksync.channels.shopify.token import Granted
from stocksync.channels.shopify.writing import Writer
from stocksync.core.names import ChannelName, ListingId
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Shop

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOOK_URL = "http://127.0.0.1:8080/hooks/m/web"


@dataclass
class Clock:
    """The time of the shop and of our calls; it moves when told to, and while we pause."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Market:
    """A shop with its goods, and one client of it."""

    shop: Shop
    url: str
    clock: Clock
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = self.client()

    def http(self) -> Http:
        return Http(
            self.url, allow_private=True, allow_insecure=True, read_s=5.0, sleep=self.clock.sleep
        )

    def client(self, *secrets: str) -> Api:
        """Return the calls of one more process."""
        http = self.http()
        tokens = Granted(
            http,
            host="shop.example",
            client_id="id1",
            secrets=secrets or ("s1",),
            seconds=self.clock.seconds,
            sleep=self.clock.sleep,
        )
        return Api(http, tokens, host="shop.example", sleep=self.clock.sleep)

    def importer(self, **more: Any) -> Importer:
        return Importer(
            self.api,
            allow_private=True,
            allow_insecure=True,
            sleep=self.clock.sleep,
            seconds=self.clock.seconds,
            **more,
        )

    def hooks(self) -> Hooks:
        return Hooks(self.api, channel=ChannelName("web"), hook_url=HOOK_URL, allow_private=True)

    def level(self, sku: str, location: str = "Main") -> ListingId:
        """Return the listing of a SKU at a location."""
        _, _, item = self.shop.ids(sku)
        return listing_of(Level(item, self.shop.location_id(location)))

    def write(self, sku: str, number: int, expected: int, location: str = "Main") -> Write:
        target = Target(listing=self.level(sku, location))
        return Write(target=target, number=number, expected=expected, sequence=1)

    def push(self, *writes: Write, key: str = "push_1") -> list[Ended]:
        batch = Batch(key=key, sent_at=NOON, writes=writes)
        return list(Writer(self.api, decimals=0).push(batch))

    def shown(self, *listings: ListingId) -> dict[ListingId, int]:
        return levels(self.api, [Target(listing=one) for one in listings], 0)

    def calls(self, operation: str) -> int:
        return sum(call.operation == operation for call in self.shop.log.calls)


@contextmanager
def open_market(**more: Any) -> Iterator[Market]:
    """Serve a shop with ten tees, six mugs and four caps at Main, and three caps at Back."""
    clock = Clock()
    shop = Shop(
        "market",
        client_id="id1",
        secrets=("s1",),
        locations=("Main", "Back"),
        clock=clock,
        sleep=lambda _: None,
        deliver=lambda _: 200,
        **more,
    )
    shop.add_product("TEE-M", 10)
    shop.add_product("MUG-01", 6)
    shop.add_product("CAP-RED", {"Main": 4, "Back": 3})
    with serve([shop]) as served:
        yield Market(shop, served.url("market"), clock)
