"""A Shopify shop whose places are locations of ours, opened and counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from stocksync import wiring
from stocksync.config import load
from stocksync.core.facts import Adjusted, Counted, PaperLine
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, LineId, MerchantName, PaperKey, Sku
from stocksync.flow import activate, link, office
from stocksync.lab.market import Clock, Market
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Knobs, Post, Shop
from stocksync.store import beliefs, edits, links, views
from stocksync.store.edits import Edit
from stocksync.store.links import Link
from stocksync.store.session import Database
from tests.market.cast import MUG
from tests.market.opening import START

MARKET, NAME = ChannelName("market"), MerchantName("mugs")
_SECRETS = {"APP_SECRET": "the-app-s-secret"}
_OURS = {"Main": "shelf", "Back": "store"}
_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "inventory_levels/update",
    "inventory_levels/connect",
    "inventory_levels/disconnect",
    "inventory_items/update",
    "inventory_items/delete",
    "products/delete",
)
ADDRESS = "http://127.0.0.1/hooks"


@dataclass
class Town:
    """The shop, and our side of it on a clock that jumps; while it is `deaf` it hears nothing.

    `door` takes in what the shop sends, and says what the shop is answered (None: nothing).
    """

    shop: Shop
    market: Market
    deaf: bool = False
    unheard: list[Post] = field(default_factory=list)
    door: Callable[[Post], int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.door = self.take_in

    def run(self, seconds: float) -> None:
        self.market.run_until(self.market.clock.now + timedelta(seconds=seconds))

    def take_in(self, post: Post) -> int:
        """Take in one delivery as the door does."""
        return self.market.hear(MARKET, post.body, post.headers)

    def adjust(self, units: int, place: str = "shelf", skus: Sequence[Sku] = (MUG,)) -> None:
        """Book by hand that so many units of each were found at a place of ours, or sold there."""
        at = self.market.clock.now
        lines = tuple(PaperLine(line=LineId(sku), sku=sku, units=units) for sku in skus)
        key = PaperKey(f"by hand {at}")
        paper = Adjusted(key=key, occurred_at=at, location=place, lines=lines)
        office.book(self.market.database, self.market.trade, [paper], at)

    def count(self, sku: str, units: int, place: str = "shelf") -> None:
        """Count what stands of some goods at a location of ours; they are known from then on."""
        at = self.market.clock.now
        line = PaperLine(line=LineId(sku), sku=sku, units=units)
        key = PaperKey(f"{sku} at {place} {at}")
        paper = Counted(key=key, occurred_at=at, location=place, lines=(line,))
        office.book(self.market.database, self.market.trade, [paper], at)

    def hear(self, topic: str) -> None:
        """Hear what was sent of one topic while nobody listened, and book it."""
        for post in self.unheard:
            if post.headers["X-Shopify-Topic"] == topic:
                self.market.hear(MARKET, post.body, post.headers)
        self.run(1)

    def row(self) -> Listing:
        """Return the one level that is synced, as it stands."""
        (row,) = self.rows()
        return row

    def rows(self, sku: str | None = None) -> list[Listing]:
        """Return all levels that are tracked, or those that sell one SKU."""
        with self.market.database.reading() as tx:
            rows = beliefs.of_channel(tx, NAME, MARKET)
        return [row for row in rows if sku in (None, row.sku)]

    def pool(self, sku: str = MUG) -> dict[str, int]:
        """Return what can be sold at each location of ours."""
        with self.market.database.reading() as tx:
            return {one.location: one.available for one in views.stock_lines(tx, NAME, Sku(sku))}

    def shown(self, sku: str = MUG) -> dict[str, int]:
        """Return what the shop shows at each of its places."""
        return {name: levels["available"] for name, levels in self.shop.levels(sku).items()}

    def link(self) -> Link:
        """Return how the channel does."""
        with self.market.database.reading() as tx:
            found = links.load(tx, NAME, MARKET)
        assert found is not None
        return found

    def incidents(self) -> list[tuple[str, str, int]]:
        """Return the open incidents: kind, location or channel, and units."""
        with self.market.database.reading() as tx:
            return [(row.kind, row.location, row.units) for row in views.open_incidents(tx, NAME)]

    def endings(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        with self.market.database.reading() as tx:
            return views.endings(tx, NAME, MARKET)

    def writes(self) -> list[int]:
        """Return the numbers of mugs that were written, in order."""
        return [one.after for one in self.shop.log.writes if one.sku == MUG]

    def edits(self) -> list[Edit]:
        """Return the edits that were found, the oldest first."""
        with self.market.database.reading() as tx:
            return edits.of_sku(tx, NAME, MUG)

    def wanted(self) -> dict[str, int | None]:
        """Return what each level should show, by our location."""
        with self.market.database.reading() as tx:
            return {str(row.location): row.wanted for row in beliefs.of_channel(tx, NAME, MARKET)}


@contextmanager
def town(
    db: Database,
    folder: Path,
    stock: dict[str, int],
    written: str = "",
    knobs: Mapping[str, Any] | None = None,
    *,
    more: Sequence[Sku] = (),
    hooked: bool = True,
    every: str = "60s",
    levels_every: str | None = None,
    sells_from: str = "shelf, store",
) -> Iterator[Town]:
    """Open a shop that holds mugs at `Main` and `Back`; only places with stock are synced.

    `more` are goods of which ten each stand at `Main`. Where it is not `hooked` we subscribe by
    ourselves; orders and levels are looked at `every` so often.
    """

    def delivered(post: Post) -> int | None:
        if opened.deaf:
            opened.unheard.append(post)
            return 200
        return opened.door(post)

    clock = Clock(START)
    shop = Shop(
        "market",
        client_id="app",
        secrets=list(_SECRETS.values()),
        locations=("Main", "Back"),
        clock=clock,
        knobs=Knobs(bucket_points=1e9, restore_points=1e9, **(knobs or {})),
        deliver=delivered,
        sleep=lambda seconds: market.pass_time(timedelta(seconds=seconds)),
    )
    shop.add_product(str(MUG), stock)
    for sku in more:
        shop.add_product(str(sku), {"Main": 10})
    for topic in _TOPICS if hooked else ():
        shop.subscriptions.configure(topic, ADDRESS)
    places = ", ".join(
        f'"gid://shopify/Location/{shop.location_id(name)}": {_OURS[name]}' for name in stock
    )
    with serve([shop]) as served:
        (folder / "config").mkdir()
        (folder / "config" / "stocksync.yaml").write_text(
            f"""\
merchant: {NAME}
{"" if hooked else "public_url: http://127.0.0.1"}
locations: {{shelf: {{kind: own}}, store: {{kind: own}}}}
channels:
  market:
    kind: shopify
    shop: {shop.domain}
    url: "{served.url("market")}"
    client_id: app
    client_secret: {{env: APP_SECRET}}
    locations: {{{places}}}
    location: shelf
    sells_from: [{sells_from}]
    allow_private: true
    allow_insecure: true
    {written}
    poll:
      orders_every: {every}
      levels_every: {levels_every or every}
      webhooks_every: {"0" if hooked else "15m"}
      index_lag: 1s
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
