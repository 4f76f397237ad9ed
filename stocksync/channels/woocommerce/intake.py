"""From a message of the shop, or an order that we read there, to the delivery that is kept."""

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels import base, errors
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce import bodies
from stocksync.channels.woocommerce.bodies import Kind, NotUnderstood
from stocksync.core.names import EventId, PaperKey

TOPIC = "x-wc-webhook-topic"


def is_ping(delivery: base.Delivery) -> bool:
    """Return whether this is the call that announces a new webhook, and says nothing."""
    form = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = re.fullmatch(rb"webhook_id=[0-9]{1,20}", delivery.body)
    return form == "application/x-www-form-urlencoded" and named is not None


def proves(delivery: base.Delivery, secrets: Iterable[Secret]) -> bool:
    """Return whether one of the secrets that are live signed these very bytes."""
    given = delivery.headers.get("x-wc-webhook-signature", "").encode("utf-8", "replace")
    live = [one for one in secrets if one.live(delivery.received_at)]
    return any(hmac.compare_digest(given, _sign(one, delivery.body)) for one in live)


def heard(delivery: base.Delivery) -> base.Delivery:
    """Keep the listed fields of a webhook, or raise `Unreadable` with a fingerprint."""
    event = delivery.body
    try:
        kind, said = bodies.read(delivery.body)
    except NotUnderstood as e:
        kept = _fingerprint(delivery, delivery.body, event, e)
        raise errors.Unreadable(e.code, e.detail, kept=kept) from e
    if kind not in (Kind.ORDER, Kind.PRODUCT):
        # Trashed, restored, trashed again: the same bytes, and a second event.
        sent_as = delivery.headers.get("x-wc-webhook-delivery-id", "")
        event += b"\n" + sent_as.encode("utf-8", "replace")
    return _kept(delivery, said, event)


def looked_at(order: Mapping[str, Any], now: datetime) -> base.Delivery:
    """Keep the listed fields of an order that we read; one not understood is kept parked."""
    whole = json.dumps(order, default=str).encode()
    empty = _ours(now)
    event = _once(whole, now)
    try:
        return _kept(empty, bodies.order(order), event)
    except NotUnderstood as e:
        return _fingerprint(empty, whole, event, e)


def gone(order: PaperKey, now: datetime) -> base.Delivery:
    """Write down that the shop does not have this order any more."""
    said = {"id": int(order), "gone": True}
    return _kept(_ours(now), said, _once(json.dumps(said).encode(), now))


def _ours(now: datetime) -> base.Delivery:
    return base.Delivery(body=b"", headers={}, received_at=now, read_began_at=now)


def _once(body: bytes, now: datetime) -> bytes:
    # The same answer at another time is another event: it may end a question asked between.
    return b"\n".join((body, b"read", now.isoformat().encode()))


def _sign(secret: Secret, body: bytes) -> bytes:
    key = secret.value.encode("utf-8", "surrogateescape")  # an environment may hold any bytes
    return b64encode(hmac.digest(key, body, "sha256"))


def _fingerprint(
    delivery: base.Delivery, whole: bytes, event: bytes, e: NotUnderstood
) -> base.Delivery:
    said = {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    trouble = base.Trouble(code=e.code, detail=e.detail)
    return replace(_kept(delivery, said, event), trouble=trouble)


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
