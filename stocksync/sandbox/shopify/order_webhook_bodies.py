"""Bodies of the order topics, as the old REST interface shaped them."""

from datetime import datetime
from typing import Any

from stocksync.sandbox.shopify.body_parts import Zone, gid, money, price, stamp
from stocksync.sandbox.shopify.line_webhook_bodies import (
    STAFF,
    fulfilment_body,
    line_body,
    refund_body,
)
from stocksync.sandbox.shopify.orders import Line, Order, OrderEdit
from stocksync.sandbox.shopify.products import SHOPIFY

# What the shop's test button sends, whatever the shop sells.
TEST_ORDER_ID = 820982911946154508
_TEST_LINES = (866550311766439020, 141249953214522974)
_TEST_TOPICS = ("orders/create", "orders/updated", "orders/cancelled")


def order_body(order: Order, zone: Zone) -> dict[str, Any]:
    """Return an order as it now is, with its refunds and fulfilments, and nobody's name."""
    money_of = _Totals(order)
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "app_id": order.app_id,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": order.cancel_reason,
        "cancelled_at": stamp(order.cancelled_at, zone),
        "cart_token": None,
        "checkout_token": None,
        "client_details": None,
        "closed_at": stamp(order.closed_at, zone),
        "confirmation_number": f"QX{order.number}",
        "confirmed": order.confirmed,
        "contact_email": None,
        "created_at": stamp(order.created_at, zone),
        "currency": order.currency,
        **money_of.current(),
        "customer_locale": "fr-CA",
        "device_id": None,
        "discount_codes": [],
        "email": None,
        "estimated_taxes": False,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfilment_status,
        "location_id": order.retail_location.id if order.retail_location else None,
        "name": order.name,
        "note": None,
        "note_attributes": [],
        "number": order.number - 1000,
        "order_number": order.number,
        "payment_gateway_names": ["cash" if order.source_name == "pos" else "shopify_payments"],
        "phone": None,
        "po_number": None,
        "presentment_currency": order.currency,
        "processed_at": stamp(order.created_at, zone),
        "reference": None,
        "source_identifier": None,
        "source_name": order.source_name,
        "source_url": None,
        "tags": "",
        "tax_exempt": False,
        "taxes_included": False,
        "test": order.test,
        "token": f"t{order.id}",
        **money_of.whole(),
        "total_weight": 0,
        "updated_at": stamp(order.updated_at, zone),
        "user_id": None,
        "billing_address": None,
        "customer": None,
        "discount_applications": [],
        "fulfillments": [fulfilment_body(one, zone) for one in order.fulfilments],
        "line_items": [line_body(one, order) for one in order.lines],
        "payment_terms": None,
        "refunds": [refund_body(one, zone) for one in order.refunds],
        "returns": [],
        "shipping_address": None,
        "shipping_lines": [],
        "line_item_groups": [],
    }


def edit_body(edit: OrderEdit, zone: Zone) -> dict[str, Any]:
    """Return what an edit changed, which is not an order."""
    return {
        "order_edit": {
            "id": edit.id,
            "app_id": None,
            "created_at": stamp(edit.created_at, zone),
            "committed_at": stamp(edit.committed_at, zone),
            "notify_customer": False,
            "order_id": edit.order.id,
            "staff_note": "",
            "user_id": STAFF,
            "line_items": {
                "additions": [{"id": key, "delta": units} for key, units in edit.additions],
                "removals": [{"id": key, "delta": units} for key, units in edit.removals],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def notification_for_test(topic: str, now: datetime, zone: Zone) -> dict[str, Any]:
    """Return what the test button sends: an order that never was, cancelled and one SKU twice."""
    if topic not in _TEST_TOPICS:
        raise LookupError(f"the test button tells of {', '.join(_TEST_TOPICS)}, not of {topic}")
    lines = [
        Line(
            id=key,
            variant=None,
            product_exists=True,
            sku="SAMPLE-SKU",
            title="Sample & test",
            quantity=1,
            price_cents=19900,
            manager=SHOPIFY,
            variant_id=808950810,
            product_id=788032119674292922,
        )
        for key in _TEST_LINES
    ]
    order = Order(
        id=TEST_ORDER_ID,
        number=1234,
        created_at=now,
        updated_at=now,
        source_name="web",
        paid=False,
        lines=lines,
        cancelled_at=now,
        cancel_reason="customer",
        confirmed=False,
        test=True,
    )
    return order_body(order, zone)


class _Totals:
    """The money of an order; what it is does not matter here, that it is text does."""

    def __init__(self, order: Order) -> None:
        self._currency = order.currency
        self._current = sum(one.current * one.price_cents for one in order.lines)
        self._whole = order.total_cents

    def current(self) -> dict[str, Any]:
        """Return what is left of it."""
        return {
            **money("current_subtotal_price", self._current, self._currency),
            **money("current_total_price", self._current, self._currency),
            "current_total_tax": price(0),
        }

    def whole(self) -> dict[str, Any]:
        """Return what was ordered."""
        return {
            "subtotal_price": price(self._whole),
            "total_discounts": price(0),
            "total_line_items_price": price(self._whole),
            "total_outstanding": price(0),
            **money("total_price", self._whole, self._currency),
            "total_tax": price(0),
        }
