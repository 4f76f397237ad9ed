"""A made tape of two goods: a number long before its order, an edit, an order never shown."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId
from stocksync.lab.tape import Recorded, Start, Tape, Truth

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
MUG, GLASS = "MUG-RED", "GLASS-TALL"
_IDS = {MUG: 10, GLASS: 11}
_SIGNS = "whsec_made"


def delivery(at_s: float, topic: str, body: Mapping[str, Any]) -> Recorded:
    """Return a delivery of so many seconds after noon, signed by the shop."""
    raw = json.dumps(body).encode()
    headers = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": f"{topic} {at_s}",
        "X-WC-Webhook-Signature": base64.b64encode(
            hmac.digest(_SIGNS.encode(), raw, "sha256")
        ).decode(),
        "Content-Type": "application/json",
    }
    return Recorded(at=NOON + timedelta(seconds=at_s), headers=headers, body=raw)


def product(sku: str, units: int, changed_s: int) -> dict[str, Any]:
    """Return the body of a product that was changed so many seconds after noon."""
    return {
        "id": _IDS[sku],
        "parent_id": 0,
        "type": "simple",
        "sku": sku,
        "manage_stock": True,
        "stock_quantity": units,
        "backorders": "no",
        "date_modified_gmt": _text(changed_s),
    }


def order(key: int, sku: str, units: int, changed_s: int) -> dict[str, Any]:
    """Return the body of a paid order that has taken its units."""
    taken = {"id": 1, "key": "_reduced_stock", "value": str(units)}
    line = {
        "id": key,
        "product_id": _IDS[sku],
        "variation_id": 0,
        "sku": sku,
        "quantity": units,
        "meta_data": [taken],
    }
    return {
        "id": key,
        "status": "processing",
        "created_via": "checkout",
        "date_created_gmt": _text(0),
        "date_modified_gmt": _text(changed_s),
        "line_items": [line],
        "refunds": [],
        "billing": {"first_name": "Zaphodette"},
    }


def made_tape() -> Tape:
    """Return a short day: +5 MUG by hand; 3 GLASS for an order that was deleted unshown."""
    no_order = {"code": "woocommerce_rest_shop_order_invalid_id", "data": {"status": 404}}
    return Tape(
        start=Start(
            secret=_SIGNS,
            stock={MUG: 10, GLASS: 5},
            catalogue=[_entry(MUG), _entry(GLASS)],
            products=[product(MUG, 10, -60), product(GLASS, 5, -60)],
        ),
        deliveries=[
            delivery(0, "product.updated", product(MUG, 8, 0)),
            delivery(25, "order.created", order(55, MUG, 2, 0)),
            delivery(27, "product.updated", product(MUG, 13, 26)),
            delivery(28, "order.created", no_order),
            delivery(29, "product.updated", product(GLASS, 2, 28)),
            delivery(30, "product.updated", product(GLASS, 1, 29)),
            delivery(31, "order.updated", order(56, GLASS, 1, 29)),
            delivery(32, "order.deleted", {"id": 56}),
        ],
        edits=[],
        truth=Truth(
            shown={MUG: 13, GLASS: 1},
            available={MUG: 13, GLASS: 4},
            orders={"55": {"55": 2}, "56": {"56": 1}},
            gone={"60": {GLASS: 3}},
        ),
    )


def _entry(sku: str) -> CatalogueEntry:
    listing = ListingId(str(_IDS[sku]))
    return CatalogueEntry(listing=listing, sku=sku, owner=listing, managed=True)


def _text(seconds: int) -> str:
    return (NOON + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
