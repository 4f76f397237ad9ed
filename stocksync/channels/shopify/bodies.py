"""From a webhook's bytes, or an order read by GraphQL, to the few fields that stock needs.

Both spellings of an order become one shape, each field of its type or null, so that what we
heard and what we read of one state say the same. What is kept names its own kind, and is read
again by `kept`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from stocksync.channels import webhooks
from stocksync.channels.shopify import nodes
from stocksync.channels.shopify.fields import (
    flag,
    identity,
    listed,
    moment,
    sku,
    source,
    whole,
    word,
)
from stocksync.channels.shopify.topics import KINDS, Kind
from stocksync.channels.webhooks import NotUnderstood

RESTOCKS = frozenset({"cancel", "return", "legacy_restock"})
"""The kinds of refund lines whose units are put back on a shelf."""


def heard(body: bytes, topic: str) -> dict[str, Any]:
    """Return what is kept of a webhook's body, or raise `NotUnderstood`.

    Its topic is not signed: a body that is not of the topic's shape is not understood.
    """
    kind = KINDS.get(topic)
    if kind is None:
        raise NotUnderstood(
            "unknown-topic",
            f"topic {topic or 'without a name'} is none of ours; delete that webhook in the shop",
        )
    said = webhooks.object_of(body, "Shopify")
    fields = _told(kind, said)
    if fields is None:
        raise NotUnderstood("unknown-body", f"the body is none of topic {topic}")
    return {"kind": kind.value, **fields}


def looked_at(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of an order that we read, or raise `NotUnderstood`."""
    try:
        said = nodes.order(node)
    except nodes.Cut as e:
        raise NotUnderstood("order-cut", f"order {e}: not all of its lines were read") from e
    fields = _order(said)
    if fields is None:
        raise NotUnderstood("unknown-body", "what we read is no order of Shopify")
    return {"kind": Kind.ORDER.value, **fields}


def gone(number: int) -> dict[str, Any]:
    """Return what is kept of an order that the shop does not have any more."""
    return {"kind": Kind.GONE.value, "id": number}


def kept(body: bytes) -> tuple[Kind, dict[str, Any]]:
    """Return what was kept, or raise `NotUnderstood` if it was only a fingerprint."""
    said = webhooks.object_of(body, "Shopify")
    try:
        return Kind(said.pop("kind", "")), said
    except (ValueError, TypeError) as e:
        raise NotUnderstood("unknown-body", "only its size and its hash were kept") from e


def _told(kind: Kind, said: Mapping[str, Any]) -> dict[str, Any] | None:
    match kind:
        case Kind.ORDER:
            return _order(said)
        case Kind.REFUND:
            return _owned(said, _REFUND)
        case Kind.FULFILMENT:
            return _owned(said, _FULFILMENT)
        case Kind.EDITED:
            edit = said.get("order_edit")
            order = identity(edit.get("order_id")) if isinstance(edit, dict) else None
            return None if order is None else {"order_id": order}
        case Kind.DELETED:
            order = identity(said.get("id"))
            return None if order is None else {"order_id": order}
        case Kind.LEVEL:
            level = _only(_LEVEL, said)
            return level if level["inventory_item_id"] and level["location_id"] else None
        case Kind.NOTICE | Kind.GONE | Kind.ITEM | Kind.ITEM_GONE:
            return {"id": identity(said.get("id"))}


def _order(said: Mapping[str, Any]) -> dict[str, Any] | None:
    fields = _only(_ORDER, said)
    return fields if fields["id"] and "order_id" not in said else None


def _owned(said: Mapping[str, Any], shape: "_Shape") -> dict[str, Any] | None:
    """Return a paper that belongs to an order, by a topic of its own."""
    fields = _only(shape, said)
    order = identity(said.get("order_id"))
    lines = fields.get("refund_line_items", fields.get("line_items"))
    whole_ = order is not None and fields["id"] is not None and lines is not None
    return {"order_id": order, **fields} if whole_ else None


_Shape = Mapping[str, Callable[[Any], Any]]


def _only(shape: _Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: clean(value.get(key)) for key, clean in shape.items()}


def _each(shape: _Shape) -> Callable[[Any], Any]:
    return lambda value: listed(value, lambda one: _only(shape, one))


def _refund_line(said: Mapping[str, Any]) -> dict[str, Any]:
    line = _only(_REFUND_LINE, said)
    restocked = said.get("restocked")  # GraphQL alone tells what really happened
    known = isinstance(restocked, bool)
    return line | {"restocked": restocked if known else line["restock_type"] in RESTOCKS}


def _line(said: Mapping[str, Any]) -> dict[str, Any]:
    # A line of a deleted variant is nobody's stock, whatever it was once tracked by.
    tracked = said.get("variant_inventory_management") is not None
    return _only(_LINE, said) | {"tracked": tracked and said.get("variant_id") is not None}


_LINE: _Shape = {
    "id": identity,
    "variant_id": identity,
    "sku": sku,
    "quantity": whole,
    "current_quantity": whole,
    "gift_card": flag,
}
_REFUND_LINE: _Shape = {
    "id": identity,
    "line_item_id": identity,
    "location_id": identity,
    "quantity": whole,
    "restock_type": word,
}
_REFUND: _Shape = {
    "id": identity,
    "created_at": moment,
    "refund_line_items": lambda value: listed(value, _refund_line),
}
_FULFILMENT: _Shape = {
    "id": identity,
    "status": word,
    "created_at": moment,
    "updated_at": moment,
    "location_id": identity,
    "line_items": _each({"id": identity, "quantity": whole}),
}
_ORDER: _Shape = {
    "id": identity,
    "created_at": moment,
    "updated_at": moment,
    "cancelled_at": moment,
    "source_name": source,
    "location_id": identity,
    "test": flag,
    "line_items": lambda value: listed(value, _line),
    "refunds": _each(_REFUND),
    "fulfillments": _each(_FULFILMENT),
}
_LEVEL: _Shape = {
    "inventory_item_id": identity,
    "location_id": identity,
    "available": lambda value: whole(value, below_zero=True),
}
