"""A WooCommerce-like shop: its shelves, its orders, its people, and what it tells clients."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from werkzeug.wrappers import Request, Response

from stocksync.sandbox.clockwork import ShopClockwork, utc_now
from stocksync.sandbox.control import Control
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.woocommerce.auth import Gate, Key
from stocksync.sandbox.woocommerce.bodies import Home
from stocksync.sandbox.woocommerce.catalogue import Catalogue
from stocksync.sandbox.woocommerce.delivery import Deliver, deliver_over_http
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.door import Door
from stocksync.sandbox.woocommerce.fate import Fate, Fates
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.order_routes import OrderRoutes
from stocksync.sandbox.woocommerce.people import People
from stocksync.sandbox.woocommerce.product_routes import ProductRoutes
from stocksync.sandbox.woocommerce.queue import Queue
from stocksync.sandbox.woocommerce.record import Log
from stocksync.sandbox.woocommerce.routes import Routes
from stocksync.sandbox.woocommerce.shoppers import Shoppers
from stocksync.sandbox.woocommerce.webhook_routes import WebhookRoutes
from stocksync.sandbox.woocommerce.webhooks import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The books of one number: `opening + edits - held - gone` is its stock."""

    opening: int
    edits: int
    held: int
    gone: int
    stock: int

    @property
    def balances(self) -> bool:
        """Return whether no unit came from nowhere or went nowhere."""
        return self.opening + self.edits - self.held - self.gone == self.stock


class Shop(ShopClockwork, People):
    """One shop. Shoppers, staff, clients and its own clock may act at once."""

    def __init__(
        self,
        name: str,
        *,
        key: str,
        secret: str,
        seed: int = 0,
        clock: Callable[[], datetime] = utc_now,
        knobs: Knobs | None = None,
        deliver: Deliver = deliver_over_http,
        sleep: Callable[[float], None] = time.sleep,
        home: str | None = None,
    ) -> None:
        super().__init__(clock)
        self.name = name
        self.knobs = knobs or Knobs()
        self.log = Log()
        home = home or f"https://{name}.example.test/"
        catalogue = Catalogue()
        self._queue = Queue(
            home=home,
            agenda=self._agenda,
            clock=clock,
            knobs=self.knobs,
            dice=Dice(seed, "webhooks"),
            log=self.log,
            lock=self._lock,
            deliver=deliver,
            body_of=lambda topic, key: self._desk.body_of(topic, key),
        )
        self._desk = Desk(
            catalogue=catalogue,
            home=Home(home),
            clock=clock,
            dice=Dice(seed, "keys"),
            fire=self._queue.fire,
        )
        self._shoppers = Shoppers(
            desk=self._desk,
            agenda=self._agenda,
            clock=clock,
            dice=Dice(seed, "shoppers"),
            knobs=self.knobs,
            log=self.log,
        )
        self._fates = Fates(self.knobs, Dice(seed, "fates"))
        self._products = ProductRoutes(desk=self._desk, clock=clock, knobs=self.knobs, log=self.log)
        self._webhooks = WebhookRoutes(
            queue=self._queue, desk=self._desk, clock=clock, dice=Dice(seed, "secrets")
        )
        orders = OrderRoutes(desk=self._desk, clock=clock, knobs=self.knobs, log=self.log)
        self._door = Door(
            routes=Routes(products=self._products, orders=orders, webhooks=self._webhooks),
            gate=Gate(Key(key=key, secret=secret), self.knobs),
            queue=self._queue,
            agenda=self._agenda,
            clock=clock,
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

    # Time

    @property
    def waiting(self) -> int:
        """Return how many deliveries wait, for their time or for a poke."""
        with self._lock:
            return self._queue.waiting

    def flush(self) -> None:
        """Deliver every waiting webhook now."""
        with self._running:
            self._queue.flush()

    # Clients

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request, or raise `NoAnswer`."""
        return self._door.handle(request)

    def add_webhook(self, topic: str, url: str, secret: str) -> int:
        """Make a webhook as a client would over REST; return its id."""
        with self._lock:
            return self._webhooks.add(topic=topic, url=url, secret=secret).id

    @property
    def webhooks(self) -> Mapping[int, Webhook]:
        """Return the webhooks by id."""
        return self._queue.webhooks

    def fate(self, fate: Fate, times: int = 1) -> None:
        """Let the next call that this fate can befall have it."""
        with self._lock:
            self._fates.lay_out(fate, times)

    def race(self, hook: Callable[[int], None] | None) -> None:
        """Call back between a client's read and its write of an id, before it is written."""
        with self._lock:
            self._products.race_hook = hook

    # The books

    def truth(self) -> dict[str, Balance]:
        """Return the books of every number, by the SKU that owns it."""
        with self._lock:
            held: dict[int, int] = defaultdict(int)
            for order in self._desk.orders.values():
                for line in order.lines:
                    held[line.owner_id] += line.reduced or 0
            return {
                one.sku: Balance(
                    opening=one.opening,
                    edits=one.edits,
                    held=held[one.id],
                    gone=one.gone,
                    stock=one.stock or 0,
                )
                for one in self._desk.catalogue
                if one.managed
            }
