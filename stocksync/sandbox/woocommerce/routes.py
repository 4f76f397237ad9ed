"""Which route answers a call."""

import re
from collections.abc import Callable

from stocksync.sandbox.woocommerce.asked import Asked, Reply
from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.order_routes import OrderRoutes
from stocksync.sandbox.woocommerce.product_routes import ProductRoutes
from stocksync.sandbox.woocommerce.webhook_routes import WebhookRoutes

EDIT = ("POST", "PUT", "PATCH")
Row = tuple[tuple[str, ...], str, Callable[..., Reply]]


class Routes:
    """The routes of `wc/v3` that exist here; any other is `rest_no_route`."""

    def __init__(
        self, *, products: ProductRoutes, orders: OrderRoutes, webhooks: WebhookRoutes
    ) -> None:
        read, make = ("GET",), ("POST",)
        one = ("GET", *EDIT, "DELETE")
        rows: list[Row] = [
            (read, "products", products.listing),
            (make, "products", products.create),
            (EDIT, "products/batch", products.batch),
            (one, "products/N", products.one),
            (read, "products/N/variations", products.variations),
            (make, "products/N/variations", _below(products.create)),
            (EDIT, "products/N/variations/batch", _below(products.batch)),
            (one, "products/N/variations/N", _variation(products.one)),
            (read, "orders", orders.listing),
            (make, "orders", orders.create),
            (EDIT, "orders/batch", orders.batch),
            (one, "orders/N", orders.one),
            (read + make, "orders/N/refunds", orders.refunds),
            (("GET", "DELETE"), "orders/N/refunds/N", orders.refund),
            (read, "webhooks", webhooks.listing),
            (make, "webhooks", webhooks.create),
            (one, "webhooks/N", webhooks.one),
            (read, "system_status", lambda _: webhooks.system_status()),
        ]
        self._rows = [
            (methods, re.compile(route.replace("N", "([0-9]{1,18})")), answer)
            for methods, route, answer in rows
        ]

    def answer(self, asked: Asked) -> Reply:
        """Answer one call, or raise the shop's error."""
        for methods, route, answer in self._rows:
            found = route.fullmatch(asked.route)
            if found is not None and asked.method in methods:
                return answer(asked, *(int(one) for one in found.groups()))
        raise RestError(
            "rest_no_route",
            "No route was found matching the URL and request method.",
            404,
        )


def _below(answer: Callable[..., Reply]) -> Callable[..., Reply]:
    return lambda asked, parent_id: answer(asked, parent_id=parent_id)


def _variation(answer: Callable[..., Reply]) -> Callable[..., Reply]:
    return lambda asked, parent_id, product_id: answer(asked, product_id, parent_id=parent_id)
