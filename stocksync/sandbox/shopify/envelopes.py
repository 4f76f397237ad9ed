"""The headers around a body: names in any case, some of them only sometimes there."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from requests.structures import CaseInsensitiveDict

from stocksync.sandbox.dice import Dice
from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs
from stocksync.sandbox.shopify.delivery_record import Waiting
from stocksync.sandbox.shopify.posting import Post
from stocksync.sandbox.shopify.signing import Keyring, signature
from stocksync.sandbox.shopify.subscriptions import Origin

# What a delivery may lack; without the others no client library takes it.
OPTIONAL = frozenset(
    {
        "X-Shopify-Event-Id",
        "X-Shopify-Triggered-At",
        "X-Shopify-Name",
        "X-Shopify-Test",
        "X-Shopify-Order-Id",
        "X-Shopify-Product-Id",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers of one try say; none of it is signed but the body."""

    topic: str
    shop_domain: str
    version: str
    webhook_id: str
    event_id: str
    triggered_at: str
    signature: str
    name: str | None
    test: bool
    object_id: str

    def headers(self) -> dict[str, str]:
        """Return them all, named as the documentation does."""
        resource, _, _ = self.topic.partition("/")
        told = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Hmac-Sha256": self.signature,
            "X-Shopify-Shop-Domain": self.shop_domain,
            "X-Shopify-API-Version": self.version,
            "X-Shopify-Webhook-Id": self.webhook_id,
            "X-Shopify-Event-Id": self.event_id,
            "X-Shopify-Triggered-At": self.triggered_at,
        }
        if self.name is not None:
            told["X-Shopify-Name"] = self.name
        if self.test:
            told["X-Shopify-Test"] = "true"
        if resource in ("orders", "products") and self.object_id:
            told[f"X-Shopify-{resource[:-1].title()}-Id"] = self.object_id
        return told


class Sealer:
    """Signs each try of a delivery and dresses it in headers."""

    def __init__(self, *, domain: str, keyring: Keyring, knobs: DeliveryKnobs, seed: int) -> None:
        self._domain = domain
        self._keyring = keyring
        self._knobs = knobs
        self._dice = Dice(seed, "seal")

    def post(self, waiting: Waiting, now: datetime) -> Post:
        """Return the request of one try, signed with the secret of this moment."""
        knobs, body = self._knobs, waiting.body or b""
        by_hand = waiting.subscription.origin is Origin.ADMIN
        secret = self._keyring.store_secret if by_hand else self._keyring.signing(now)
        envelope = Envelope(
            topic=waiting.topic,
            shop_domain=self._domain,
            version=knobs.webhook_version,
            webhook_id=waiting.webhook_id,
            event_id=waiting.event_id,
            triggered_at=waiting.triggered_at,
            signature=signature(secret, body),
            name=waiting.subscription.name,
            test=waiting.test,
            object_id=waiting.object_id,
        )
        if self._dice.falls(knobs.webhook_forged):
            body = bytes([body[0] ^ 1]) + body[1:]
        if self._dice.falls(knobs.webhook_reserialised):
            body = body.replace(b"\\/", b"/")
        return Post(
            url=waiting.url,
            headers=self._as_sent(envelope.headers()),
            body=body,
            connect_s=knobs.webhook_connect_s,
            answer_s=knobs.webhook_answer_s,
        )

    def _as_sent(self, headers: dict[str, str]) -> CaseInsensitiveDict[str]:
        knobs = self._knobs
        never = {name.casefold() for name in knobs.webhook_headers_dropped}
        sent: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        for name, value in headers.items():
            if name.casefold() in never:
                continue
            if name in OPTIONAL and self._dice.falls(knobs.webhook_optional_dropped):
                continue
            sent[self._any_case(name) if knobs.webhook_any_case else name] = value
        return sent

    def _any_case(self, name: str) -> str:
        return "".join(self._dice.one_of((one.upper(), one.lower())) for one in name)


def to_the_nanosecond(moment: datetime, chance: random.Random) -> str:
    """Return a time with nine digits behind its point."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{chance.randrange(1000):03d}Z"
