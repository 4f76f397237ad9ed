"""An order as GraphQL spells it, written down as a webhook spells it.

Only names, ids and the case of words differ; what the fields hold is looked at by `bodies`.
"""

from collections.abc import Mapping
from typing import Any

from stocksync.channels.shopify.gids import number


class Cut(Exception):
    """A list inside of this order was not read to its end."""


def order(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order's node with the names of a webhook's body, or raise `Cut`."""
    return {
        "id": number("Order", node.get("id")),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "cancelled_at": node.get("cancelledAt"),
        "source_name": node.get("sourceName"),
        "location_id": _id_of("Location", node.get("retailLocation")),
        "test": node.get("test"),
        "line_items": [_line(one) for one in _nodes(node, "lineItems")],
        "refunds": [_refund(one, node) for one in _listed(node.get("refunds"))],
        "fulfillments": [_fulfilment(one, node) for one in _listed(node.get("fulfillments"))],
    }


def _line(node: Mapping[str, Any]) -> dict[str, Any]:
    variant = node.get("variant")
    item = variant.get("inventoryItem") if isinstance(variant, dict) else None
    tracked = isinstance(item, dict) and item.get("tracked") is True
    return {
        "id": number("LineItem", node.get("id")),
        "variant_id": _id_of("ProductVariant", variant),
        "sku": node.get("sku"),
        "quantity": node.get("quantity"),
        "current_quantity": node.get("currentQuantity"),
        "gift_card": node.get("isGiftCard"),
        "variant_inventory_management": "shopify" if tracked else None,
    }


def _refund(node: Mapping[str, Any], order_: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": number("Refund", node.get("id")),
        "created_at": node.get("createdAt"),
        "refund_line_items": [
            {
                "id": number("RefundLineItem", one.get("id")),
                "line_item_id": _id_of("LineItem", one.get("lineItem")),
                "location_id": _id_of("Location", one.get("location")),
                "quantity": one.get("quantity"),
                "restock_type": one.get("restockType"),
                "restocked": one.get("restocked"),
            }
            for one in _nodes(node, "refundLineItems", order_)
        ],
    }


def _fulfilment(node: Mapping[str, Any], order_: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": number("Fulfillment", node.get("id")),
        "status": node.get("status"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "location_id": _id_of("Location", node.get("location")),
        "line_items": [
            {"id": _id_of("LineItem", one.get("lineItem")), "quantity": one.get("quantity")}
            for one in _nodes(node, "fulfillmentLineItems", order_)
        ],
    }


def _nodes(
    holder: Mapping[str, Any], name: str, order_: Mapping[str, Any] | None = None
) -> list[Any]:
    connection = holder.get(name)
    if not isinstance(connection, dict):
        raise Cut(number("Order", (order_ or holder).get("id")))
    page = connection.get("pageInfo")
    if isinstance(page, dict) and page.get("hasNextPage"):
        raise Cut(number("Order", (order_ or holder).get("id")))
    return _listed(connection.get("nodes"))


def _listed(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _id_of(kind: str, holder: Any) -> int | None:
    return number(kind, holder.get("id")) if isinstance(holder, dict) else None
