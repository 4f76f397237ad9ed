"""A whole shop heard by webhook and read by calls: of one state both roads tell the same."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from stocksync.channels.base import Delivery, Health, Preparing, Setting
from stocksync.channels.shopify import Shopify, ShopifySettings
from stocksync.core.facts import (
    AskAgain,
    CatalogueChanged,
    CatalogueEntry,
    Fact,
    LookAgain,
    OrderSlips,
    OrderSnapshot,
    Shows,
    Slip,
)
from stocksync.core.names import ChannelName, ListingId, LocationName, MerchantName, PaperKey
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

    def read(self, *skus: str) -> list[Fact]:
        """Return what the items of these SKUs tell that we read ourselves."""
        keys = [PaperKey(f"item:{self.shop.ids(sku)[2]}") for sku in skus]
        kept = self.market.fetch(keys, self.clock.now)
        return [fact for one in kept for fact in self.market.translate(one)]

    def read_entries(self, *skus: str) -> set[CatalogueEntry]:
        changed = [one for one in self.read(*skus) if isinstance(one, CatalogueChanged)]
        return {entry for one in changed for entry in one.entries}

    def catalogue(self) -> set[CatalogueEntry]:
        """Return the entries of the whole catalogue, from the shop's file."""
        pages = [page for page in self.market.catalogue() if not isinstance(page, Preparing)]
        return {one.entry for page in pages for one in page}

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


def test_an_item_that_is_read_lists_what_the_catalogue_lists(both: Both) -> None:
    shop = both.shop
    shop.add_product("MUG-01", {"Back": 6}, policy="CONTINUE")
    shop.add_product("SET-2", requires_components=True)
    shop.add_variant("TEE-M", "as a gift")
    shop.buy([("TEE-M", 11)], via="pos")
    skus = ("TEE-M", "CAP-RED", "GIFT-25", "DROP-7", "MUG-01", "SET-2")

    listed = both.catalogue()

    assert both.read_entries(*skus) == listed
    assert {one.sku for one in listed} == set(skus)
    assert len(listed) == 6 + 1 + 7  # a level each, the second of the caps, and all variants


def test_what_is_kept_of_an_item_is_slim_and_says_the_same_when_it_is_read_again(
    both: Both,
) -> None:
    _, variant, item = both.shop.ids("CAP-RED")
    main, back = both.shop.location_id("Main"), both.shop.location_id("Back")

    (kept,) = both.market.fetch([PaperKey(f"item:{item}")], both.clock.now)

    assert kept.trouble is None
    assert json.loads(kept.body) == {
        "kind": "item",
        "id": item,
        "tracked": True,
        "variants": [
            {
                "id": f"gid://shopify/ProductVariant/{variant}",
                "sku": "CAP-RED",
                "inventoryPolicy": "DENY",
                "requiresComponents": False,
            }
        ],
        "levels": [
            {
                "isActive": True,
                "location": {"id": f"gid://shopify/Location/{place}"},
                "quantities": [{"name": "available", "quantity": units}],
            }
            for place, units in ((main, 4), (back, 3))
        ],
    }
    assert both.market.translate(kept) == both.market.translate(kept)


def test_a_level_that_was_switched_off_is_listed_without_a_number_and_looked_at(
    both: Both,
) -> None:
    both.shop.deactivate("CAP-RED", "Back")
    item = both.shop.ids("CAP-RED")[2]
    main, back = (f"{item}@{both.shop.location_id(place)}" for place in ("Main", "Back"))

    facts = both.read("CAP-RED")

    changed, look = facts
    assert isinstance(changed, CatalogueChanged)
    off = [one for one in changed.entries if one.listing == back]
    assert [one.managed for one in off] == [False]
    assert {one for one in changed.entries if one.listing != back} == {
        one for one in both.catalogue() if one.sku == "CAP-RED"
    }
    assert isinstance(look, LookAgain)
    assert set(look.listings) == {main, back}


def test_an_item_that_is_gone_sells_nothing_at_any_place(both: Both) -> None:
    item = both.shop.ids("TEE-M")[2]
    places = [both.shop.location_id(name) for name in ("Main", "Back")]
    both.shop.delete_product("TEE-M")

    (kept,) = both.market.fetch([PaperKey(f"item:{item}")], both.clock.now)

    assert json.loads(kept.body) == {"kind": "item-gone", "id": item}
    changed, look = both.market.translate(kept)
    assert isinstance(changed, CatalogueChanged)
    assert [(one.listing, one.managed) for one in changed.entries] == [
        (f"{item}@{place}", False) for place in sorted(places)
    ]
    assert isinstance(look, LookAgain)
    assert look.listings == tuple(ListingId(f"{item}@{place}") for place in sorted(places))


def test_orders_and_items_are_fetched_side_by_side_each_once(both: Both) -> None:
    order = both.shop.buy([("TEE-M", 1)])
    item = both.shop.ids("CAP-RED")[2]
    keys = [PaperKey(one) for one in (f"item:{item}", str(order), f"item:{item}", "item:404")]

    kept = both.market.fetch(keys, both.clock.now)

    assert [json.loads(one.body)["kind"] for one in kept] == ["item", "item-gone", "order"]
    asked = [call for call in both.shop.log.calls if call.operation == "StocksyncItems"]
    assert len(asked) == 1


def test_what_staff_does_with_goods_makes_us_ask_for_their_item(both: Both) -> None:
    both.shop.add_product("MUG-01", {"Main": 6})
    key = PaperKey(f"item:{both.shop.ids('MUG-01')[2]}")

    def asked() -> set[PaperKey]:
        return {one.order for one in both.heard() if isinstance(one, AskAgain)}

    acts: tuple[Callable[[], None], ...] = (
        lambda: both.shop.activate("MUG-01", "Back"),
        lambda: both.shop.set_tracked("MUG-01", False),
        lambda: both.shop.rename("MUG-01", "MUG-02"),
        lambda: both.shop.delete_product("MUG-02"),
    )
    assert asked() == {key}
    for act in acts:
        act()
        assert asked() == {key}
