"""Signed deliveries of a Shopify shop: those made for this project, and public ones beside them.

The public samples (`js__*`, `py__*`) belong to Shopify's own libraries and are not copied here;
`STOCKSYNC_SAMPLES` names the folder that holds `shopify/js__*.json`.
"""

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest

from stocksync.channels.base import Delivery, Setting
from stocksync.channels.settings import Secret
from stocksync.channels.shopify import Shopify, ShopifySettings
from stocksync.core.names import ChannelName, MerchantName

RECORDINGS = Path(__file__).parents[2] / "recordings"
MADE = sorted(path.stem for path in (RECORDINGS / "shopify").glob("*.json"))
PUBLIC = (
    "js__inventory_levels_update__burst_1",
    "js__inventory_levels_update__burst_2",
    "js__inventory_levels_update__set_42",
    "js__orders_create__partially_paid",
    "js__refunds_create__no_restock",
    "py__inventory_levels_update__old_shape",
)
ALL = (*MADE, *PUBLIC)

SHOP = "example-stocksync.myshopify.com"
SECRET = "stocksync-test-client-secret"
OLD_SECRET = "stocksync-test-client-secret-old"
MAIN = "gid://shopify/Location/75596366001"
BACK = "gid://shopify/Location/75596366002"
NOON = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
"""When the deliveries reach us: after the last of them was made."""

Data = dict[str, Any]


def recording(name: str) -> Data:
    """Return one sample; skip the test if it is a public one that is not here."""
    if name in PUBLIC:
        folder = os.environ.get("STOCKSYNC_SAMPLES")
        if folder is None:
            pytest.skip("STOCKSYNC_SAMPLES does not name the folder of the public samples")
        path = Path(folder) / "shopify" / f"{name}.json"
    else:
        path = RECORDINGS / "shopify" / f"{name}.json"
    said: Data = json.loads(path.read_text(encoding="utf-8"))
    return said


def secret(value: str) -> Secret:
    """Return a secret as the config brings it."""
    return Secret(value=value, origin="env:SHOPIFY_SECRET")


def settings(**written: Any) -> ShopifySettings:
    """Return the settings of the samples' shop; the keys add to them, None takes one away."""
    told = {
        "kind": "shopify",
        "shop": SHOP,
        "client_id": "0123456789abcdef",
        "client_secret": (secret(SECRET), secret(OLD_SECRET)),
        "locations": {MAIN: "main", BACK: "back"},
        **written,
    }
    return ShopifySettings(**{key: value for key, value in told.items() if value is not None})


def channel(*, decimals: int = 0, **written: Any) -> Shopify:
    """Return the channel of the samples' shop."""
    setting = Setting(
        merchant=MerchantName("sneakers-tlv"), name=ChannelName("market"), decimals=decimals
    )
    return Shopify(setting, settings(**written))


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers as the door hands them on."""
    return {name.lower(): value for name, value in headers.items()}


def recorded(name: str) -> Delivery:
    """Return a sample as it reaches the channel."""
    said = recording(name)
    body = said["raw_body"].encode()
    return Delivery(body=body, headers=lowered(said["headers"]), received_at=NOON)


def body_of(name: str) -> Data:
    """Return the body of a sample."""
    said: Data = json.loads(recording(name)["raw_body"])
    return said


def signed(
    body: bytes | Data,
    topic: str = "orders/updated",
    *,
    webhook_id: str = "d1",
    by: str = SECRET,
    **headers: str,
) -> Delivery:
    """Return a body as the shop sends it."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    told = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": SHOP,
        "x-shopify-api-version": "2026-10",
        "x-shopify-webhook-id": webhook_id,
        "x-shopify-hmac-sha256": b64encode(digest(by.encode(), raw, sha256)).decode(),
        **headers,
    }
    return Delivery(body=raw, headers=told, received_at=NOON)


def order(**fields: Any) -> Data:
    """Return a small order of two tees, as a webhook tells it; the fields add to it."""
    return {
        "id": 7001,
        "created_at": "2026-11-22T10:00:00-05:00",
        "updated_at": "2026-11-22T10:00:01-05:00",
        "cancelled_at": None,
        "source_name": "web",
        "location_id": None,
        "test": False,
        "line_items": [line(11, quantity=2)],
        "refunds": [],
        "fulfillments": [],
        **fields,
    }


def line(number: int, **fields: Any) -> Data:
    """Return an order line of one tee; the fields add to it."""
    units = fields.get("quantity", 1)
    return {
        "id": number,
        "variant_id": 31939875864001,
        "sku": "TEE-M",
        "quantity": units,
        "current_quantity": units,
        "fulfillable_quantity": units,
        "gift_card": False,
        "variant_inventory_management": "shopify",
        **fields,
    }


def refund(number: int, *lines: Data) -> Data:
    """Return a refund of these lines."""
    return {
        "id": number,
        "created_at": "2026-11-22T12:00:00-05:00",
        "refund_line_items": list(lines),
    }


def refund_line(number: int, of: int, quantity: int, restock: str) -> Data:
    """Return one line of a refund; what is put back goes to Main."""
    return {
        "id": number,
        "line_item_id": of,
        "location_id": None if restock == "no_restock" else 75596366001,
        "quantity": quantity,
        "restock_type": restock,
    }


def fulfilment(number: int, status: str = "success", **units: int) -> Data:
    """Return a fulfilment from Main: `fulfilment(1, _11=2)` are two units of line 11."""
    return {
        "id": number,
        "status": status,
        "created_at": "2026-11-22T10:30:00-05:00",
        "updated_at": "2026-11-22T10:31:00-05:00",
        "location_id": 75596366001,
        "line_items": [
            {"id": int(name[1:]), "quantity": count, "fulfillable_quantity": 0}
            for name, count in units.items()
        ],
    }
