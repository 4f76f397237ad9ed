"""A Shopify shop that counts two places apart, each of them a location of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from stocksync import wiring
from stocksync.config import load
from stocksync.core.edits import Verdict
from stocksync.core.names import ChannelName, MerchantName
from stocksync.flow import activate, link
from stocksync.lab.market import Clock, Market
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Knobs, Shop
from stocksync.store import beliefs, edits, views
from stocksync.store.session import Database
from tests.market.cast import MUG
from tests.market.opening import START

MARKET, NAME = ChannelName("market"), MerchantName("mugs")
_SECRETS = {"APP_SECRET": "the-app-s-secret"}
_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "inventory_levels/update",
)


@dataclass(frozen=True)
class Town:
    """The shop, and our side of it on a clock that jumps."""

    shop: Shop
    market: Market

    def run(self, seconds: float) -> None:
        self.market.run_until(self.market.clock.now + timedelta(seconds=seconds))

    def pool(self) -> dict[str, int]:
        """Return what can be sold at each location of ours."""
        with self.market.database.reading() as tx:
            return {one.location: one.available for one in views.stock_lines(tx, NAME, MUG)}

    def shown(self) -> dict[str, int]:
        """Return what the shop shows at each of its places."""
        return {name: levels["available"] for name, levels in self.shop.levels(MUG).items()}

    def wanted(self) -> dict[str, int | None]:
        """Return what each level should show, by our location."""
        with self.market.database.reading() as tx:
            return {str(row.location): row.wanted for row in beliefs.of_channel(tx, NAME, MARKET)}


Opens = Callable[[dict[str, int]], Town]


@contextmanager
def town(db: Database, folder: Path, stock: dict[str, int]) -> Iterator[Town]:
    clock = Clock(START)
    shop = Shop(
        "market",
        client_id="app",
        secrets=list(_SECRETS.values()),
        locations=("Main", "Back"),
        clock=clock,
        knobs=Knobs(bucket_points=1e9, restore_points=1e9),
        deliver=lambda post: market.hear(MARKET, post.body, post.headers),
        sleep=lambda seconds: market.pass_time(timedelta(seconds=seconds)),
    )
    shop.add_product(str(MUG), stock)
    for topic in _TOPICS:
        shop.subscriptions.configure(topic, "http://127.0.0.1/hooks")
    places = {name: f"gid://shopify/Location/{shop.location_id(name)}" for name in stock}
    with serve([shop]) as served:
        (folder / "config").mkdir()
        (folder / "config" / "stocksync.yaml").write_text(
            f"""\
merchant: {NAME}
locations: {{shelf: {{kind: own}}, store: {{kind: own}}}}
channels:
  market:
    kind: shopify
    shop: {shop.domain}
    url: "{served.url("market")}"
    client_id: app
    client_secret: {{env: APP_SECRET}}
    locations: {{"{places["Main"]}": shelf, "{places["Back"]}": store}}
    location: shelf
    sells_from: [shelf, store]
    allow_private: true
    allow_insecure: true
    poll: {{orders_every: 60s, levels_every: 60s, webhooks_every: 0, index_lag: 1s}}
""",
            encoding="utf-8",
        )
        (merchant,) = load(folder / "config", _SECRETS)
        trade = wiring.trade(merchant)
        activate.activate(db, trade, clock())
        market = Market(
            database=db,
            trade=trade,
            channels=wiring.channels(merchant),
            sites=[shop],
            clock=clock,
        )
        opened = Town(shop, market)
        one = market.outgoing(MARKET)
        for _ in link.Linking(one=one, learn=True).run():
            pass
        while link.unsettled(one):
            opened.run(1)
        link.count_from(one, clock.now)
        link.go_live(one, clock.now, sure=False)
        opened.run(30)  # what is sold from here on is sold after the first count
        yield opened


@pytest.fixture
def two_places(db: Database, tmp_path: Path) -> Iterator[Town]:
    with town(db, tmp_path, {"Main": 6, "Back": 4}) as opened:
        yield opened


def test_an_import_counts_each_place_apart_and_each_shows_its_own(two_places: Town) -> None:
    assert two_places.pool() == {"shelf": 6, "store": 4}
    assert two_places.wanted() == {"shelf": 6, "store": 4}

    two_places.run(120)

    assert two_places.shown() == {"Main": 6, "Back": 4}
    assert two_places.shop.log.writes == []


def test_a_sale_at_the_counter_of_one_place_is_taken_from_that_place(two_places: Town) -> None:
    two_places.shop.buy({str(MUG): 1}, via="pos", location="Back")

    two_places.run(120)

    assert two_places.pool() == {"shelf": 6, "store": 3}
    assert two_places.shown() == {"Main": 6, "Back": 3}


def test_goods_come_back_to_the_place_that_the_refund_names(two_places: Town) -> None:
    order = two_places.shop.buy({str(MUG): 2})
    two_places.shop.fulfil(order)
    two_places.run(60)
    assert two_places.pool() == {"shelf": 4, "store": 4}

    two_places.shop.refund(order, {str(MUG): 1}, location="Back")
    two_places.run(200)

    assert two_places.pool() == {"shelf": 4, "store": 5}
    assert two_places.shown() == {"Main": 4, "Back": 5}


def test_a_number_typed_at_one_place_becomes_stock_of_that_place(two_places: Town) -> None:
    two_places.shop.edit_stock(str(MUG), 9, location="Back")

    two_places.run(300)

    assert two_places.pool() == {"shelf": 6, "store": 9}
    with two_places.market.database.reading() as tx:
        (edit,) = edits.of_sku(tx, NAME, MUG)
    assert (edit.verdict, edit.residual) == (Verdict.ADOPT, 5)


def test_an_order_that_another_app_made_without_taking_stock_is_made_good_by_lowering(
    two_places: Town,
) -> None:
    two_places.shop.buy({str(MUG): 2}, via="api")
    assert two_places.shown() == {"Main": 6, "Back": 4}

    two_places.run(300)

    assert two_places.pool() == {"shelf": 4, "store": 4}
    assert two_places.shown() == {"Main": 4, "Back": 4}
