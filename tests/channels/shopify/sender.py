"""A Shopify shop, as the contract of every channel asks for one."""

import json
from dataclasses import replace
from datetime import datetime

from stocksync.channels.base import Channel, Delivery
from stocksync.channels.settings import Secret
from tests.channels.shopify import samples

SECRETS = ("first-secret-of-the-app", "second-secret-of-the-app")


def channel(*secrets: Secret) -> Channel:
    """Return a channel that these secrets open."""
    return samples.channel(client_secret=secrets)


def sale(number: int, canary: str) -> bytes:
    """Return an order of its own number, every free text of it a canary."""
    told = samples.order(id=number, note=canary, email=canary, customer={"first_name": canary})
    told["line_items"][0] |= {"name": canary, "properties": [{"name": "to", "value": canary}]}
    return json.dumps(told).encode()


def send(body: bytes, secret: str, at: datetime) -> Delivery:
    """Return it signed."""
    return replace(samples.signed(body, "orders/create", by=secret), received_at=at)
