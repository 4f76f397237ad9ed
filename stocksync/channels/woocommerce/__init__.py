"""WooCommerce, the incoming half: verify what a shop's webhooks sent, keep what is of stock."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from pydantic import ValidationInfo, field_validator

from stocksync.channels import base
from stocksync.channels.woocommerce import bodies, orders, products
from stocksync.channels.woocommerce.bodies import Kind, NotUnderstood
from stocksync.core.facts import Fact, Ignored, SomethingMissed
from stocksync.core.names import ChannelName, EventId

TOPIC = "x-wc-webhook-topic"


class WooCommerceSettings(base.Settings):
    """What a merchant writes under a WooCommerce channel."""

    later: ClassVar[frozenset[str]] = base.Settings.later | {
        "auth",
        "write_mode",
        "poke_every",
        "poll",
        "batch_size",
        "timeout",
        "parallel",
    }

    webhook_secret: base.Secrets
    unpaid_soft_hold: base.Duration = timedelta(minutes=60)
    allow_private: bool = False
    allow_insecure: bool = False  # before `url`, which asks it
    url: str | None = None
    key: base.OneSecret = None
    secret: base.OneSecret = None

    @field_validator("webhook_secret")
    @classmethod
    def _signs_as_written(cls, secrets: tuple[base.Secret, ...]) -> tuple[base.Secret, ...]:
        for one in secrets:
            if not one.value.strip():
                raise ValueError(f"{one.origin} is empty, so anybody could sign; give it a value")
            # The shop decodes HTML entities in its secret before it signs.
            if set(one.value) & set("&<>\"'"):
                raise ValueError(
                    f"{one.origin} holds one of & < > \" ', which WooCommerce changes before it "
                    "signs; use letters, digits, _ and -"
                )
        return secrets

    @field_validator("url")
    @classmethod
    def _speaks_privately(cls, url: str | None, info: ValidationInfo) -> str | None:
        allowed = ("https://", "http://") if info.data.get("allow_insecure") else ("https://",)
        if url is not None and not url.startswith(allowed):
            raise ValueError(
                "must begin with https://; for a shop without it write allow_insecure: true"
            )
        return url


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

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        return self._setting.name

    def verify(self, delivery: base.Delivery) -> None:
        """Return if a live secret signed these very bytes, or raise `Unauthentic`.

        The ping of a new webhook is never signed; it says nothing, and passes.
        """
        signature = delivery.headers.get("x-wc-webhook-signature")
        if signature is None and _is_ping(delivery):
            return
        given = (signature or "").encode("utf-8", "replace")
        live = [one for one in self._settings.webhook_secret if one.live(delivery.received_at)]
        if not any(hmac.compare_digest(given, _sign(one, delivery.body)) for one in live):
            raise base.Unauthentic(
                "bad-signature",
                "X-WC-Webhook-Signature does not fit this body; give the webhook in WooCommerce "
                "the same secret as webhook_secret",
                status=401,
            )

    def minimise(self, delivery: base.Delivery) -> Sequence[base.Delivery]:
        """Keep the listed fields and drop all others, or raise `Unreadable` with a fingerprint."""
        if _is_ping(delivery):
            return ()
        try:
            kind, said = bodies.read(delivery.body)
        except NotUnderstood as e:
            digest = hashlib.sha256(delivery.body).hexdigest()
            whole = {"bytes": len(delivery.body), "sha256": digest}
            kept = _kept(delivery, whole, event=delivery.body)
            trouble = base.Trouble(code=e.code, detail=e.detail)
            raise base.Unreadable(e.code, e.detail, kept=replace(kept, trouble=trouble)) from e
        event = delivery.body
        if kind not in (Kind.ORDER, Kind.PRODUCT):
            # Trashed, restored, trashed again: the same bytes, and a second event.
            sent_as = delivery.headers.get("x-wc-webhook-delivery-id", "")
            event += b"\n" + sent_as.encode("utf-8", "replace")
        return (_kept(delivery, said, event),)

    def answer(
        self, deliveries: Sequence[base.Delivery], stored: Sequence[base.Stored]
    ) -> base.Answer:
        """Say 200 to all that was signed: seven refusals in a row switch a webhook off."""
        if not deliveries:
            status = "ok"
        elif base.Stored.REUSED in stored or any(one.trouble for one in deliveries):
            status = "parked"
        elif all(one is base.Stored.DUPLICATE for one in stored):
            status = "duplicate"
        else:
            status = "accepted"
        return base.Answer(status=200, body={"status": status})

    def translate(self, delivery: base.Delivery) -> Sequence[Fact]:
        """Turn a body into facts, or raise `Unreadable`."""
        decimals = self._setting.decimals
        try:
            kind, said = bodies.read(delivery.body)
            match kind:
                case Kind.ORDER:
                    return (orders.snapshot(said, decimals, self._settings.unpaid_soft_hold),)
                case Kind.PRODUCT:
                    return products.told(said, decimals)
                case Kind.DELETED:
                    return (orders.deleted(said, delivery.headers.get(TOPIC, "")),)
                case Kind.ERROR:
                    code = said["code"] or "unknown"
                    return (SomethingMissed(why=f"the shop sent its error {code} and no body"),)
                case Kind.ACTION:
                    return (Ignored(reason=f"the action {said['action']} names no order"),)
        except NotUnderstood as e:
            raise base.Unreadable(e.code, e.detail) from e


def _is_ping(delivery: base.Delivery) -> bool:
    form = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = re.fullmatch(rb"webhook_id=[0-9]{1,20}", delivery.body)
    return form == "application/x-www-form-urlencoded" and named is not None


def _sign(secret: base.Secret, body: bytes) -> bytes:
    key = secret.value.encode("utf-8", "surrogateescape")  # an environment may hold any bytes
    return base64.b64encode(hmac.digest(key, body, "sha256"))


def _kept(delivery: base.Delivery, said: object, event: bytes) -> base.Delivery:
    topic = bodies.word(delivery.headers.get(TOPIC))
    body = json.dumps(said, separators=(",", ":")).encode()
    return replace(
        delivery,
        body=body,
        headers={} if topic is None else {TOPIC: topic},
        token=None,
        event_id=EventId(hashlib.sha256(event).hexdigest()),
        content=hashlib.sha256(body).hexdigest(),
    )
