"""A stand-in for the shop of a tape: it shows what the tape has sent so far, over real HTTP.

It answers what our adapter asks of a WooCommerce shop, from the start state and the newest
body of each order and product. Its clock goes right, as that of a shop does, whenever its
orders changed. It takes no writes: a replay must not need any.
"""

import hmac
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from stocksync.lab.tape import Recorded, Tape
from stocksync.wiring import utc_now

KEY, SECRET = "ck_stand_in", "cs_stand_in"
_API = ["wp-json", "wc", "v3"]
_NO_ORDER = "woocommerce_rest_shop_order_invalid_id"
_TRASH = "trash"

Body = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class _Shown:
    """What the shop has shown: bodies by id, and which orders lie in the trash."""

    orders: dict[int, Body] = field(default_factory=dict)
    products: dict[int, Body] = field(default_factory=dict)
    trash: set[int] = field(default_factory=set)
    taken_in: set[tuple[str, bytes]] = field(default_factory=set)


class StandIn:
    """The taped shop as far as its tape has been sent. `written` counts writes it refused.

    Orders that were deleted for good before the day was over, or never shown, are not there.
    """

    name = "shop"

    def __init__(self, tape: Tape, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._gone = {int(order) for order in tape.truth.gone}
        self._lock = threading.Lock()
        self._shown = _Shown(products={int(one["id"]): one for one in tape.start.products})
        self.written = 0

    def show(self, delivery: Recorded) -> None:
        """Take in what the shop is about to send; what was sent before changes nothing."""
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        sent_as = headers.get("x-wc-webhook-delivery-id", "")
        try:
            said = json.loads(delivery.body)
        except ValueError:
            return  # the ping of a new webhook is a form
        with self._lock:
            if (sent_as, delivery.body) in self._shown.taken_in:
                return
            self._shown.taken_in.add((sent_as, delivery.body))
            self._take_in(said, headers.get("x-wc-webhook-topic", ""))

    def _take_in(self, said: Any, topic: str) -> None:
        shown = self._shown
        if "line_items" in said:
            if _replace(shown.orders, said):
                shown.trash.discard(said["id"])
        elif "stock_quantity" in said:
            _replace(shown.products, said)
        elif said.keys() == {"id"} and topic == "order.deleted":
            shown.trash.add(said["id"])

    def handle(self, request: Request) -> Response:
        """Answer one call of the REST API."""
        with self._lock:
            response = self._answer(request)
        response.headers["Date"] = http_date(self._clock())
        return response

    def _answer(self, request: Request) -> Response:
        given = request.authorization
        known = given is not None and hmac.compare_digest(
            f"{given.username}:{given.password}", f"{KEY}:{SECRET}"
        )
        if not known:
            return _error("woocommerce_rest_cannot_view", 401)
        if request.method != "GET":
            self.written += 1
            return _error("woocommerce_rest_cannot_edit", 403)
        path = request.path.strip("/").split("/")
        asked = request.args
        match path[len(_API) :] if path[: len(_API)] == _API else []:
            case ["products"]:
                return _rows(self._products(asked), asked)
            case ["products", parent, "variations"]:
                mine = [one for one in self._all_products() if str(one["parent_id"]) == parent]
                return _rows(_included(mine, asked), asked)
            case ["orders"]:
                return _rows(self._orders(asked), asked)
            case ["orders", key]:
                found = [one for one in self._all_orders() if str(one["id"]) == key]
                return _json(_fields(found[0], asked)) if found else _error(_NO_ORDER, 404)
            case ["webhooks"]:
                return _rows([], asked)
            case _:
                return _error("rest_no_route", 404)

    def _all_products(self) -> list[Body]:
        return list(self._shown.products.values())

    def _products(self, asked: Mapping[str, str]) -> list[Body]:
        if "sku" in asked:  # the one way by which this list shows variations too
            skus = set(asked["sku"].split(","))
            return [one for one in self._all_products() if one["sku"] in skus]
        return _included([one for one in self._all_products() if not one["parent_id"]], asked)

    def _all_orders(self) -> list[Body]:
        return [
            {**one, "status": _TRASH} if key in self._shown.trash else one
            for key, one in self._shown.orders.items()
            if key not in self._gone
        ]

    def _orders(self, asked: Mapping[str, str]) -> list[Body]:
        """Return the orders of a list: without a status asked for, all but the trash."""
        wanted = set(asked["status"].split(",")) if "status" in asked else None
        after, before = asked.get("modified_after", ""), asked.get("modified_before", "9")
        return [
            one
            for one in _included(self._all_orders(), asked)
            if (one["status"] in wanted if wanted else one["status"] != _TRASH)
            if after < one["date_modified_gmt"] < before
        ]


def _replace(bodies: dict[int, Body], said: Body) -> bool:
    """Keep the newer body, of two equally old ones the one sent later; return if it is `said`."""
    before = bodies.get(said["id"])
    if before is not None and said["date_modified_gmt"] < before["date_modified_gmt"]:
        return False
    bodies[said["id"]] = said
    return True


def _included(bodies: Iterable[Body], asked: Mapping[str, str]) -> list[Body]:
    ids = set(asked["include"].split(",")) if "include" in asked else None
    return [one for one in bodies if ids is None or str(one["id"]) in ids]


def _rows(bodies: list[Body], asked: Mapping[str, str]) -> Response:
    by_time = asked.get("orderby") == "modified"
    bodies.sort(
        key=lambda one: (one["date_modified_gmt"] if by_time else "", one["id"]),
        reverse=asked.get("order", "desc") == "desc",
    )
    size, page = int(asked.get("per_page", "10")), int(asked.get("page", "1"))
    response = _json([_fields(one, asked) for one in bodies[(page - 1) * size : page * size]])
    response.headers["X-WP-Total"] = str(len(bodies))
    return response


def _fields(body: Body, asked: Mapping[str, str]) -> Body:
    wanted = asked["_fields"].split(",") if "_fields" in asked else body.keys()
    return {name: body[name] for name in wanted if name in body}


def _error(code: str, status: int) -> Response:
    told = {"code": code, "message": "The stand-in of the taped shop says no.", "data": None}
    return _json(told, status)


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")
