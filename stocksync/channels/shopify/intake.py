"""From a message of the shop, or what we read there, to the delivery that is kept."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels import base, webhooks
from stocksync.channels.errors import Unreadable
from stocksync.channels.shopify import bodies, items
from stocksync.channels.shopify.fields import word
from stocksync.channels.webhooks import NotUnderstood
from stocksync.core.names import PaperKey

TOPIC = "x-shopify-topic"
SIGNATURE = "x-shopify-hmac-sha256"
DOMAIN = "x-shopify-shop-domain"
VERSION = "x-shopify-api-version"
DELIVERY = "x-shopify-webhook-id"


def heard(delivery: base.Delivery, shop: str) -> base.Delivery:
    """Keep what a webhook of `shop` tells of stock; what cannot be booked is kept parked.

    Raise `Unreadable` with a fingerprint if nothing of it is understood.
    """
    named = topic(delivery)
    slim = replace(delivery, headers={TOPIC: named} if named else {})
    try:
        _is_of(shop, delivery)
        said = bodies.heard(delivery.body, named)
    except NotUnderstood as e:
        event = webhooks.once(delivery.body, delivery.received_at)
        kept = webhooks.fingerprint(slim, delivery.body, event, e)
        raise Unreadable(e.code, e.detail, kept=kept) from e
    kept = webhooks.kept(slim, said, _event(delivery))
    lacks = [name for name in (DOMAIN, VERSION, DELIVERY) if not delivery.headers.get(name)]
    if not lacks:
        return kept
    words = f"signed, but sent without {' and '.join(lacks)}, which Shopify never leaves out"
    return replace(kept, trouble=base.Trouble(code="header-missing", detail=words))


def looked_at(node: Mapping[str, Any], now: datetime) -> base.Delivery:
    """Keep what an order that we read tells of stock; one not understood is kept parked."""
    return webhooks.looked_at(_whole(node), lambda: bodies.looked_at(node), now)


def gone(order: PaperKey, now: datetime) -> base.Delivery:
    """Write down that the shop does not have this order any more."""
    return webhooks.gone(bodies.gone(int(order)), now)


def item(node: Mapping[str, Any], now: datetime) -> base.Delivery:
    """Keep what an inventory item that we read is; one not understood is kept parked."""
    return webhooks.looked_at(_whole(node), lambda: items.kept(node), now)


def item_gone(number: int, now: datetime) -> base.Delivery:
    """Write down that the shop does not have this inventory item any more."""
    return webhooks.gone(items.kept_gone(number), now)


def topic(delivery: base.Delivery) -> str:
    """Return the topic of a webhook; it is not signed."""
    return word(delivery.headers.get(TOPIC)) or ""


def _whole(node: Mapping[str, Any]) -> bytes:
    return json.dumps(node, default=str, sort_keys=True).encode()


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
