"""A list of orders that pages as the shop does: sorted by change, its cursors are values."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.channels.shopify.stand import Call, Reply, data

END = {"hasNextPage": False, "endCursor": None}


def listed(nodes: list[Any], first: int, after: str | None = None) -> dict[str, Any]:
    """Return a page of a list; its cursors are places."""
    at = int(after or 0)
    page = nodes[at : at + first]
    more = at + first < len(nodes)
    return {"nodes": page, "pageInfo": {"hasNextPage": more, "endCursor": str(at + len(page))}}


def line(number: int, left: int = 1) -> dict[str, Any]:
    return {"id": f"gid://shopify/LineItem/{number}", "quantity": 1, "unfulfilledQuantity": left}


def part(kind: str, number: int, lines: int = 1) -> dict[str, Any]:
    """Return a refund or a fulfilment of so many lines."""
    rows = [{"id": f"gid://shopify/{kind}LineItem/{one}", "quantity": 1} for one in range(lines)]
    return {"id": f"gid://shopify/{kind}/{number}", "rows": rows}


@dataclass
class Orderbook:
    """The orders of a shop. `hidden` ones are there and not yet in the search's index.

    `before` happens before each call is answered.
    """

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    before: Callable[[Call], None] = lambda _: None
    date: str = "Fri, 27 Nov 2026 13:00:00 GMT"

    def put(self, number: int, changed: str, **more: Any) -> None:
        """Add an order, or let it change at a time of this day."""
        self.orders[number] = {
            "id": f"gid://shopify/Order/{number}",
            "cancelledAt": None,
            "lineItems": [line(number * 1000)],
            "refunds": [],
            "fulfillments": [],
            **self.orders.get(number, {}),
            "updatedAt": f"2026-11-27T{changed}Z",
            **more,
        }

    def says(self, call: Call) -> Reply:
        self.before(call)
        told = call.variables
        match call.document:
            case "StocksyncOrdersSince":
                said = data(orders=self._since(told["q"], told["after"]))
            case "StocksyncOrder":
                said = data(order=self._one(told["id"], told["linesAfter"]))
            case "StocksyncOldestOrder":
                nodes = [self.orders[one] for one in sorted(self.orders)[:1]]
                said = data(orders={"nodes": [{"id": one["id"]} for one in nodes]})
            case "StocksyncRefund":
                said = data(refund=self._part(told, "refunds", "refundLineItems"))
            case "StocksyncFulfilment":
                said = data(fulfillment=self._part(told, "fulfillments", "fulfillmentLineItems"))
            case other:
                raise AssertionError(other)
        return Reply(said.value, headers={"Date": self.date})

    def _since(self, q: str, after: str | None) -> dict[str, Any]:
        found = re.fullmatch(r"updated_at:>='(.*)'", q)
        assert found is not None, q
        rows = sorted(
            (f"{one['updatedAt']}#{number:09}", number)
            for number, one in self.orders.items()
            if one["updatedAt"] >= found[1] and number not in self.hidden
        )
        rest = [row for row in rows if after is None or row[0] > after]
        page = rest[:25]
        return {
            "nodes": [self._shown(self.orders[number], 50, 20, 50) for _, number in page],
            "pageInfo": {
                "hasNextPage": len(rest) > 25,
                "endCursor": page[-1][0] if page else None,
            },
        }

    def _one(self, gid: str, lines_after: str | None) -> dict[str, Any] | None:
        order = self.orders.get(int(gid.rpartition("/")[2]))
        return None if order is None else self._shown(order, 250, 250, 250, lines_after)

    def _part(self, told: dict[str, Any], name: str, lines: str) -> dict[str, Any]:
        (one,) = [x for o in self.orders.values() for x in o[name] if x["id"] == told["id"]]
        return {lines: listed(one["rows"], 250, told["after"])}

    def _shown(
        self, order: dict[str, Any], lines: int, parts: int, inner: int, after: str | None = None
    ) -> dict[str, Any]:
        return {
            **order,
            "lineItems": listed(order["lineItems"], lines, after),
            "refunds": [
                {"id": one["id"], "refundLineItems": listed(one["rows"], inner)}
                for one in order["refunds"][:parts]
            ],
            "fulfillments": [
                {"id": one["id"], "fulfillmentLineItems": listed(one["rows"], inner)}
                for one in order["fulfillments"][:parts]
            ],
        }
