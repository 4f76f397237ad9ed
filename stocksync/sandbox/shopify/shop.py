"""A Shopify-like shop: its shelves, its orders, its people, and what it tells clients."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from werkzeug.wrappers import Request, Response

from stocksync.sandbox.clockwork import ShopClockwork, utc_now
from stocksync.sandbox.control import Control
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.shopify.body_parts import TORONTO
from stocksync.sandbox.shopify.books import Balance, balances
from stocksync.sandbox.shopify.bulk import Bulk
from stocksync.sandbox.shopify.catalogue import Ids
from stocksync.sandbox.shopify.cost import Bucket
from stocksync.sandbox.shopify.deliveries import Deliveries
from stocksync.sandbox.shopify.desk import Desk
from stocksync.sandbox.shopify.document import Library, load_schema
from stocksync.sandbox.shopify.door import Door
from stocksync.sandbox.shopify.fate import Fate, Fates
from stocksync.sandbox.shopify.graph import Graph
from stocksync.sandbox.shopify.happenings import App
from stocksync.sandbox.shopify.hook_fields import HookFields
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.idempotency import Keys
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.order_webhook_bodies import notification_for_test
from stocksync.sandbox.shopify.parcels import Parcels
from stocksync.sandbox.shopify.people import People
from stocksync.sandbox.shopify.posting import Deliver, deliver_over_http
from stocksync.sandbox.shopify.products import Item
from stocksync.sandbox.shopify.quantity_writes import QuantityWrites
from stocksync.sandbox.shopify.refunds import Refunds
from stocksync.sandbox.shopify.root import Root
from stocksync.sandbox.shopify.shelf_views import ShelfViews
from stocksync.sandbox.shopify.shoppers import Shoppers
from stocksync.sandbox.shopify.signing import Keyring
from stocksync.sandbox.shopify.staff import Staff
from stocksync.sandbox.shopify.subscriptions import Subscriptions
from stocksync.sandbox.shopify.tokens import Tokens
from stocksync.sandbox.shopify.webhook_bodies import Bodies

FIRST_SHOP_ID = 548_380_009


class Shop(ShopClockwork, People, Staff):
    """One shop. Shoppers, staff, clients and its own clock may act at once."""

    def __init__(
        self,
        name: str,
        *,
        shop_domain: str | None = None,
        client_id: str,
        secrets: Sequence[str],
        locations: Sequence[str] = ("Main",),
        seed: int = 0,
        clock: Callable[[], datetime] = utc_now,
        knobs: Knobs | None = None,
        deliver: Deliver = deliver_over_http,
        sleep: Callable[[float], None] = time.sleep,
        any_address: bool = True,
    ) -> None:
        """Open a shop; its secrets come oldest first.

        With `any_address` webhooks go to http and to this machine as well.
        """
        super().__init__(clock)
        self.name = name
        self.knobs = knobs or Knobs()
        self.domain = shop_domain or f"{name}.myshopify.com"
        self.keyring = Keyring()
        for secret in secrets:
            self.keyring.add(secret)
        self.subscriptions = Subscriptions(clock=clock, any_address=any_address)
        self.deliveries = Deliveries(
            shop_domain=self.domain,
            subscriptions=self.subscriptions,
            keyring=self.keyring,
            body_of=Bodies(available_of=self._available_of, domain=self.domain).of,
            clock=clock,
            knobs=self.knobs,
            seed=seed,
            deliver=deliver,
            lock=self._lock,
        )
        self._house = House(
            name=name,
            domain=self.domain,
            shop_id=FIRST_SHOP_ID + seed,
            ids=Ids(seed),
            clock=clock,
            knobs=self.knobs,
            listener=self.deliveries,
            agenda=self._agenda,
        )
        self.log = self._house.log
        self._drafts = {}
        self._shoppers = Shoppers(self._house, Dice(seed, "shoppers"))
        self._parcels = Parcels(self._house)
        self._refunds = Refunds(self._house)
        self._desk = Desk(self._house, self._shoppers, self._parcels, self._refunds, self._locked)
        for one in locations:
            self.add_location(one)
        self._fates = Fates(self.knobs, Dice(seed, "fates"))
        self.tokens = Tokens(
            client_id=client_id,
            keyring=self.keyring,
            knobs=self.knobs,
            clock=clock,
            dice=Dice(seed, "tokens"),
        )
        self.bucket = Bucket(self.knobs, clock)
        self._writes = QuantityWrites(self._house, ShelfViews(self._house))
        self._door = self._open(seed, sleep)

    def _open(self, seed: int, sleep: Callable[[float], None]) -> Door:
        schema = load_schema()
        library = Library(schema)
        keys = Keys()
        bulk = Bulk(self._house, schema, library, Dice(seed, "bulk"), self._locked)
        hooks = HookFields(self.subscriptions, self.knobs)
        root = Root(self._house, keys, self._writes, hooks, bulk).fields()
        bulk.root = root
        graph = Graph(
            schema=schema,
            library=library,
            root=root,
            keys=keys,
            knobs=self.knobs,
            bucket=self.bucket,
        )
        return Door(
            graph=graph,
            keys=keys,
            tokens=self.tokens,
            bulk=bulk,
            agenda=self._agenda,
            clock=self._clock,
            sleep=sleep,
            knobs=self.knobs,
            fates=self._fates,
            dice=Dice(seed, "latency"),
            log=self.log,
            lock=self._lock,
            control=Control(
                knobs=self.knobs,
                truth=lambda: {sku: asdict(one) for sku, one in self.truth().items()},
                lock=self._lock,
            ),
        )

    def _locked(self, act: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with self._lock:
                act()

        return run

    def _available_of(self, item: Item) -> int:
        return sum(one.available for one in self._house.stockroom.of(item) if one.active)

    # Time

    def run_due(self) -> int:
        """Do what is due by the shop's clock: deliveries, jobs, writes that land late."""
        return super().run_due() + self.deliveries.run_due()

    def next_due(self) -> datetime | None:
        """Return when there is next something to do."""
        with self._lock:
            due = [one for one in (super().next_due(), self.deliveries.next_due()) if one]
            return min(due, default=None)

    @property
    def waiting(self) -> int:
        """Return how many deliveries wait."""
        return self.deliveries.waiting

    # Clients

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request, or raise `NoAnswer`."""
        return self._door.handle(request)

    def fate(self, fate: Fate, times: int = 1) -> None:
        """Let the next call that this fate can befall have it."""
        with self._lock:
            self._fates.lay_out(fate, times)

    def race(self, hook: Callable[[str | None, str], object] | None) -> None:
        """Call back with SKU and location when a write has arrived, before it is compared."""
        with self._lock:
            self._writes.race_hook = hook

    # The app

    def uninstall(self) -> None:
        """Take the app off the shop: its tokens die and deliveries end."""
        with self._lock:
            self._tell_app("app/uninstalled")
            self.knobs.uninstalled = True
            self.tokens.revoke_all()

    def install(self) -> None:
        """Put the app back."""
        with self._lock:
            self.knobs.uninstalled = False
            self.deliveries.installed()

    def set_scopes(self, *scopes: str) -> None:
        """Grant the app other scopes."""
        with self._lock:
            self.knobs.scopes = scopes
            self._tell_app("app/scopes_update")

    def notify_for_test(self, topic: str = "orders/create") -> None:
        """Press the test button of an order topic in the settings."""
        with self._lock:
            body = notification_for_test(topic, self._clock(), TORONTO)
            self.deliveries.notify_for_test(topic, body)

    def _tell_app(self, topic: str) -> None:
        act = self._house.act()
        app = App(
            shop_id=self._house.shop_id,
            shop_name=self.name,
            scopes=self.knobs.scopes,
            primary_location_id=next(iter(self._house.catalogue.locations)),
        )
        act.add(topic, app)
        self._house.tell(act)

    # The books

    def truth(self) -> dict[str, Balance]:
        """Return the books of every SKU; items of one SKU are told as one."""
        with self._lock:
            return balances(self._house)
