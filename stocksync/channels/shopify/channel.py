"""One Shopify shop: what it sent is verified, kept and understood; what it shows is kept right.

The verbs of the incoming half are written here; those that call the shop are each a sentence
about a module of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stocksync.channels import base
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.channels.http import Http
from stocksync.channels.shopify import (
    bodies,
    checkup,
    intake,
    items,
    levels,
    notices,
    orders,
    pulling,
    reading,
)
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.documents import LIST_MAX
from stocksync.channels.shopify.hooks import Hooks
from stocksync.channels.shopify.orders import Policy
from stocksync.channels.shopify.settings import ShopifySettings
from stocksync.channels.shopify.token import Granted, Permanent, Tokens
from stocksync.channels.shopify.topics import Kind
from stocksync.channels.shopify.writing import Writer
from stocksync.channels.webhooks import NotUnderstood, answered, proves
from stocksync.core.belief import Way
from stocksync.core.facts import AskAgain, Fact, Removal, SlipRules, Vanished
from stocksync.core.names import ChannelName, ListingId, PaperKey

TRYING = timedelta(seconds=65)
"""How much later than the first the last try of one call may begin."""
_ANSWER_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shop:
    """What it takes to call the shop."""

    api: Api
    writer: Writer
    importer: Importer

    @classmethod
    def of(cls, setting: base.Setting, settings: ShopifySettings) -> "_Shop":
        http = Http(
            settings.base_url,
            allow_private=settings.allow_private,
            allow_insecure=settings.allow_insecure,
            read_s=settings.timeout.total_seconds(),
            body_max=_ANSWER_MAX,
        )
        api = Api(http, cls._tokens(http, settings), host=settings.shop)
        importer = Importer(
            api, allow_private=settings.allow_private, allow_insecure=settings.allow_insecure
        )
        return cls(api=api, writer=Writer(api, decimals=setting.decimals), importer=importer)

    @staticmethod
    def _tokens(http: Http, settings: ShopifySettings) -> Tokens:
        if settings.client_id is None:
            return Permanent(token=settings.access_token.value)
        return Granted(
            http,
            host=settings.shop,
            client_id=settings.client_id,
            secrets=[one.value for one in settings.client_secret],
        )


class Shopify:
    """One Shopify shop of one merchant.

    What it tells comes late, twice, in any order or never: an order is its newest state, and
    what became of its units are slips with ids of their own.
    """

    Settings = ShopifySettings
    body_max = 8 * 1024 * 1024

    def __init__(self, setting: base.Setting, settings: ShopifySettings) -> None:
        self._setting = setting
        self._settings = settings
        self._shop = _Shop.of(setting, settings)
        self._policy = Policy(
            decimals=setting.decimals,
            rules=SlipRules(
                removal=Removal(settings.edit_removal),
                restocks_lost=settings.cancel_without_restock == "restock",
            ),
            ignored_sources=frozenset(source.lower() for source in settings.ignore_sources),
        )

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        return self._setting.name

    def verify(self, delivery: base.Delivery) -> None:
        """Return if a live secret signed these very bytes, or raise `Unauthentic`."""
        if not proves(delivery, intake.SIGNATURE, self._settings.signing):
            raise Unauthentic(
                "bad-signature",
                "X-Shopify-Hmac-Sha256 does not fit this body; write the secret of the app as "
                "client_secret, or the one that Settings > Notifications shows as webhook_secret",
                status=401,
            )

    def minimise(self, delivery: base.Delivery) -> Sequence[base.Delivery]:
        """Keep the listed fields and drop all others, or raise `Unreadable` with a fingerprint."""
        return (intake.heard(delivery, self._settings.shop),)

    def answer(
        self, deliveries: Sequence[base.Delivery], stored: Sequence[base.Stored]
    ) -> base.Answer:
        """Say 200 to all that was signed: after nine refusals a subscription is deleted."""
        return answered(deliveries, stored)

    def translate(self, delivery: base.Delivery) -> Sequence[Fact]:
        """Turn a kept body into facts, or raise `Unreadable`."""
        looked_at = delivery.read_began_at
        try:
            kind, said = bodies.kept(delivery.body)
            match kind:
                case Kind.ORDER:
                    return orders.told(said, self._policy, ours=looked_at is not None)
                case Kind.REFUND:
                    return orders.refunded(said, self._policy)
                case Kind.FULFILMENT:
                    return orders.shipped(said, self._policy)
                case Kind.EDITED:
                    return orders.edited(said)
                case Kind.DELETED:
                    order = PaperKey(str(said["order_id"]))
                    return (AskAgain(order=order, why=f"order {order} is said to be deleted"),)
                case Kind.LEVEL:
                    topic, mapped = intake.topic(delivery), self._settings.mapped
                    return notices.level(said, topic, self._policy, mapped)
                case Kind.NOTICE:
                    return notices.noticed(said, intake.topic(delivery))
                case Kind.GONE:
                    at = looked_at or delivery.received_at
                    return (Vanished(order=PaperKey(str(said["id"])), at=at),)
                case Kind.ITEM:
                    return items.told(said, self._settings.mapped, self._setting.decimals)
                case Kind.ITEM_GONE:
                    return items.gone(said["id"], self._settings.mapped)
        except NotUnderstood as e:
            raise Unreadable(e.code, e.detail) from e

    @property
    def reach(self) -> base.Reach:
        """Return what the outgoing half can do: the shop compares before it sets."""
        told = self._settings
        return base.Reach(
            way=Way.COMPARED,
            batch=told.batch_size,
            reads=LIST_MAX,
            longest_life=max(base.LIFE_MIN, 2 * told.timeout) + TRYING,
            lag=told.poll.index_lag,
            by_key=True,
            pulls_orders=True,
            poll_every=told.poll.orders_every,
            watch_every=told.poll.webhooks_every or None,
            poke_every=None,
            reconcile_every=told.poll.levels_every,
        )

    def push(self, batch: base.Batch) -> Sequence[base.Ended]:
        """Write the numbers; one ending for each write, in any order. Or `CallError`."""
        return self._shop.writer.push(batch)

    def read(self, targets: Sequence[base.Target]) -> Mapping[ListingId, int]:
        """Return what each level shows now; one that is unknown or does not sell is left out."""
        return reading.levels(self._shop.api, targets, self._setting.decimals)

    def pull(self, cursor: str, now: datetime) -> base.Page:
        """Return one page of the orders that changed since the cursor. Or `CallError`."""
        at, overlap = pulling.read(cursor), self._settings.poll.overlap
        walked = pulling.walk(self._shop.api, at, overlap, now)
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
        """Return these orders as they are now; one that the shop does not show is gone.

        Keys of inventory items, as our own questions name them, are read as well.
        """
        numbers = items.among(orders)
        nodes = items.fetch(self._shop.api, numbers)
        found, missing = pulling.fetch(self._shop.api, orders)
        return [
            *(
                intake.item_gone(number, now) if node is None else intake.item(node, now)
                for number, node in zip(numbers, nodes, strict=True)
            ),
            *(intake.looked_at(order, now) for order in found),
            *(intake.gone(key, now) for key in missing),
        ]

    def open_orders(self, now: datetime) -> Iterator[Sequence[base.Delivery]]:
        """Yield every order that may still hold units on the shelf, a page at a time."""
        for page in pulling.open_orders(self._shop.api, now):
            yield [intake.looked_at(order, now) for order in page]

    def catalogue(self) -> Iterator[base.Preparing | Sequence[base.Listed]]:
        """Yield how far the shop is with its file, then what is in it. Or `CallError`."""
        mapped, decimals = self._settings.mapped, self._setting.decimals
        imported = yield from self._shop.importer.steps()
        for page in imported.pages():
            yield [one for row in page for one in levels.listed(row, mapped, decimals)]

    def doctor(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Look at everything that must be right for syncing; change nothing."""
        return checkup.findings(
            self._shop.api,
            self._hooks(hook_url),
            self._shop.importer,
            shop=self._settings.shop,
            locations=list(self._settings.locations),
        )

    def watch(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Make sure that the shop's webhooks reach `hook_url`; mend what can be mended."""
        return self._hooks(hook_url).mend()

    def poke(self) -> None:
        """Do nothing: the shop sends by itself."""

    def _hooks(self, hook_url: str | None) -> Hooks:
        # Nobody could tell what it sends from a forgery, and after four hours it would give up.
        proves = bool(self._settings.signing)
        return Hooks(
            self._shop.api,
            channel=self.name,
            hook_url=hook_url if proves else None,
            allow_private=self._settings.allow_private,
        )
