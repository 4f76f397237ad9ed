"""Full bodies of orders and refunds."""

from collections.abc import Mapping
from typing import Any

from stocksync.sandbox.woocommerce import money
from stocksync.sandbox.woocommerce.bodies import Home, moment
from stocksync.sandbox.woocommerce.catalogue import Catalogue, Type
from stocksync.sandbox.woocommerce.orders import Line, Order, Refund, Status


class OrderBodies:
    """Writes the orders of one shop, as they now are."""

    def __init__(self, catalogue: Catalogue, home: Home) -> None:
        self._catalogue = catalogue
        self._home = home

    def order(self, order: Order) -> dict[str, Any]:
        """Return an order as it now is."""
        created, modified = moment(order.created_at), moment(order.modified_at)
        paid, completed = moment(order.paid_at), moment(order.completed_at)
        unpaid = order.status in (Status.PENDING, Status.FAILED, Status.DRAFT)
        links: dict[str, Any] = self._home.links(f"orders/{order.id}", "orders")
        links["email_templates"] = [
            {
                "embeddable": True,
                "href": self._home.at(f"orders/{order.id}/actions/email_templates"),
            }
        ]
        return {
            "id": order.id,
            "parent_id": 0,
            "status": order.status.value,
            "currency": "EUR",
            "version": "10.0.2",
            "prices_include_tax": False,
            "date_created": created,
            "date_modified": modified,
            "discount_total": "0.00",
            "discount_tax": "0.00",
            "shipping_total": "0.00",
            "shipping_tax": "0.00",
            "cart_tax": "0.00",
            "total": money.text(order.total_cents),
            "total_tax": "0.00",
            "customer_id": 0,
            "order_key": order.order_key,
            "billing": _address("Ada", "ada@example.test"),
            "shipping": _address("", None),
            "payment_method": order.payment_method,
            "payment_method_title": "",
            "transaction_id": "",
            "customer_ip_address": "",
            "customer_user_agent": "",
            "created_via": order.created_via,
            "customer_note": order.customer_note,
            "date_completed": completed,
            "date_paid": paid,
            "cart_hash": "",
            "number": str(order.id),
            "meta_data": [],
            "line_items": [self._line(line) for line in order.lines],
            "tax_lines": [],
            "shipping_lines": [],
            "fee_lines": [_fee(*fee) for fee in order.fees],
            "coupon_lines": [],
            "refunds": [
                {
                    "id": refund.id,
                    "reason": refund.reason,
                    "total": money.text(-refund.amount_cents),
                }
                for refund in reversed(order.refunds)
            ],
            "payment_url": f"{self._home.url}checkout/order-pay/{order.id}/"
            f"?pay_for_order=true&key={order.order_key}",
            "is_editable": order.status in (Status.PENDING, Status.ON_HOLD),
            "needs_payment": unpaid and order.total_cents > 0,
            "needs_processing": True,
            "date_created_gmt": created,
            "date_modified_gmt": modified,
            "date_completed_gmt": completed,
            "date_paid_gmt": paid,
            "currency_symbol": "\u20ac",
            "_links": links,
        }

    def refund(self, order: Order, refund: Refund) -> dict[str, Any]:
        """Return a refund: negative units, and not a word about the shelf."""
        created = moment(refund.created_at)
        lines = []
        for number, (line_id, units) in enumerate(refund.units.items()):
            sold = order.line(line_id)
            shown = {} if sold is None else self._line(sold)
            total = -refund.totals.get(line_id, 0)
            lines.append(
                {
                    "id": refund.line_id + number,
                    "name": shown.get("name", ""),
                    "product_id": shown.get("product_id", 0),
                    "variation_id": shown.get("variation_id", 0),
                    "quantity": -units,
                    "total": money.text(total),
                    "meta_data": [
                        {
                            "id": 1_000_000 + refund.line_id + number,
                            "key": "_refunded_item_id",
                            "value": str(line_id),
                            "display_key": "_refunded_item_id",
                            "display_value": str(line_id),
                        }
                    ],
                    "sku": shown.get("sku"),
                    "price": money.number(total, -units),
                }
            )
        return {
            "id": refund.id,
            "parent_id": order.id,
            "date_created": created,
            "date_created_gmt": created,
            "amount": money.text(refund.amount_cents),
            "reason": refund.reason,
            "refunded_by": 0,
            "refunded_payment": False,
            "meta_data": [],
            "line_items": lines,
            "_links": self._home.links(f"orders/{order.id}/refunds/{refund.id}", "orders"),
        }

    def _line(self, line: Line) -> dict[str, Any]:
        product = self._catalogue.get(line.product_id)
        parent = None if product is None else self._catalogue.get(product.parent_id)
        meta = []
        if product is not None and product.type is Type.VARIATION:
            meta.append(_meta(line, "option", product.option, "Option"))
        if line.reduced is not None:
            meta.append(_meta(line, "_reduced_stock", str(line.reduced)))
        if line.restocked is not None:
            meta.append(_meta(line, "_restock_refunded_items", str(line.restocked)))
        meta.sort(key=lambda one: int(one["id"]))
        total = money.text(line.total_cents)
        return {
            "id": line.id,
            "name": line.name,
            "product_id": 0 if product is None else product.parent_id or product.id,
            "variation_id": 0 if product is None or not product.parent_id else product.id,
            "quantity": line.quantity,
            "tax_class": "",
            "subtotal": total,
            "subtotal_tax": "0.00",
            "total": total,
            "total_tax": "0.00",
            "taxes": [],
            "meta_data": meta,
            "sku": None if product is None else product.sku,
            "price": money.number(line.total_cents, line.quantity),
            "image": {"id": "" if product is not None and not product.parent_id else 0, "src": ""},
            "parent_name": None if parent is None else parent.name,
        }


def _meta(line: Line, key: str, value: str, shown: str | None = None) -> Mapping[str, Any]:
    return {
        "id": line.meta_ids.get(key, 0),
        "key": key,
        "value": value,
        "display_key": shown or key,
        "display_value": value,
    }


def _fee(fee_id: int, name: str, total_cents: int) -> dict[str, Any]:
    return {
        "id": fee_id,
        "name": name,
        "tax_class": "",
        "tax_status": "taxable",
        "amount": "",
        "total": money.text(total_cents),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
    }


def _address(first_name: str, email: str | None) -> dict[str, str]:
    names = ["last_name", "company", "address_1", "address_2", "city", "state", "postcode"]
    address = {"first_name": first_name, **dict.fromkeys(names, ""), "country": "DE"}
    if email is not None:
        address["email"] = email
    return {**address, "phone": ""}
