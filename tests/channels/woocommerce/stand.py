"""A stand-in shop over real HTTP: the REST routes that we call, and any answer we ask for."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stocksync.channels.http import Http
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce import WooCommerce
from stocksync.channels.woocommerce.api import Api
from stocksync.channels.woocommerce.settings import Auth
from tests.channels.woocommerce.shop import SECRET, channel

KEY, PAIR = "ck_canary_of_the_tests", "cs_canary_of_the_tests"
BASIC = "Basic " + base64.b64encode(f"{KEY}:{PAIR}".encode()).decode()
Reply = tuple[int, Any]
"""A status, and what is written as JSON; bytes are written as they are."""

INVALID = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found."}


@dataclass(frozen=True)
class Call:
    """One call that the shop heard."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Stand:
    """The shop. `odd` may answer a call before the shop does; None leaves it to the shop.

    `before` and `after` happen around each call; `raw` sees its address.
    """

    products: dict[int, dict[str, Any]] = field(default_factory=dict)
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    heard: list[Call] = field(default_factory=list)
    odd: Callable[[Call], Reply | None] = lambda _: None
    before: Callable[[Call], None] = lambda _: None
    after: Callable[[Call], None] = lambda _: None
    raw: Callable[[str], None] = lambda _: None
    totals: bool = True
    date: str | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.heard]

    def api(self, auth: Auth = "basic") -> Api:
        """Return the calls to this shop."""
        http = Http(self.url, allow_private=True, allow_insecure=True, sleep=lambda _: None)
        return Api(http, host="shop.example", key=KEY, secret=PAIR, auth=auth)

    def channel(self, *secrets: Secret, decimals: int = 0, **settings: Any) -> WooCommerce:
        """Return a channel that reaches this shop."""
        return channel(
            *(secrets or (SECRET,)),
            decimals=decimals,
            **{
                "url": self.url,
                "key": Secret(value=KEY, origin="WOO_KEY"),
                "secret": Secret(value=PAIR, origin="WOO_SECRET"),
                "allow_private": True,
                "allow_insecure": True,
                "auth": "basic",
                **settings,
            },
        )

    def product(self, number: int, stock: Any = 8, **other: Any) -> None:
        """Add a product; with a `parent_id` a variation of it."""
        self.products[number] = {
            "id": number,
            "parent_id": 0,
            "type": "variation" if other.get("parent_id") else "simple",
            "sku": f"SKU-{number}",
            "manage_stock": True,
            "stock_quantity": stock,
            "backorders": "no",
            "status": "publish",
            "date_modified_gmt": "2026-11-27T10:30:00",
            "name": "a name that nobody keeps",
            **other,
        }

    def order(self, number: int, changed: str, status: str = "processing") -> None:
        """Add an order."""
        self.orders[number] = {
            "id": number,
            "status": status,
            "created_via": "checkout",
            "date_created_gmt": changed,
            "date_modified_gmt": changed,
            "line_items": [],
            "refunds": [],
            "billing": {"email": "ada@example.test"},
        }

    def answer(self, call: Call) -> tuple[int, Any, int | None]:
        """Return status, value and, for a list, how many rows there are in all."""
        match call.method, call.path.split("/"):
            case "GET", ["products"]:
                return self._list(call, self._matching(call, 0))
            case "GET", ["products", parent, "variations"]:
                return self._list(call, self._matching(call, int(parent)))
            case "POST", ["products", "batch"]:
                return 200, {"update": [self._set(one, 0) for one in call.body["update"]]}, None
            case "POST", ["products", parent, "variations", "batch"]:
                rows = [self._set(one, int(parent)) for one in call.body["update"]]
                return 200, {"update": rows}, None
            case "GET", ["orders"]:
                return self._list(call, self._changed(call))
            case "GET", ["orders", number] if int(number) in self.orders:
                return 200, self.orders[int(number)], None
            case "GET", ["orders", _]:
                return 404, INVALID, None
            case "GET", ["webhooks"]:
                return self._list(call, list(self.hooks.values()))
            case "POST", ["webhooks"]:
                new = max(self.hooks, default=0) + 1
                self.hooks[new] = {"id": new, **call.body}
                return 201, self.hooks[new], None
            case "PUT", ["webhooks", number]:
                self.hooks[int(number)] |= call.body
                return 200, self.hooks[int(number)], None
            case "DELETE", ["webhooks", number] if call.query == {"force": "true"}:
                return 200, self.hooks.pop(int(number)), None
            case "GET", ["system_status"]:
                environment = {"version": "10.0.2", "wp_cron": True}
                return 200, {"environment": environment, "settings": {"HPOS_enabled": True}}, None
            case _:
                return 404, NO_ROUTE, None

    def _matching(self, call: Call, parent: int) -> list[dict[str, Any]]:
        skus = call.query["sku"].split(",") if "sku" in call.query else None
        ids = call.query["include"].split(",") if "include" in call.query else None
        return [
            one
            for one in self.products.values()
            # A list of SKUs finds variations too.
            if (one["sku"] in skus if skus else one["parent_id"] == parent)
            and (ids is None or str(one["id"]) in ids)
        ]

    def _changed(self, call: Call) -> list[dict[str, Any]]:
        query = call.query
        trash = query.get("status") == "trash"
        rows = [one for one in self.orders.values() if (one["status"] == "trash") is trash]
        if "include" in query:
            rows = [one for one in rows if str(one["id"]) in query["include"].split(",")]
        after, before = query.get("modified_after", ""), query.get("modified_before", "9")
        rows = [one for one in rows if after < one["date_modified_gmt"] < before]
        by_id = query.get("orderby") == "id"
        return sorted(rows, key=lambda one: ("" if by_id else one["date_modified_gmt"], one["id"]))

    def _list(self, call: Call, rows: list[dict[str, Any]]) -> tuple[int, Any, int]:
        size, page = int(call.query["per_page"]), int(call.query.get("page", "1"))
        if size > 100:
            return 400, {"code": "rest_invalid_param"}, 0
        fields = call.query["_fields"].split(",") if "_fields" in call.query else None
        some = rows[(page - 1) * size : page * size]
        kept = [{name: one[name] for name in fields or one if name in one} for one in some]
        return 200, kept, len(rows)

    def _set(self, item: dict[str, Any], parent: int) -> dict[str, Any]:
        one = self.products.get(item["id"])
        if one is None or (one["parent_id"] != parent and parent):
            kind = "product_variation" if parent else "product"
            code = f"woocommerce_rest_{kind}_invalid_id"
            return _failed(item["id"], code, 400)
        if one["parent_id"] and not parent:
            return _failed(item["id"], "woocommerce_rest_invalid_product_id", 404)
        if one["manage_stock"] is True:
            delta = item.get("inventory_delta")
            before = one["stock_quantity"]
            one["stock_quantity"] = item["stock_quantity"] if delta is None else before + delta
        return one


def _failed(number: int, code: str, status: int) -> dict[str, Any]:
    error = {"code": code, "message": "<b>Invalid</b> ID.", "data": {"status": status}}
    return {"id": number, "error": error}


@contextmanager
def open_shop(stand: Stand) -> Iterator[Stand]:
    """Serve the shop on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            address = urlsplit(self.path)
            call = Call(
                method=self.command,
                path=address.path.removeprefix("/wp-json/wc/v3/"),
                query=dict(parse_qsl(address.query)),
                body=json.loads(raw) if raw else None,
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            stand.heard.append(call)
            stand.raw(self.path)
            stand.before(call)
            odd = stand.odd(call)
            if odd is not None and odd[0] == 0:
                self.close_connection = True
                return
            status, value, total = (*odd, None) if odd else stand.answer(call)
            stand.after(call)
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response_only(status)
            self.send_header("Date", stand.date or self.date_time_string())
            if total is not None and stand.totals:
                self.send_header("X-WP-Total", str(total))
            if status == 429:
                self.send_header("Retry-After", "30")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 the names that http.server calls

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield stand
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
