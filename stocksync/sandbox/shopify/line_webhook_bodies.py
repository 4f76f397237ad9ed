"""Bodies of what orders consist of: lines, fulfilments, refunds."""

from typing import Any

from stocksync.sandbox.shopify.body_parts import Zone, gid, price, price_set, stamp
from stocksync.sandbox.shopify.orders import (
    Fulfilment,
    FulfilmentLine,
    Line,
    Order,
    Refund,
    RefundLine,
)
from stocksync.sandbox.shopify.products import SHOPIFY

STAFF = 34727460001
_ONLY_VARIANT = "Default Title"  # GraphQL's word for it; lines have none


def line_body(line: Line, order: Order) -> dict[str, Any]:
    """Return one line; the SKU is the one it was sold under."""
    return {
        **_line_core(line, order),
        "attributed_staffs": [],
        "current_quantity": line.current,
        "price_set": price_set(line.price_cents, order.currency),
        "sales_line_item_group_id": None,
        "total_discount_set": price_set(0, order.currency),
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }


def fulfilment_body(parcel: Fulfilment, zone: Zone) -> dict[str, Any]:
    """Return one fulfilment; a line's quantity in it is what this parcel holds."""

    def part(one: FulfilmentLine) -> dict[str, Any]:
        return {**line_body(one.line, parcel.order), "quantity": one.quantity}

    return {
        "id": parcel.id,
        "admin_graphql_api_id": gid("Fulfillment", parcel.id),
        "created_at": stamp(parcel.created_at, zone),
        "updated_at": stamp(parcel.updated_at, zone),
        "order_id": parcel.order.id,
        "location_id": parcel.location.id,
        "name": parcel.name,
        "status": parcel.status.value,
        "service": "manual",
        "shipment_status": None,
        "origin_address": None,
        "receipt": {},
        "tracking_company": None,
        "tracking_number": None,
        "tracking_numbers": [],
        "tracking_url": None,
        "tracking_urls": [],
        "email": None,
        "destination": None,
        "line_items": [part(one) for one in parcel.lines],
    }


def refund_body(refund: Refund, zone: Zone) -> dict[str, Any]:
    """Return one refund, with transactions only where money went back."""
    order = refund.order
    created = stamp(refund.created_at, zone)
    transaction = {
        "id": refund.id + 700,
        "admin_graphql_api_id": gid("OrderTransaction", refund.id + 700),
        "order_id": order.id,
        "kind": "refund",
        "gateway": "shopify_payments",
        "status": "success",
        "message": None,
        "created_at": created,
        "processed_at": created,
        "test": order.test,
        "amount": price(refund.amount_cents),
        "currency": order.currency,
        "location_id": None,
        "parent_id": None,
        "user_id": None,
    }
    return {
        "id": refund.id,
        "admin_graphql_api_id": gid("Refund", refund.id),
        "created_at": created,
        "processed_at": created,
        "order_id": order.id,
        "note": refund.note,
        "user_id": STAFF,
        "restock": any(one.restocked for one in refund.lines),
        "return": None,
        "duties": [],
        "total_duties_set": price_set(0, order.currency),
        "order_adjustments": [],
        "refund_shipping_lines": [],
        "refund_line_items": [_refund_line(one, order) for one in refund.lines],
        "transactions": [transaction] if refund.amount_cents else [],
    }


def _line_core(line: Line, order: Order) -> dict[str, Any]:
    variant_title = line.variant.title if line.variant is not None else None
    if variant_title == _ONLY_VARIANT:
        variant_title = None
    status = None
    if line.shipped:
        status = "partial" if line.unfulfilled else "fulfilled"
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "fulfillable_quantity": order.fulfillable(line),
        "fulfillment_service": "manual" if line.manager in (None, SHOPIFY) else line.manager,
        "fulfillment_status": status,
        "gift_card": line.gift_card,
        "grams": 190,
        "name": f"{line.title} - {variant_title}" if variant_title else line.title,
        "price": price(line.price_cents),
        "product_exists": line.product_exists,
        "product_id": line.product_id,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": not line.gift_card,
        "sku": line.sku,
        "taxable": True,
        "title": line.title,
        "total_discount": price(0),
        "variant_id": line.variant_id,
        "variant_inventory_management": line.manager,
        "variant_title": variant_title,
        "vendor": line.variant.product.vendor if line.variant is not None else None,
    }


def _refund_line(one: RefundLine, order: Order) -> dict[str, Any]:
    cents = one.quantity * one.line.price_cents
    return {
        "id": one.id,
        "line_item_id": one.line.id,
        "location_id": one.location.id if one.location is not None else None,
        "quantity": one.quantity,
        "restock_type": one.restock_type.value,
        "subtotal": cents / 100,
        "subtotal_set": price_set(cents, order.currency),
        "total_tax": 0.0,
        "total_tax_set": price_set(0, order.currency),
        "line_item": _line_core(one.line, order),
    }
