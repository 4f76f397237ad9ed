"""A whole shop heard by webhook and read by calls: of one state both roads tell the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from stocksync.channels.base import Delivery, Health, Preparing, Setting
from stocksync.channels.shopify import Shopify, ShopifySettings
from stocksync.core.facts import AskAgain, Fact, OrderSlips, OrderSnapshot, Shows, Slip
from stocksync.core.names import ChannelName, LocationName, MerchantName, PaperKey
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Post, Shop
from tests.channels.shopify.samples import secret

HOOK_URL = "https://sync.example/hooks/m/market"


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Both:
    """A shop, our channel to it, and all that it sent."""

    shop: Shop
    market: Shopify
    clock: Clock
    posts: list[Post]

    def heard(self) -> list[Fact]:
        """Return what was told by webhook since last time, some seconds later."""
        self.clock.now += timedelta(seconds=30)
        self.shop.run_due()
        sent, self.posts[:] = list(self.posts), []
        facts: list[Fact] = []
        for post in sent:
            headers = {name.lower(): value for name, value in post.headers.items()}
            came = Delivery(body=post.body, headers=headers, received_at=self.clock.now)
            self.market.verify(came)
            for kept in self.market.minimise(came):
                assert kept.trouble is None
                facts += self.market.translate(kept)
        return facts

    def newest(self, order: int) -> OrderSnapshot:
        """Return the newest state of an order that was told by webhook."""
        told = [one for one in self.heard() if isinstance(one, OrderSnapshot)]
        return max((one for one in told if one.order == str(order)), key=lambda x: x.version)

    def fetched(self, order: int) -> Fact:
        (kept,) = self.market.fetch([PaperKey(str(order))], self.clock.now)
        (fact,) = self.market.translate(kept)
        return fact


@pytest.fixture
def both() -> Iterator[Both]:
    with opened() as it:
        yield it


@contextmanager
def opened() -> Iterator[Both]:
    """Serve a shop that sells at Main and Back, and subscribe to it."""
    clock, posts = Clock(), list[Post]()

    def deliver(post: Post) -> int:
        posts.append(post)
        return 200

    shop = Shop(
        "market",
        client_id="id1",
        secrets=("s1", "s2"),
        locations=("Main", "Back"),
        clock=clock,
        deliver=deliver,
    )
    shop.add_product("TEE-M", 10)
    shop.add_product("CAP-RED", {"Main": 4, "Back": 3})
    shop.add_product("GIFT-25", tracked=False, gift_card=True)
    shop.add_product("DROP-7", 50, service="acme-3pl")
    with serve([shop]) as served:
        settings = ShopifySettings(
            kind="shopify",
            shop="market.myshopify.com",
            url=served.url("market"),
            allow_private=True,
            allow_insecure=True,
            client_id="id1",
            client_secret=(secret("s2"), secret("s1")),
            locations={
                str(shop.location_id("Main")): LocationName("main"),
                str(shop.location_id("Back")): LocationName("back"),
            },
        )
        setting = Setting(merchant=MerchantName("m"), name=ChannelName("market"))
        market = Shopify(setting, settings)
        found = market.watch(HOOK_URL)
        assert {one.health for one in found} <= {Health.HEALED, Health.WELL}
        yield Both(shop, market, clock, posts)


def slips_of(facts: list[Fact]) -> set[Slip]:
    return {slip for one in facts if isinstance(one, OrderSlips) for slip in one.slips}


def test_every_state_of_a_long_order_is_told_alike(both: Both) -> None:
    shop = both.shop
    order = shop.buy([("TEE-M", 3), ("CAP-RED", 2), ("GIFT-25", 1), ("DROP-7", 1)])
    assert both.fetched(order) == both.newest(order)

    shop.edit_order(order, add=[("CAP-RED", 1)], remove={"TEE-M": 1})
    facts = both.heard()
    assert AskAgain(order=PaperKey(str(order)), why=f"order {order} was edited") in facts
    assert both.fetched(order) in facts

    shop.fulfil(order, {"TEE-M": 2})
    facts = both.heard()
    shipped = slips_of(facts)
    assert len(shipped) == 1
    assert both.fetched(order) in facts

    shop.refund(order, [("TEE-M", 1)], restock_type="return", location="Back")
    facts = both.heard()
    seen = both.fetched(order)
    assert isinstance(seen, OrderSnapshot)
    assert seen in facts
    assert set(seen.slips) == slips_of(facts) | shipped

    (parcel,) = shop.fulfil(order, {"DROP-7": 1})
    both.heard()
    shop.end_fulfilment(parcel, "cancelled")
    undone = both.newest(order)
    assert both.fetched(order) == undone
    assert [slip.units for slip in undone.slips if f":{parcel}:" in slip.key] == [0]

    shop.cancel(order, restock=True)
    last = both.newest(order)
    assert both.fetched(order) == last
    assert last.ended_at is not None


def test_a_sale_in_a_store_is_told_alike(both: Both) -> None:
    order = both.shop.buy([("CAP-RED", 1)], via="pos", location="Back")

    told = both.newest(order)

    assert both.fetched(order) == told
    back = f"gid://shopify/Location/{both.shop.location_id('Back')}"
    assert [line.location for line in told.lines] == [back]
    assert [(slip.units, slip.location) for slip in told.slips] == [(1, back)]


def test_a_pull_tells_what_the_webhooks_told(both: Both) -> None:
    start = both.clock.now
    orders = [both.shop.buy([("TEE-M", 1)]) for _ in range(3)]
    both.shop.refund(orders[0], [("TEE-M", 1)], restock_type="no_restock")
    heard = {x.order: x for x in both.heard() if isinstance(x, OrderSnapshot)}

    page = both.market.pull(both.market.cursor_at(start), both.clock.now)

    assert page.complete
    pulled = [fact for one in page.deliveries for fact in both.market.translate(one)]
    assert len(pulled) == 3
    assert {x.order: x for x in pulled if isinstance(x, OrderSnapshot)} == heard


def test_the_catalogue_the_levels_and_their_webhooks_name_one_listing(both: Both) -> None:
    pages = [page for page in both.market.catalogue() if not isinstance(page, Preparing)]
    listed = {one.entry.listing: one for page in pages for one in page}
    caps = [one for one in listed.values() if one.entry.sku == "CAP-RED"]
    levels = {one.entry.listing: one.shown for one in caps if one.shown is not None}
    (variant,) = [one.entry for one in caps if one.entry.location is None]

    assert sorted(levels.values()) == [3, 4]
    assert set(variant.levels) == set(levels)

    order = both.shop.buy([("CAP-RED", 1)])
    facts = both.heard()
    (snapshot,) = {x.order: x for x in facts if isinstance(x, OrderSnapshot)}.values()
    assert snapshot.order == str(order)
    assert [line.listing for line in snapshot.lines] == [variant.listing]
    shown = {x.listing: x.number for x in facts if isinstance(x, Shows)}
    assert shown.keys() <= levels.keys()
    assert list(shown.values()) == [3]
