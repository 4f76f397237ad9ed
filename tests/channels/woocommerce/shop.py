"""A shop for the tests: what a real one sent, and small bodies of the same shape."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from stocksync.channels.base import Delivery, Setting
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce import WooCommerce, WooCommerceSettings
from stocksync.core.facts import OrderLine, OrderSnapshot
from stocksync.core.names import ChannelName, MerchantName

RECORDINGS = Path(__file__).parents[2] / "recordings" / "woocommerce"
TAPES = Path(str(files("stocksync.lab"))) / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*__*.json"))
SECRET = "a-secret-of-the-tests"
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def channel(*secrets: str | Secret, decimals: int = 0, **settings: Any) -> WooCommerce:
    """Return the channel `web`, opened by these secrets."""
    written = [
        one if isinstance(one, Secret) else Secret(value=one, origin="WOO_WEBHOOK_SECRET")
        for one in secrets or (SECRET,)
    ]
    return WooCommerce(
        Setting(merchant=MerchantName("m"), name=ChannelName("web"), decimals=decimals),
        WooCommerceSettings(kind="woocommerce", webhook_secret=written, **settings),
    )


def recording(name: str) -> dict[str, Any]:
    """Return one recorded delivery with its secret and what happened in the shop."""
    said: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return said


def recorded(name: str) -> Delivery:
    """Return one recorded delivery as it came."""
    said = recording(name)
    return arrived(said["raw_body"].encode(), said["headers"])


def tape() -> tuple[list[Delivery], dict[str, Any]]:
    """Return the deliveries of one whole shop day, and what was true at its end."""
    with gzip.open(TAPES / "tape-day-1.jsonl.gz", "rt") as file:
        rows = [json.loads(row) for row in file]
    return [arrived(row["raw_body"].encode(), row["headers"]) for row in rows[:-1]], rows[-1]


def tape_secret() -> str:
    """Return the secret of the shop on the tape."""
    secret: str = json.loads((TAPES / "tape-day-1.start.json").read_text())["webhook_secret"]
    return secret


def arrived(body: bytes, headers: Mapping[str, str]) -> Delivery:
    """Return a delivery as the door hands it over."""
    lower = {name.lower(): value for name, value in headers.items()}
    return Delivery(body=body, headers=lower, received_at=NOON, token="t0k3n")


def signed(
    body: bytes, topic: str = "order.updated", delivery_id: str = "d1", secret: str = SECRET
) -> Delivery:
    """Return a delivery as a shop that knows the secret sends it."""
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return arrived(
        body,
        {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": delivery_id,
            "X-WC-Webhook-Signature": signature,
        },
    )


def line(
    number: int = 7,
    quantity: Any = 3,
    taken: Any = None,
    put_back: Any = None,
    product: int = 10,
    variation: int = 0,
    sku: Any = "MUG-RED",
) -> dict[str, Any]:
    """Return one line of an order; `taken` and `put_back` are its stock metas, None: not there."""
    metas = [{"id": 1, "key": "size", "value": {"any": "object"}}]
    if taken is not None:
        metas.append({"id": 2, "key": "_reduced_stock", "value": taken})
    if put_back is not None:
        metas.append({"id": 3, "key": "_restock_refunded_items", "value": put_back})
    return {
        "id": number,
        "product_id": product,
        "variation_id": variation,
        "sku": sku,
        "quantity": quantity,
        "meta_data": metas,
    }


def order(status: str, *lines: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Return an order that was made at 10:00:00 and touched at 10:30:00."""
    return {
        "id": 41,
        "status": status,
        "created_via": "rest-api",
        "date_created_gmt": "2026-11-27T10:00:00",
        "date_modified_gmt": "2026-11-27T10:30:00",
        "date_completed_gmt": None,
        "line_items": list(lines),
        "refunds": [],
        **other,
    }


def facts_of(body: Any, web: WooCommerce | None = None, topic: str = "order.updated") -> list[Any]:
    """Return what a body means, after the way of every delivery: minimised, then translated."""
    web = web or channel()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [fact for kept in web.minimise(signed(raw, topic)) for fact in web.translate(kept)]


def snapshot(body: Any, **settings: Any) -> OrderSnapshot:
    """Return the order that a body shows."""
    (fact,) = facts_of(body, channel(**settings))
    assert isinstance(fact, OrderSnapshot)
    return fact


def only_line(body: Any, **settings: Any) -> OrderLine:
    """Return the one line of the order that a body shows."""
    (one,) = snapshot(body, **settings).lines
    return one


def units(of: OrderLine) -> tuple[int, int, int, int]:
    """Return the (committed, gone, beyond, soft) of a line."""
    return of.committed, of.gone, of.beyond, of.soft
