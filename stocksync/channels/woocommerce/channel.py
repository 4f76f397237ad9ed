"""One WooCommerce shop: what it sent is verified, kept and understood; what it shows is kept right.

The verbs of the incoming half are written here; those that call the shop are each a sentence
about a module of their own.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from stocksync.channels import base, errors
from stocksync.channels.http import Http
from stocksync.channels.webhooks import NotUnderstood, answered, proves
from stocksync.channels.woocommerce import (
    bodies,
    checkup,
    intake,
    orders,
    products,
    pulling,
    reading,
)
from stocksync.channels.woocommerce.api import PAGE, Api
from stocksync.channels.woocommerce.bodies import Kind
from stocksync.channels.woocommerce.hooks import Hooks
from stocksync.channels.woocommerce.pace import Pace
from stocksync.channels.woocommerce.settings import WooCommerceSettings
from stocksync.channels.woocommerce.writing import SPREAD, Writer
from stocksync.core.belief import Way
from stocksync.core.facts import Fact, Ignored, SomethingMissed, Vanished
from stocksync.core.names import ChannelName, ListingId, PaperKey

LAG = timedelta(seconds=3)
"""How much later than its number an order shows in the list of orders."""
_ANSWER_MAX = 16 * 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shop:
    """What it takes to call the shop, and what it bore so far."""

    api: Api
    url: str
    writer: Writer
    orders: Pace

    @classmethod
    def of(cls, setting: base.Setting, settings: WooCommerceSettings) -> "_Shop | None":
        if settings.url is None or settings.key is None or settings.secret is None:
            return None
        http = Http(
            settings.url,
            allow_private=settings.allow_private,
            allow_insecure=settings.allow_insecure,
            read_s=settings.timeout.total_seconds(),
            body_max=_ANSWER_MAX,
        )
        api = Api(
            http,
            host=urlsplit(settings.url).hostname or "",
            key=settings.key.value,
            secret=settings.secret.value,
            auth=settings.signs,
        )
        writer = Writer(
            api,
            decimals=setting.decimals,
            by_delta=settings.write_mode == "delta",
            most=settings.batch_size,
        )
        return cls(api=api, url=settings.url, writer=writer, orders=Pace(PAGE))


class WooCommerce:
    """One WooCommerce shop of one merchant.

    Its delivery id is the same for different bodies, so a body's hash is its id; its
    headers are not signed, so the body is asked first and a header only where it is mute.
    """

    Settings = WooCommerceSettings
    body_max = 4 * 1024 * 1024

    def __init__(self, setting: base.Setting, settings: WooCommerceSettings) -> None:
        self._setting = setting
        self._settings = settings
        self._reached = _Shop.of(setting, settings)

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        return self._setting.name

    def verify(self, delivery: base.Delivery) -> None:
        """Return if a live secret signed these very bytes, or raise `Unauthentic`.

        The ping of a new webhook is never signed; it says nothing, and passes.
        """
        unsigned_ping = intake.is_ping(delivery) and intake.SIGNATURE not in delivery.headers
        secrets = self._settings.webhook_secret
        if not unsigned_ping and not proves(delivery, intake.SIGNATURE, secrets):
            raise errors.Unauthentic(
                "bad-signature",
                "X-WC-Webhook-Signature does not fit this body; give the webhook in WooCommerce "
                "the same secret as webhook_secret",
                status=401,
            )

    def minimise(self, delivery: base.Delivery) -> Sequence[base.Delivery]:
        """Keep the listed fields and drop all others, or raise `Unreadable` with a fingerprint."""
        return () if intake.is_ping(delivery) else (intake.heard(delivery),)

    def answer(
        self, deliveries: Sequence[base.Delivery], stored: Sequence[base.Stored]
    ) -> base.Answer:
        """Say 200 to all that was signed: seven refusals in a row switch a webhook off."""
        if not deliveries:
            return base.Answer(status=200, body={"status": "ok"})
        return answered(deliveries, stored)

    def translate(self, delivery: base.Delivery) -> Sequence[Fact]:
        """Turn a body into facts, or raise `Unreadable`."""
        decimals = self._setting.decimals
        looked_at = delivery.read_began_at
        try:
            kind, said = bodies.read(delivery.body, ours=looked_at is not None)
            match kind:
                case Kind.ORDER:
                    return (orders.snapshot(said, decimals, self._settings.unpaid_soft_hold),)
                case Kind.PRODUCT:
                    return products.told(said, decimals)
                case Kind.DELETED:
                    return (orders.deleted(said, delivery.headers.get(intake.TOPIC, "")),)
                case Kind.GONE:
                    at = looked_at or delivery.received_at
                    return (Vanished(order=PaperKey(str(said["id"])), at=at),)
                case Kind.ERROR:
                    code = said["code"] or "unknown"
                    return (SomethingMissed(why=f"the shop sent its error {code} and no body"),)
                case Kind.ACTION:
                    return (Ignored(reason=f"the action {said['action']} names no order"),)
        except NotUnderstood as e:
            raise errors.Unreadable(e.code, e.detail) from e

    @property
    def reach(self) -> base.Reach | None:
        """Return what the outgoing half can do; None without `url`, `key` and `secret`."""
        if self._reached is None:
            return None
        told = self._settings
        return base.Reach(
            way=Way.DELTA if told.write_mode == "delta" else Way.ABSOLUTE,
            batch=told.batch_size,
            reads=reading.READS,
            # Of the last call of a batch, which begins a little later than its first.
            longest_life=max(base.LIFE_MIN, 2 * told.timeout) + SPREAD,
            lag=LAG,
            by_key=False,
            pulls_orders=True,
            poll_every=told.poll.orders_every,
            watch_every=told.poll.webhooks_every or None,
            poke_every=told.poke_every or None,
            reconcile_every=told.poll.products_every,
        )

    def push(self, batch: base.Batch) -> Sequence[base.Ended]:
        """Write the numbers; one ending for each write, in any order. Or `CallError`."""
        return self._shop.writer.push(batch)

    def read(self, targets: Sequence[base.Target]) -> Mapping[ListingId, int]:
        """Return what each listing shows now; one that is unknown or unmanaged is left out."""
        return reading.levels(self._shop.api, targets, self._setting.decimals)

    def pull(self, cursor: str, now: datetime) -> base.Page:
        """Return one page of the orders that changed since the cursor. Or `CallError`."""
        at, overlap, pace = pulling.read(cursor), self._settings.poll.overlap, self._shop.orders
        while True:
            try:
                walked = pulling.walk(self._shop.api, at, overlap, pace.size, now)
            except errors.CallError as e:
                # Too long an answer comes shorter at once; a slow shop gets its pause first.
                if not pace.failed(e) or e.code != "answer-too-large":
                    raise
            else:
                pace.answered()
                return base.Page(
                    deliveries=[intake.looked_at(order, now) for order in walked.orders],
                    cursor=walked.cursor.text(),
                    complete=walked.complete,
                    clock=walked.asked_at or now,
                )

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor of a pull that begins with what changed after `moment`."""
        return pulling.cursor_at(moment, self._settings.poll.overlap).text()

    def fetch(self, orders: Sequence[PaperKey], now: datetime) -> Sequence[base.Delivery]:
        """Return these orders as they are now; one that is gone for good says so."""
        found, gone = pulling.fetch(self._shop.api, orders)
        return [
            *(intake.looked_at(order, now) for order in found),
            *(intake.gone(key, now) for key in gone),
        ]

    def open_orders(self, now: datetime) -> Iterator[Sequence[base.Delivery]]:
        """Yield every order that may still hold units on the shelf, a page at a time."""
        for orders_ in pulling.open_orders(self._shop.api):
            yield [intake.looked_at(order, now) for order in orders_]

    def catalogue(self) -> Iterator[Sequence[base.Listed]]:
        """Yield the whole catalogue, a page at a time. Or `CallError`."""
        for page in reading.catalogue(self._shop.api):
            yield [listed for listed in map(self._listed, page) if listed is not None]

    def _listed(self, product: Mapping[str, Any]) -> base.Listed | None:
        try:
            entry = products.entry(product)
        except NotUnderstood as e:
            log.warning("catalogue entry left out channel=%s why=%s", self.name, e)
            return None
        return base.Listed(entry=entry, shown=products.level(product, self._setting.decimals))

    def doctor(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Look at everything that must be right for syncing; change nothing."""
        return checkup.findings(self._shop.api, self._hooks(hook_url), self._shop.url)

    def watch(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Make sure that the shop's webhooks reach `hook_url`; mend what can be mended."""
        return self._hooks(hook_url).mend()

    def poke(self) -> None:
        """Let a request of ours run the shop's queue, which waits for somebody to come."""
        self._shop.api.get("products", [("per_page", "1"), ("_fields", "id")])

    def _hooks(self, hook_url: str | None) -> Hooks:
        return Hooks(
            self._shop.api,
            channel=self.name,
            shop_url=self._shop.url,
            hook_url=hook_url,
            secrets=self._settings.webhook_secret,
        )

    @property
    def _shop(self) -> _Shop:
        if self._reached is None:
            raise errors.Shut(
                "listens-only",
                f"channel {self.name} only listens; give it `url`, `key` and `secret`",
            )
        return self._reached
