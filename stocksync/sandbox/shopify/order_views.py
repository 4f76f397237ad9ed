"""Orders, refunds and parcels as GraphQL shows them."""

from collections.abc import Iterable
from typing import Any

from stocksync.sandbox.shopify.api_errors import access_denied
from stocksync.sandbox.shopify.connections import connection
from stocksync.sandbox.shopify.orders import (
    Fulfilment,
    FulfilmentLine,
    FulfilmentOrder,
    FulfilmentOrderLine,
    Line,
    Order,
    Refund,
    RefundLine,
)
from stocksync.sandbox.shopify.shelf_views import Info, ShelfViews, View, gid, moment

MOVES = "read_merchant_managed_fulfillment_orders"
_SHIPPED = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}


class OrderViews:
    """Shows what was sold and what became of it."""

    def __init__(self, shelves: ShelfViews) -> None:
        self._shelves = shelves

    def order(self, order: Order) -> View:
        """Show an order."""
        place = order.retail_location
        held = order.on_hold and order.fulfilment_status is None
        return {
            **_node("Order", order.id),
            "name": order.name,
            "createdAt": moment(order.created_at),
            "updatedAt": moment(order.updated_at),
            "processedAt": moment(order.created_at),
            "cancelledAt": moment(order.cancelled_at),
            "cancelReason": None if order.cancel_reason is None else order.cancel_reason.upper(),
            "closed": order.closed_at is not None,
            "closedAt": moment(order.closed_at),
            "confirmed": order.confirmed,
            "edited": order.edited,
            "test": order.test,
            "sourceName": order.source_name,
            "displayFinancialStatus": order.financial_status.upper(),
            "displayFulfillmentStatus": "ON_HOLD" if held else _SHIPPED[order.fulfilment_status],
            "retailLocation": None if place is None else self._shelves.location(place),
            "lineItems": lambda info, **asked: _page(info, order.lines, self.line, **asked),
            "refunds": lambda _, first=None: [self.refund(one) for one in order.refunds[:first]],
            "fulfillments": lambda _, first=None: [
                self.fulfilment(one) for one in order.fulfilments[:first]
            ],
            "fulfillmentOrders": lambda info, **asked: self._fulfilment_orders(
                info, order, **asked
            ),
        }

    def line(self, line: Line) -> View:
        """Show a line."""
        variant = line.variant
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", line.id),
            "name": line.title,
            "title": line.title,
            "sku": line.sku,
            "quantity": line.quantity,
            "currentQuantity": line.current,
            "unfulfilledQuantity": line.unfulfilled,
            "nonFulfillableQuantity": line.unshipped_gone,
            "refundableQuantity": line.current,
            "isGiftCard": line.gift_card,
            "variant": None if variant is None else lambda _: self._shelves.variant(variant),
            "product": None
            if variant is None
            else lambda _: self._shelves.product(variant.product),
        }

    def refund(self, refund: Refund) -> View:
        """Show a refund."""
        return {
            **_node("Refund", refund.id),
            "createdAt": moment(refund.created_at),
            "processedAt": moment(refund.created_at),
            "updatedAt": moment(refund.updated_at),
            "note": refund.note,
            "order": lambda _: self.order(refund.order),
            "refundLineItems": lambda info, **asked: _page(
                info, refund.lines, self._refund_line, **asked
            ),
        }

    def fulfilment(self, parcel: Fulfilment) -> View:
        """Show a parcel."""
        return {
            **_node("Fulfillment", parcel.id),
            "name": parcel.name,
            "status": parcel.status.upper(),
            "createdAt": moment(parcel.created_at),
            "updatedAt": moment(parcel.updated_at),
            "totalQuantity": sum(one.quantity for one in parcel.lines),
            "location": self._shelves.location(parcel.location),
            "order": lambda _: self.order(parcel.order),
            "fulfillmentLineItems": lambda info, **asked: _page(
                info, parcel.lines, self._parcel_line, **asked
            ),
        }

    def fulfilment_order(self, there: FulfilmentOrder) -> View:
        """Show what a location is to ship."""
        return {
            "__typename": "FulfillmentOrder",
            "id": gid("FulfillmentOrder", there.id),
            "status": there.status,
            "requestStatus": "UNSUBMITTED",
            "createdAt": moment(there.created_at),
            "updatedAt": moment(there.updated_at),
            "orderId": gid("Order", there.order.id),
            "orderName": there.order.name,
            "order": lambda _: self.order(there.order),
            "assignedLocation": {
                "name": there.location.name,
                "location": self._shelves.location(there.location),
            },
            "lineItems": lambda info, **asked: _page(info, there.lines, self._to_ship, **asked),
        }

    def _fulfilment_orders(
        self,
        info: Info,
        order: Order,
        *,
        displayable: bool = False,
        **asked: Any,
    ) -> View:
        if MOVES not in info.context.scopes:
            raise access_denied("fulfillmentOrders", MOVES)
        hidden = () if displayable is False else ("CLOSED", "CANCELLED")
        shown = [one for one in order.fulfilment_orders if one.status not in hidden]
        return _page(info, shown, self.fulfilment_order, **asked)

    def _refund_line(self, one: RefundLine) -> View:
        return {
            "id": gid("RefundLineItem", one.id),
            "quantity": one.quantity,
            "restockType": one.restock_type.upper(),
            "restocked": one.restocked,
            "location": None if one.location is None else self._shelves.location(one.location),
            "lineItem": lambda _: self.line(one.line),
        }

    def _parcel_line(self, one: FulfilmentLine) -> View:
        return {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", one.id),
            "quantity": one.quantity,
            "lineItem": lambda _: self.line(one.line),
        }

    def _to_ship(self, one: FulfilmentOrderLine) -> View:
        variant = one.line.variant
        return {
            "__typename": "FulfillmentOrderLineItem",
            "id": gid("FulfillmentOrderLineItem", one.id),
            "totalQuantity": one.total,
            "remainingQuantity": one.remaining,
            "inventoryItemId": None if variant is None else gid("InventoryItem", variant.item.id),
            "sku": one.line.sku,
            "lineItem": lambda _: self.line(one.line),
            "variant": None if variant is None else lambda _: self._shelves.variant(variant),
        }


def _page(info: Info, things: Iterable[Any], view: Any, **asked: Any) -> View:
    return connection(info.context, [((one.id,), one) for one in things], view, **asked)


def _node(kind: str, key: int) -> View:
    return {"__typename": kind, "id": gid(kind, key), "legacyResourceId": str(key)}
