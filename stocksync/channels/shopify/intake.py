"""From a message of the shop, or an order that we read there, to the delivery that is kept."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels import base
from stocksync.channels.errors import Unreadable
from stocksync.channels.settings import Secret
from stocksync.channels.shopify import bodies
from stocksync.channels.shopify.bodies import NotUnderstood
from stocksync.channels.shopify.fields import word
from stocksync.core.names import EventId, PaperKey

TOPIC = "x-shopify-topic"
SIGNATURE = "x-shopify-hmac-sha256"
DOMAIN = "x-shopify-shop-domain"
VERSION = "x-shopify-api-version"
DELIVERY = "x-shopify-webhook-id"


def proves(delivery: base.Delivery, secrets: Iterable[Secret]) -> bool:
    """Return whether one of the secrets that are live signed these very bytes."""
    given = delivery.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    live = [one for one in secrets if one.live(delivery.received_at)]
    return any(hmac.compare_digest(given, _sign(one, delivery.body)) for one in live)


def heard(delivery: base.Delivery, shop: str) -> base.Delivery:
    """Keep what a webhook of `shop` tells of stock; what cannot be booked is kept parked.

    Raise `Unreadable` with a fingerprint if nothing of it is understood.
    """
    try:
        _is_of(shop, delivery)
        said = bodies.heard(delivery.body, topic(delivery))
    except NotUnderstood as e:
        raise Unreadable(e.code, e.detail, kept=_fingerprint(delivery, delivery.body, e)) from e
    kept = _kept(delivery, said, _event(delivery))
    lacks = [name for name in (DOMAIN, VERSION, DELIVERY) if not delivery.headers.get(name)]
    if not lacks:
        return kept
    words = f"signed, but sent without {' and '.join(lacks)}, which Shopify never leaves out"
    return replace(kept, trouble=base.Trouble(code="header-missing", detail=words))


def looked_at(node: Mapping[str, Any], now: datetime) -> base.Delivery:
    """Keep what an order that we read tells of stock; one not understood is kept parked."""
    empty = _ours(now)
    whole = json.dumps(node, default=str, sort_keys=True).encode()
    try:
        return _kept(empty, bodies.looked_at(node), _once(whole, now))
    except NotUnderstood as e:
        return _fingerprint(empty, whole, e)


def gone(order: PaperKey, now: datetime) -> base.Delivery:
    """Write down that the shop does not have this order any more."""
    said = bodies.gone(int(order))
    return _kept(_ours(now), said, _once(json.dumps(said).encode(), now))


def topic(delivery: base.Delivery) -> str:
    """Return the topic of a webhook; it is not signed."""
    return word(delivery.headers.get(TOPIC)) or ""


def _is_of(shop: str, delivery: base.Delivery) -> None:
    """Raise `NotUnderstood` for another shop: an app signs alike in all shops of one owner."""
    domain = delivery.headers.get(DOMAIN, "").strip().lower()
    if domain and domain != shop:
        raise NotUnderstood(
            "wrong-shop",
            f"this webhook is of another shop than {shop}; send it to that one's channel",
        )


def _event(delivery: base.Delivery) -> bytes:
    """Return what makes this webhook enter once: its topic, its delivery and its bytes.

    Nobody says that a delivery keeps its id when it is sent again, nor that an id never comes
    with another body; the event id of Shopify's is shared by all that one act caused.
    """
    sent_as = delivery.headers.get(DELIVERY, "").encode("utf-8", "replace")
    return b"\n".join((topic(delivery).encode(), sent_as, delivery.body))


def _ours(now: datetime) -> base.Delivery:
    return base.Delivery(body=b"", headers={}, received_at=now, read_began_at=now)


def _once(body: bytes, now: datetime) -> bytes:
    # The same answer at another time is another event: it may end a question asked between.
    return b"\n".join((body, b"read", now.isoformat().encode()))


def _sign(secret: Secret, body: bytes) -> bytes:
    key = secret.value.encode("utf-8", "surrogateescape")  # an environment may hold any bytes
    return b64encode(hmac.digest(key, body, "sha256"))


def _fingerprint(delivery: base.Delivery, whole: bytes, e: NotUnderstood) -> base.Delivery:
    said = {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    kept = _kept(delivery, said, _once(whole, delivery.received_at))
    return replace(kept, trouble=base.Trouble(code=e.code, detail=e.detail))


def _kept(delivery: base.Delivery, said: object, event: bytes) -> base.Delivery:
    named = topic(delivery)
    body = json.dumps(said, separators=(",", ":")).encode()
    return replace(
        delivery,
        body=body,
        headers={TOPIC: named} if named else {},
        token=None,
        event_id=EventId(hashlib.sha256(event).hexdigest()),
        content=hashlib.sha256(body).hexdigest(),
    )
