"""From a message of the shop, or an order that we read there, to the delivery that is kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels import base, errors, webhooks
from stocksync.channels.webhooks import NotUnderstood
from stocksync.channels.woocommerce import bodies
from stocksync.channels.woocommerce.bodies import Kind
from stocksync.core.names import PaperKey

TOPIC = "x-wc-webhook-topic"
SIGNATURE = "x-wc-webhook-signature"


def is_ping(delivery: base.Delivery) -> bool:
    """Return whether this is the call that announces a new webhook, and says nothing."""
    form = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = re.fullmatch(rb"webhook_id=[0-9]{1,20}", delivery.body)
    return form == "application/x-www-form-urlencoded" and named is not None


def heard(delivery: base.Delivery) -> base.Delivery:
    """Keep the listed fields of a webhook, or raise `Unreadable` with a fingerprint."""
    event, topic = delivery.body, bodies.word(delivery.headers.get(TOPIC))
    slim = replace(delivery, headers={} if topic is None else {TOPIC: topic})
    try:
        kind, said = bodies.read(delivery.body)
    except NotUnderstood as e:
        kept = webhooks.fingerprint(slim, delivery.body, event, e)
        raise errors.Unreadable(e.code, e.detail, kept=kept) from e
    if kind not in (Kind.ORDER, Kind.PRODUCT):
        # Trashed, restored, trashed again: the same bytes, and a second event.
        sent_as = delivery.headers.get("x-wc-webhook-delivery-id", "")
        event += b"\n" + sent_as.encode("utf-8", "replace")
    return webhooks.kept(slim, said, event)


def looked_at(order: Mapping[str, Any], now: datetime) -> base.Delivery:
    """Keep the listed fields of an order that we read; one not understood is kept parked."""
    whole = json.dumps(order, default=str).encode()
    return webhooks.looked_at(whole, lambda: bodies.order(order), now)


def gone(order: PaperKey, now: datetime) -> base.Delivery:
    """Write down that the shop does not have this order any more."""
    return webhooks.gone({"id": int(order), "gone": True}, now)
