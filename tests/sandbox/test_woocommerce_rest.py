"""The REST side, as documented: who may come in, what is listed, what is refused."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import pytest
import requests

from stocksync.sandbox.server import serve
from tests.sandbox.hand_clock import WAIT_S
from tests.sandbox.street import KEY, NOON, SECRET, Client, Street


def signed(method: str, url: str, nonce: str, at: int, **params: str) -> dict[str, str]:
    """Sign a call as a one-legged OAuth 1.0a client does."""
    params |= {
        "oauth_consumer_key": KEY,
        "oauth_nonce": nonce,
        "oauth_timestamp": str(at),
        "oauth_signature_method": "HMAC-SHA256",
    }
    pairs = "&".join(f"{quote(k, '')}={quote(v, '')}" for k, v in sorted(params.items()))
    base = f"{method}&{quote(url, '')}&{quote(pairs, '')}"
    digest = hmac.new(f"{SECRET}&".encode(), base.encode(), hashlib.sha256).digest()
    return {**params, "oauth_signature": base64.b64encode(digest).decode()}


def test_over_plain_http_only_oauth_comes_in(web: Street, call: Client) -> None:
    web.shop.knobs.behind_tls = False
    url, at = f"{call.base}/products", int(NOON.timestamp())

    def code(**params: str) -> int:
        return requests.get(url, params=params, timeout=WAIT_S).status_code

    assert call("GET", "products").status_code == 401
    assert code(consumer_key=KEY, consumer_secret=SECRET) == 401
    assert code(**signed("GET", url, "n1", at, sku="A,B c", per_page="5")) == 200
    assert code(**signed("GET", url, "n1", at)) == 401  # the nonce came before
    assert code(**signed("GET", url, "n2", at - 3600)) == 401
    assert code(**{**signed("GET", url, "n3", at), "per_page": "7"}) == 401
    assert code(**signed("POST", url, "n4", at)) == 401


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (("ck_other", SECRET), "woocommerce_rest_cannot_view"),
        ((KEY, "cs_other"), "woocommerce_rest_authentication_error"),
        (None, "woocommerce_rest_cannot_view"),
    ],
)
def test_wrong_keys_hear_why(call: Client, auth: tuple[str, str] | None, code: str) -> None:
    call.session.auth = auth

    answer = call("GET", "products")

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.json()["data"] == {"status": 401}


def test_the_query_wins_and_stands_in_for_a_dropped_header(web: Street, call: Client) -> None:
    web.shop.knobs.drops_authorization = True

    assert call("GET", "products").status_code == 401
    by_query = call("GET", "products", consumer_key=KEY, consumer_secret=SECRET)
    assert by_query.status_code == 200
    web.shop.knobs.drops_authorization = False
    wrong = call("GET", "products", consumer_key=KEY, consumer_secret="cs_other")
    assert wrong.status_code == 401


def test_a_key_that_may_only_read_cannot_write(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)
    web.shop.knobs.scope = "read"

    assert call("GET", "products/100").status_code == 200
    answer = call("PUT", "products/100", {"stock_quantity": 3})

    assert answer.json()["code"] == "woocommerce_rest_authentication_error"
    assert web.shop.stock("MUG") == 10


@pytest.mark.parametrize(
    ("sent", "stock"),
    [(8, 8), ("12", 12), ("007", 7), ("1e2", 100), (-4, -4), (2.0, 2), (None, 0)],
    ids=repr,
)
def test_numbers_that_the_shop_takes(web: Street, call: Client, sent: Any, stock: int) -> None:
    web.shop.add_product("MUG", 10, id=100)

    answer = call("PUT", "products/100", {"stock_quantity": sent})

    assert (answer.status_code, answer.json()["stock_quantity"]) == (200, stock)


@pytest.mark.parametrize("sent", [2.7, "2.7", "abc", "", True, []], ids=repr)
def test_numbers_that_it_refuses(web: Street, call: Client, sent: Any) -> None:
    web.shop.add_product("MUG", 10, id=100)

    answer = call("PUT", "products/100", {"stock_quantity": sent})

    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert web.shop.stock("MUG") == 10
    assert web.shop.log.writes == []


def test_a_difference_is_ignored_beside_a_number(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)

    call("PUT", "products/100", {"stock_quantity": 4, "inventory_delta": -3})

    assert web.shop.stock("MUG") == 4


def test_the_stock_status_follows_the_number(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)

    told = {"stock_quantity": 0, "stock_status": "instock"}
    assert call("PUT", "products/100", told).json()["stock_status"] == "outofstock"
    more = call("PUT", "products/100", {"backorders": "notify"}).json()
    assert (more["stock_status"], more["backorders_allowed"]) == ("onbackorder", True)


def test_a_batch_answers_each_item_and_the_last_of_two_wins(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)
    web.shop.add_variable("SHIRT", variations={"SHIRT-S": 4})
    small = web.shop.id_of("SHIRT-S")
    items = [
        {"id": 100, "stock_quantity": 1},
        {"id": small, "stock_quantity": 9},
        {"id": 999, "stock_quantity": 9},
        {"id": 100, "stock_quantity": 2},
    ]

    answer = call("POST", "products/batch", {"update": items})

    assert answer.status_code == 200
    done = answer.json()["update"]
    assert [one.get("error", {}).get("code") for one in done] == [
        None,
        "woocommerce_rest_invalid_product_id",
        "woocommerce_rest_product_invalid_id",
        None,
    ]
    assert done[1]["error"]["data"] == {"status": 404}
    assert (web.shop.stock("MUG"), web.shop.stock("SHIRT-S")) == (2, 4)


def test_variations_are_written_below_their_parent(web: Street, call: Client) -> None:
    shirt = web.shop.add_variable("SHIRT", variations={"SHIRT-S": 4, "SHIRT-M": 5})
    small, medium = web.shop.id_of("SHIRT-S"), web.shop.id_of("SHIRT-M")

    items = [{"id": small, "stock_quantity": 1}, {"id": medium, "stock_quantity": 2}]
    call("POST", f"products/{shirt}/variations/batch", {"update": items})

    listed = call("GET", f"products/{shirt}/variations", orderby="id", order="asc").json()
    assert [one["stock_quantity"] for one in listed] == [1, 2]
    direct = call("PUT", f"products/{small}", {"stock_quantity": 7})
    assert direct.json()["code"] == "woocommerce_rest_invalid_product_id"
    assert call("GET", f"products/{small}").json()["type"] == "variation"
    assert call("GET", "variations").json()["code"] == "rest_no_route"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "products/999", 404, "woocommerce_rest_product_invalid_id"),
        ("PUT", "products/999", 400, "woocommerce_rest_product_invalid_id"),
        ("GET", "products/100/variations/9", 404, "woocommerce_rest_product_variation_invalid_id"),
        ("PUT", "products/100/variations/9", 400, "woocommerce_rest_product_variation_invalid_id"),
        ("GET", "orders/999", 404, "woocommerce_rest_shop_order_invalid_id"),
        ("PUT", "orders/999", 400, "woocommerce_rest_shop_order_invalid_id"),
        ("GET", "orders?status=lost", 400, "rest_invalid_param"),
        ("GET", "orders?per_page=101", 400, "rest_invalid_param"),
        ("GET", "orders?per_page=0", 400, "rest_invalid_param"),
        ("GET", "orders?modified_after=yesterday", 400, "rest_invalid_param"),
        ("GET", "nothing", 404, "rest_no_route"),
    ],
)
def test_errors_have_their_codes(
    web: Street, call: Client, method: str, path: str, status: int, code: str
) -> None:
    web.shop.add_product("MUG", 10, id=100)

    answer = call(method, path, None if method == "GET" else {"stock_quantity": 1})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_orders_are_listed_by_what_changed_after_a_second(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 99)
    orders = []
    for _ in range(3):
        orders.append(web.shop.buy({"MUG": 1}))
        web.clock.forward(1)
    web.shop.note(orders[0], "ring")

    def since(second: int) -> list[int]:
        answer = call(
            "GET",
            "orders",
            modified_after=f"2026-11-27T12:00:0{second}",
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
        )
        return [one["id"] for one in answer.json()]

    assert since(0) == [orders[1], orders[2], orders[0]]
    assert since(2) == [orders[0]]
    assert since(3) == []


def test_the_trash_is_listed_alone_and_drafts_with_all(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 99)
    draft, order = web.shop.open_checkout({"MUG": 1}), web.shop.buy({"MUG": 1})
    gone, pending = web.shop.buy({"MUG": 1}), web.shop.buy({"MUG": 1}, status="pending")
    web.shop.trash(gone)

    def listed(**params: str) -> list[int]:
        return [one["id"] for one in call("GET", "orders", **params, order="asc").json()]

    assert listed() == [draft, order, pending]
    assert listed(status="trash") == [gone]
    assert listed(status="pending,checkout-draft") == [draft, pending]
    assert listed(include=f"{order},{gone}") == [order]
    assert call("GET", f"orders/{gone}").json()["status"] == "trash"


def test_named_fields_are_kept_and_nested_ones_drop_the_lines(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 99)
    web.shop.buy({"MUG": 1})

    [plain] = call("GET", "orders", _fields="id,line_items").json()
    [nested] = call("GET", "orders", _fields="id,line_items.sku,billing.email").json()

    assert list(plain) == ["id", "line_items"]
    assert plain["line_items"][0]["sku"] == "MUG"
    assert nested == {"id": plain["id"], "billing": {"email": "ada@example.test"}}


def test_a_lagging_index_lists_an_order_later_than_it_can_be_read(
    web: Street, call: Client
) -> None:
    web.shop.add_product("MUG", 99)
    web.shop.knobs.order_index_lag_s = 30
    order = web.shop.buy({"MUG": 1})

    assert call("GET", "orders").json() == []
    assert call("GET", f"orders/{order}").status_code == 200
    web.clock.forward(20)
    web.shop.set_status(order, "cancelled")
    web.clock.forward(10)
    assert [one["status"] for one in call("GET", "orders").json()] == ["processing"]
    web.clock.forward(20)
    assert [one["status"] for one in call("GET", "orders").json()] == ["cancelled"]


def test_a_sale_of_a_variation_shows_its_parent_as_changed(web: Street, call: Client) -> None:
    shirt = web.shop.add_variable("SHIRT", variations={"SHIRT-S": 4})
    web.shop.add_product("MUG", 4)
    web.clock.forward(60)
    web.shop.buy({"SHIRT-S": 1})

    since = "2026-11-27T12:00:30"
    changed = call("GET", "products", modified_after=since).json()
    below = call("GET", f"products/{shirt}/variations", modified_after=since).json()

    assert [one["sku"] for one in changed] == ["SHIRT"]
    assert [one["sku"] for one in below] == ["SHIRT-S"]


def test_orders_can_be_written_by_a_client(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)

    made = call(
        "POST",
        "orders",
        {"status": "processing", "line_items": [{"sku": "MUG", "quantity": 3}]},
    )
    order, line = made.json()["id"], made.json()["line_items"][0]["id"]
    assert (made.status_code, web.shop.stock("MUG")) == (201, 7)
    edited = {"line_items": [{"id": line, "quantity": 5}, {"product_id": 100, "quantity": 1}]}
    call("PUT", f"orders/{order}", edited)
    assert web.shop.stock("MUG") == 4
    call("PUT", f"orders/{order}", {"line_items": [{"id": line, "quantity": 0}]})
    assert web.shop.stock("MUG") == 9
    assert call("DELETE", f"orders/{order}").json()["status"] == "trash"
    call("DELETE", f"orders/{order}", force="true")
    assert web.shop.orders == {}
    lost = call("POST", "orders", {"line_items": [{"quantity": 3}]})
    assert lost.json()["code"] == "woocommerce_rest_required_product_reference"
    unknown = call("POST", "orders", {"line_items": [{"sku": "NOT-HERE"}], "status": "processing"})
    assert unknown.json()["line_items"][0]["product_id"] == 0
    assert call("POST", "orders", {"status": "lost"}).json()["code"] == "rest_invalid_param"


def test_webhooks_are_made_changed_and_deleted(web: Street, call: Client) -> None:
    url = "http://receiver.example.test/web"

    bad = call("POST", "webhooks", {"topic": "order.lost", "delivery_url": url})
    assert bad.json()["code"] == "woocommerce_rest_shop_webhook_invalid_topic"
    made = call("POST", "webhooks", {"topic": "order.created", "delivery_url": url}).json()
    assert "secret" not in made
    assert len(web.shop.webhooks[made["id"]].secret) == 50
    route = f"webhooks/{made['id']}"
    assert call("PUT", route, {"status": "paused"}).json()["status"] == "paused"
    assert [one["id"] for one in call("GET", "webhooks", per_page=100).json()] == [made["id"]]
    assert call("DELETE", route).json()["code"] == "woocommerce_rest_trash_not_supported"
    assert call("DELETE", route, force="true").status_code == 200
    assert call("GET", route).status_code == 404


def test_a_sku_in_use_is_named_with_its_product(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", 10, id=100)

    taken = call("POST", "products", {"sku": "MUG"})
    new = {"sku": "JUG", "name": "Jug", "manage_stock": True, "stock_quantity": 4}
    made = call("POST", "products", new)

    assert (taken.status_code, taken.json()["code"]) == (400, "product_invalid_sku")
    assert taken.json()["data"]["resource_id"] == 100
    assert (made.status_code, web.shop.stock("JUG")) == (201, 4)


def test_the_date_is_the_shops_own(web: Street, call: Client) -> None:
    web.clock.forward(90)

    answer = call("GET", "system_status", _fields="environment")

    assert answer.headers["Date"] == "Fri, 27 Nov 2026 12:01:30 GMT"
    assert answer.json()["environment"]["version"] == "10.0.2"


def test_knobs_are_turned_over_http(web: Street) -> None:
    with serve([web.shop]) as served:
        url = f"{served.url('web')}/sandbox/knobs"
        turned = requests.post(url, json={"throttled": 0.5, "until_poked": True}, timeout=WAIT_S)
        mistakes: list[Any] = [
            {"webhook_los": 1},
            {"html": 2},
            {"latency_s": "1"},
            {"maintenance": 1},
            [],
        ]
        wrong = [requests.post(url, json=one, timeout=WAIT_S) for one in mistakes]
        truth = requests.get(f"{served.url('web')}/sandbox/truth", timeout=WAIT_S)

    assert turned.json()["throttled"] == 0.5
    assert (web.shop.knobs.throttled, web.shop.knobs.until_poked) == (0.5, True)
    assert [one.status_code for one in wrong] == [400] * 5
    assert "webhook_loss" in wrong[0].json()["detail"]
    assert (web.shop.knobs.html, web.shop.knobs.latency_s) == (0.0, 0.0)
    assert truth.json() == {}
