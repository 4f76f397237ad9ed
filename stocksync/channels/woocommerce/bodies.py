"""From the bytes of a body to the few fields that stock needs, each of its type or null.

Reading what was already read gives the same again, so a kept body takes this road too.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from stocksync.channels import webhooks
from stocksync.channels.webhooks import NotUnderstood

TAKEN = "_reduced_stock"
PUT_BACK = "_restock_refunded_items"


class Kind(StrEnum):
    """What a body is, by its own keys."""

    ORDER = "order"
    PRODUCT = "product"
    DELETED = "deleted"
    ERROR = "error"
    ACTION = "action"
    GONE = "gone"
    """Ours alone: the shop does not have this order any more."""


def read(body: bytes, *, ours: bool = False) -> tuple[Kind, dict[str, Any]]:
    """Return the kind of a body and its listed fields, or raise `NotUnderstood`.

    Only in a body that we wrote down ourselves (`ours`) an order can be gone for good.
    """
    said = webhooks.object_of(body, "WooCommerce")
    if ours and said.keys() == {"id", "gone"}:
        return Kind.GONE, {"id": _whole(said["id"]), "gone": True}
    if "line_items" in said:
        return Kind.ORDER, order(said)
    if "stock_quantity" in said or "manage_stock" in said:
        return Kind.PRODUCT, product(said)
    if "code" in said and "id" not in said:
        data = said.get("data")
        status = data.get("status") if isinstance(data, dict) else None
        return Kind.ERROR, {"code": word(said["code"]), "data": {"status": _whole(status)}}
    if said.keys() == {"id"}:
        return Kind.DELETED, {"id": _whole(said["id"])}
    if "action" in said and "id" not in said:
        return Kind.ACTION, {"action": word(said["action"])}
    raise NotUnderstood(
        "unknown-body", "this is no order, product, deletion, error or action of WooCommerce"
    )


def order(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the listed fields of an order, or raise `NotUnderstood`."""
    lines = _listed(said.get("line_items"))
    if lines is None:
        raise NotUnderstood("order-without-lines", "line_items of this order is not a list")
    kept = _only(_ORDER, said)
    kept["line_items"] = [_line(line) for line in lines]
    refunds = _listed(said.get("refunds")) or []
    kept["refunds"] = [_only(_REFUND, refund) for refund in refunds if isinstance(refund, dict)]
    return kept


def product(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the listed fields of a product or variation."""
    return _only(_PRODUCT, said)


def word(value: Any) -> str | None:
    """Return a short technical word, or None for anything that may be prose."""
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.:/-]{1,100}", value)
    return value if fits else None


def _line(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    line = _only(_LINE, value)
    metas = _listed(value.get("meta_data"))
    # Null, not empty: "it took nothing" and "nobody can read what it took" book differently.
    line["meta_data"] = None if metas is None else [_meta(one) for one in metas if _is_ours(one)]
    return line


def _is_ours(meta: Any) -> bool:
    return isinstance(meta, dict) and meta.get("key") in (TAKEN, PUT_BACK)


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": meta["key"], "value": _number(meta.get("value"))}


def _listed(value: Any) -> list[Any] | None:
    """Return a list, also one that PHP wrote as {"0": .., "2": ..} as a plugin took from it."""
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else None


def _only(shape: Mapping[str, Callable[[Any], Any]], value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: clean(value.get(key)) for key, clean in shape.items()}


def _whole(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
    return value if fits else None


def _text(value: Any) -> str | None:
    """Return a text, also one of digits that a plugin wrote as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    if isinstance(value, Decimal):
        return str(value)
    return value if isinstance(value, str) else None


def _number(value: Any) -> str | None:
    text = _text(value) or ""
    return text if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", text) else None


def _sku(value: Any) -> str | None:
    text = _text(value) or ""
    unfit = re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text)  # no database takes them all
    return text if 0 < len(text) <= 255 and not unfit else None


def _moment(value: Any) -> str | None:
    """Return a time as WooCommerce writes it: UTC without a zone, whole seconds, sorts as text."""
    seconds = r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    if not isinstance(value, str) or not re.fullmatch(seconds, value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return value


def _managed(value: Any) -> bool | str | None:
    return value if value is True or value is False or value == "parent" else None


_ORDER: Mapping[str, Callable[[Any], Any]] = {
    "id": _whole,
    "status": word,
    "created_via": word,
    "date_created_gmt": _moment,
    "date_modified_gmt": _moment,
    "date_completed_gmt": _moment,
    "date_paid_gmt": _moment,
}
_LINE: Mapping[str, Callable[[Any], Any]] = {
    "id": _whole,
    "product_id": _whole,
    "variation_id": _whole,
    "sku": _sku,
    "quantity": _number,
}
ORDER_FIELDS = (*_ORDER, "line_items", "refunds")
"""What we ask for of an order: names inside of `line_items` would drop the lines."""
_REFUND: Mapping[str, Callable[[Any], Any]] = {"id": _whole}
_PRODUCT: Mapping[str, Callable[[Any], Any]] = {
    "id": _whole,
    "parent_id": _whole,
    "type": word,
    "sku": _sku,
    "manage_stock": _managed,
    "stock_quantity": _number,
    "backorders": word,
    "date_modified_gmt": _moment,
    "status": word,
}
PRODUCT_FIELDS = tuple(_PRODUCT)
