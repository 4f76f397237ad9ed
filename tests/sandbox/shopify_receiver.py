"""A receiver over real HTTP, and the things of a shop that deliveries tell of."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify.deliveries import Deliveries
from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs
from stocksync.sandbox.shopify.orders import (
    Fulfilment,
    FulfilmentLine,
    FulfilmentOrder,
    FulfilmentOrderLine,
    Line,
    Order,
    Refund,
    RefundLine,
    Restock,
)
from stocksync.sandbox.shopify.posting import Deliver, deliver_over_http
from stocksync.sandbox.shopify.products import SHOPIFY, Item, Location, Product, Variant
from stocksync.sandbox.shopify.signing import Keyring
from stocksync.sandbox.shopify.stockroom import Level, State
from stocksync.sandbox.shopify.subscriptions import Subscription, Subscriptions, Wish
from stocksync.sandbox.shopify.webhook_bodies import Bodies
from tests.sandbox.hand_clock import HandClock

MORNING = datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC)
SECRET = "stocksync-test-client-secret"
EVENT = "738bab41-8771-5153-baa1-6f19936e46c5"


@dataclass(frozen=True)
class Heard:
    """One request as it came over the wire."""

    path: str
    names: tuple[str, ...]  # of headers, as they were written
    headers: Mapping[str, str]  # under lower-case names
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.raw)
        return told

    def signed_with(self, secret: str) -> bool:
        right = base64.b64encode(hmac.digest(secret.encode(), self.raw, hashlib.sha256))
        return right.decode() == self.headers["x-shopify-hmac-sha256"]

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()]


@dataclass
class Receiver:
    """A site that takes deliveries; `status` is what it answers, after `slow_s`."""

    name: str = "receiver"
    status: int = 200
    slow_s: float = 0.0
    heard: list[Heard] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        names = [name for name, _ in request.headers]
        headers = {name.lower(): value for name, value in request.headers}
        self.heard.append(Heard(request.path, tuple(names), headers, request.get_data()))
        time.sleep(self.slow_s)
        elsewhere = {"Location": f"/{self.name}/elsewhere"} if 300 <= self.status < 400 else {}
        return Response("", status=self.status, headers=elsewhere)

    @property
    def topics(self) -> list[str]:
        return [one["X-Shopify-Topic"] for one in self.heard]


@dataclass
class PostOffice:
    """Deliveries of one app, its subscriptions and its secrets, and who hears them."""

    url: str
    receiver: Receiver
    clock: HandClock
    subscriptions: Subscriptions
    keyring: Keyring
    deliveries: Deliveries

    @property
    def knobs(self) -> DeliveryKnobs:
        return self.deliveries.knobs

    @property
    def heard(self) -> list[Heard]:
        return self.receiver.heard

    def listen(self, topic: str, path: str = "hooks", **wish: Any) -> Subscription:
        return self.subscriptions.create(topic, Wish(uri=f"{self.url}/{path}", **wish))

    def happened(self, topic: str, subject: object, event_id: str = EVENT) -> None:
        self.deliveries.happened(topic, subject, event_id)

    def run(self, **pause: float) -> None:
        """Let time pass and send what comes due in it."""
        self.clock.pass_for(timedelta(**pause), self.deliveries)


@contextmanager
def post_office(*, deliver: Deliver = deliver_over_http, **knobs: Any) -> Iterator[PostOffice]:
    """Serve a receiver and build the deliveries that it hears."""
    receiver, clock = Receiver(), HandClock(MORNING)
    subscriptions = Subscriptions(clock=clock, any_address=True)
    keyring = Keyring()
    keyring.add(SECRET)
    with serve([receiver]) as served:
        deliveries = Deliveries(
            shop_domain="example-stocksync.myshopify.com",
            subscriptions=subscriptions,
            keyring=keyring,
            body_of=Bodies(available_of=lambda _: 8).of,
            clock=clock,
            knobs=DeliveryKnobs(**knobs),
            deliver=deliver,
        )
        url = served.url(receiver.name)
        yield PostOffice(url, receiver, clock, subscriptions, keyring, deliveries)


MAIN = Location(id=75596366001, name="Main", created_at=MORNING, updated_at=MORNING)


def variant(key: int, sku: str | None, title: str, *, product: str = "Mug & saucer") -> Variant:
    """Make a variant that sells an item of its own."""
    page = Product(id=4545493434000 + key, title=product, created_at=MORNING, updated_at=MORNING)
    item = Item(id=48513488879000 + key, sku=sku, created_at=MORNING, updated_at=MORNING)
    one = Variant(
        id=31939875864000 + key,
        product=page,
        item=item,
        title=title,
        created_at=MORNING,
        updated_at=MORNING,
    )
    page.variants.append(one)
    return one


TEE = variant(1, "TEE-M", "M", product="Tee")
MUG = variant(2, "MUG-01", "Blue – été")


def level(sold: Variant, available: int) -> Level:
    """Make a level at the main location."""
    made = Level(
        id=110012006577,
        item=sold.item,
        location=MAIN,
        created_at=MORNING,
        updated_at=MORNING + timedelta(milliseconds=2110),
    )
    made.states[State.AVAILABLE] = available
    return made


def order(lines: Sequence[tuple[Variant, int]], *, number: int = 1042) -> Order:
    """Make a paid order of the web shop, all of it still to be shipped."""
    made = Order(
        id=6749596057000 + number - 1041,
        number=number,
        created_at=MORNING,
        updated_at=MORNING + timedelta(milliseconds=1482),
        source_name="web",
        paid=True,
    )
    for position, (sold, quantity) in enumerate(lines, 1):
        made.lines.append(
            Line(
                id=16353368736000 + position,
                variant=sold,
                product_exists=True,
                sku=sold.sku,
                title=sold.product.title,
                quantity=quantity,
                price_cents=sold.price_cents,
                manager=SHOPIFY,
                variant_id=sold.id,
                product_id=sold.product.id,
            )
        )
    parts = [
        FulfilmentOrderLine(
            id=one.id + 500, line=one, total=one.quantity, remaining=one.quantity, claimed=0
        )
        for one in made.lines
    ]
    made.fulfilment_orders.append(
        FulfilmentOrder(
            id=5900000000001,
            order=made,
            location=MAIN,
            created_at=MORNING,
            updated_at=MORNING,
            lines=parts,
        )
    )
    return made


def shipped(of: Order, *, position: int = 0) -> Fulfilment:
    """Ship one line of an order."""
    line = of.lines[position]
    parcel = Fulfilment(
        id=4900000000001,
        order=of,
        location=MAIN,
        created_at=MORNING,
        updated_at=MORNING,
        name=f"{of.name}.1",
        lines=[FulfilmentLine(id=4910000000001, line=line, quantity=line.quantity, claimed=0)],
    )
    line.shipped = line.quantity
    of.fulfilment_orders[0].lines[position].remaining = 0
    of.fulfilments.append(parcel)
    return parcel


def refunded(of: Order, *, restock: Restock, location: Location | None) -> Refund:
    """Refund one unit of an order's first line."""
    line = of.lines[0]
    paper = Refund(
        id=1022629085001,
        order=of,
        created_at=MORNING,
        updated_at=MORNING,
        amount_cents=line.price_cents,
        lines=[
            RefundLine(
                id=653531316001, line=line, quantity=1, restock_type=restock, location=location
            )
        ],
    )
    line.refunded += 1
    of.refunds.append(paper)
    return paper
