"""A WooCommerce shop, as the contract of every channel asks for one."""

import json
from dataclasses import replace
from datetime import datetime

from stocksync.channels.base import Channel, Delivery
from stocksync.channels.settings import Secret
from tests.channels.woocommerce import shop

SECRETS = ("first-secret-of-the-shop", "second-secret-of-the-shop")


def channel(*secrets: Secret) -> Channel:
    """Return a channel that these secrets open."""
    return shop.channel(*secrets)


def sale(number: int, canary: str) -> bytes:
    """Return an order of its own number, every free text of it a canary."""
    told = shop.order("processing", {**shop.line(taken="2"), "name": canary}, id=number)
    told |= {"billing": {"email": canary, "phone": canary}, "customer_note": canary}
    return json.dumps(told).encode()


def send(body: bytes, secret: str, at: datetime) -> Delivery:
    """Return it signed."""
    return replace(shop.signed(body, secret=secret), received_at=at)
