"""What a stand-in for WooCommerce must do: each row of that list, and the test that holds it.

A row without a test fails `test_every_row_is_held`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import requests

from stocksync.sandbox.woocommerce import Fate, OutOfStock
from tests.sandbox.street import SIGNING, TOPICS, Client, Street

Test = TypeVar("Test", bound=Callable[..., None])
HELD: dict[str, str] = {}

PARTS = {"catalogue", "orders", "queue", "delivery", "REST", "mischief", "race hook"}
MUST_SURVIVE = {
    "Delivery-ID reuse",
    "same body twice",
    "created after updated; created never",
    "merged states",
    "older body late",
    "same second, other state",
    "lost delivery",
    "disabled webhook",
    "re-activated, one more failure",
    "error body",
    "ping",
    "wrong signature; re-serialised body",
    "echo of our write",
    "product body before order body",
    "manual edit",
    "lowered product.created",
    "shared pool",
    'write to a "parent" variation',
    "unmanaged or null",
    "refund restock / none / amount / over-refund",
    "cancel after refund, then restore",
    "failed, refunded, trash",
    "trash left by a save",
    "line deleted; product deleted; unknown SKU",
    "draft, unpaid, expired",
    "force delete",
    "oversell in the shop",
    "sale between read and write",
    "batch half done, then time-out",
    "413, 429, 503, 504, HTML with 200",
    "auth lost",
    "slow shop",
    "quiet shop",
}


def row(*names: str) -> Callable[[Test], Test]:
    """Let a test hold rows of the list."""

    def hold(test: Test) -> Test:
        for name in names:
            HELD[name] = test.__name__
        return test

    return hold


def held(body: dict[str, Any]) -> list[str | None]:
    """Return the `_reduced_stock` of each line; None where it is absent."""
    return [
        next((meta["value"] for meta in line["meta_data"] if meta["key"] == "_reduced_stock"), None)
        for line in body["line_items"]
    ]


def lamp(web: Street, stock: int = 10) -> None:
    web.shop.add_product("LAMP", stock, id=100)


@row("catalogue")
def test_there_are_products_of_each_kind_and_numbers_below_zero(web: Street, call: Client) -> None:
    web.shop.add_product("MUG", -3, backorders="notify")
    web.shop.add_product("GIFT-CARD", None, managed=False)
    web.shop.add_variable("SHIRT", variations={"SHIRT-S": 4})
    web.shop.add_variable("CAP", 30, variations={"CAP-R": "parent"})

    answer = call(
        "GET",
        "products",
        sku="MUG,GIFT-CARD,SHIRT,SHIRT-S,CAP,CAP-R",
        _fields="sku,type,manage_stock,stock_quantity,stock_status",
        orderby="id",
        order="asc",
    )

    assert [tuple(one.values()) for one in answer.json()] == [
        ("MUG", "simple", True, -3, "onbackorder"),
        ("GIFT-CARD", "simple", False, None, "instock"),
        ("SHIRT", "variable", False, None, "instock"),
        ("SHIRT-S", "variation", True, 4, "instock"),
        ("CAP", "variable", True, 30, "instock"),
        ("CAP-R", "variation", "parent", 30, "instock"),
    ]


@row("orders")
@pytest.mark.parametrize(
    ("status", "stock", "meta"),
    [
        ("pending", 10, None),
        ("failed", 10, None),
        ("processing", 7, "3"),
        ("on-hold", 7, "3"),
        ("completed", 7, "3"),
    ],
)
def test_a_new_order_takes_stock_by_its_status(
    web: Street, call: Client, status: str, stock: int, meta: str | None
) -> None:
    lamp(web)

    order = web.shop.create_order({"LAMP": 3}, status=status)

    body = call("GET", f"orders/{order}").json()
    assert (web.shop.stock("LAMP"), held(body)) == (stock, [meta])
    assert body["date_modified_gmt"] == "2026-11-27T12:00:00"


@row("queue", "merged states")
def test_waiting_deliveries_of_one_order_merge_and_say_what_is_true_when_sent(web: Street) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.webhook_delay_s = 30

    order = web.shop.create_order({"LAMP": 3})
    web.run(10)
    web.shop.set_status(order, "on-hold")
    web.shop.set_status(order, "completed")
    web.run(20)

    [body] = web.ear.bodies("order.created")
    assert (body["status"], held(body)) == ("completed", ["3"])


@row("delivery", "Delivery-ID reuse")
def test_all_deliveries_of_one_second_share_an_id_and_each_is_signed(web: Street) -> None:
    lamp(web)
    web.listen("order.created")

    for _ in range(3):
        web.shop.create_order({"LAMP": 1})
    web.run(0.5)
    web.shop.create_order({"LAMP": 1})
    web.run(1)
    web.shop.create_order({"LAMP": 1})
    web.run()

    ids = [post.headers["X-WC-Webhook-Delivery-ID"] for post in web.ear.signed]
    assert len(ids) == 5
    assert len(set(ids[:4])) == 1
    assert ids[4] != ids[0]
    assert len({post.body for post in web.ear.signed}) == 5
    for post in web.ear.signed:
        digest = hmac.new(SIGNING.encode(), post.body, hashlib.sha256).digest()
        assert post.headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
        assert rb"\/" in post.body


@row("same body twice")
def test_a_body_comes_again_under_another_id(web: Street) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.webhook_doubles = 1.0

    web.shop.create_order({"LAMP": 1})
    web.run(3)

    first, second = web.ear.signed
    assert first.body == second.body
    name = "X-WC-Webhook-Delivery-ID"
    assert first.headers[name] != second.headers[name]


def test_a_classic_checkout_sends_order_updated_twice(web: Street) -> None:
    lamp(web)
    web.listen("order.created", "order.updated")

    web.shop.buy({"LAMP": 1}, via="checkout")
    web.run(0.02)

    assert web.ear.topics == ["order.created", "order.updated", "order.updated"]
    assert web.ear.signed[1].body == web.ear.signed[2].body
    ids = {post.headers["X-WC-Webhook-Delivery-ID"] for post in web.ear.signed[1:]}
    assert len(ids) == 2


@row("created after updated; created never")
def test_the_block_checkout_says_updated_first_and_created_can_be_lost(web: Street) -> None:
    lamp(web)
    web.listen("order.created", "order.updated")

    web.shop.buy({"LAMP": 1})
    web.run()
    assert web.ear.topics == ["order.updated", "order.created"]

    web.ear.posts.clear()
    web.shop.knobs.lost_topics = ("order.created",)
    web.shop.buy({"LAMP": 1})
    web.run()
    assert web.ear.topics == ["order.updated"]


@row("older body late")
def test_an_older_body_comes_after_a_newer_one(web: Street) -> None:
    lamp(web)
    web.listen("order.updated")
    web.shop.knobs.webhook_stale = 1.0
    order = web.shop.create_order({"LAMP": 3})
    web.run()

    web.shop.knobs.webhook_stale = 0.0
    web.run(2)
    web.shop.set_status(order, "cancelled")
    web.run(5)

    bodies = web.ear.bodies("order.updated")
    assert [body["status"] for body in bodies] == ["cancelled", "processing"]
    assert bodies[0]["date_modified_gmt"] > bodies[1]["date_modified_gmt"]


@row("same second, other state")
def test_two_states_of_one_second_come_in_either_order(web: Street) -> None:
    lamp(web)
    web.listen("order.updated")
    web.shop.knobs.webhook_stale = 1.0
    order = web.shop.create_order({"LAMP": 1})
    web.run()

    web.shop.knobs.webhook_stale = 0.0
    web.shop.set_status(order, "cancelled")
    web.run(6)

    bodies = web.ear.bodies("order.updated")
    assert [held(body) for body in bodies] == [[None], ["1"]]
    assert len({body["date_modified_gmt"] for body in bodies}) == 1


@row("lost delivery")
def test_a_lost_delivery_counts_as_sent_and_the_order_is_in_the_list(
    web: Street, call: Client
) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.webhook_loss = 1.0

    order = web.shop.create_order({"LAMP": 1})
    web.run(60)

    assert web.ear.posts == []
    assert web.shop.webhooks[1].failures == 0
    assert [one["id"] for one in call("GET", "orders").json()] == [order]


@row("disabled webhook")
def test_the_seventh_failure_in_a_row_switches_a_webhook_off(web: Street, call: Client) -> None:
    lamp(web)
    web.listen("order.created")
    web.ear.status = 500

    seen = []
    for _ in range(8):
        web.shop.create_order({"LAMP": 1})
        web.run(1)
        seen.append(call("GET", "webhooks/1").json()["status"])

    assert seen == ["active"] * 6 + ["disabled"] * 2
    assert len(web.ear.signed) == 7


def test_a_success_resets_the_count_and_302_is_one(web: Street) -> None:
    lamp(web)
    web.listen("order.created")
    for status in (500, 500, 404, None, 500, 303, 302, 500):
        web.ear.status = status
        web.shop.create_order({"LAMP": 1})
        web.run(1)

    assert web.shop.webhooks[1].failures == 1
    assert web.shop.webhooks[1].status == "active"


@row("re-activated, one more failure")
def test_a_webhook_switched_on_again_keeps_its_count(web: Street, call: Client) -> None:
    lamp(web)
    web.listen("order.created")
    web.ear.status = 500
    for _ in range(7):
        web.shop.create_order({"LAMP": 1})
        web.run(1)

    assert call("PUT", "webhooks/1", {"status": "active"}).json()["status"] == "active"
    web.shop.create_order({"LAMP": 1})
    web.run(1)

    assert call("GET", "webhooks/1").json()["status"] == "disabled"


@row("error body")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("woocommerce_rest_shop_order_invalid_id", 404),
        ("woocommerce_rest_cannot_view", 401),
        ("rest_no_route", 404),
    ],
)
def test_an_error_object_is_signed_and_sent_as_a_body(web: Street, code: str, status: int) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.webhook_error_bodies = 1.0
    web.shop.knobs.error_body = code

    web.shop.create_order({"LAMP": 1})
    web.run()

    [post] = web.ear.signed
    told = json.loads(post.body)
    assert (told["code"], told["data"]) == (code, {"status": status})
    assert "id" not in told
    digest = hmac.new(SIGNING.encode(), post.body, hashlib.sha256).digest()
    assert post.headers["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()


@row("ping")
def test_a_new_webhook_pings_without_a_signature(web: Street, call: Client) -> None:
    url = "http://receiver.example.test/web"
    web.ear.status = None

    made = call("POST", "webhooks", {"topic": "order.created", "delivery_url": url})
    web.run()

    assert (made.status_code, made.json()["status"]) == (201, "active")
    [ping] = web.ear.posts
    assert ping.body == b"webhook_id=1"
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in ping.headers if name.startswith("X-WC")]


@row("wrong signature; re-serialised body")
@pytest.mark.parametrize("knob", ["webhook_forged", "webhook_reserialised"])
def test_a_body_changed_after_signing_does_not_verify(web: Street, knob: str) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.turn({knob: 1.0})

    web.shop.create_order({"LAMP": 1})
    web.run()

    [post] = web.ear.signed
    digest = hmac.new(SIGNING.encode(), post.body, hashlib.sha256).digest()
    assert post.headers["X-WC-Webhook-Signature"] != base64.b64encode(digest).decode()


@row("echo of our write")
@pytest.mark.parametrize("stock", [8, 10])
def test_every_write_comes_back_even_of_the_same_number(
    web: Street, call: Client, stock: int
) -> None:
    lamp(web)
    web.listen("product.updated")

    call("PUT", "products/100", {"stock_quantity": stock})
    web.run()

    assert [body["stock_quantity"] for body in web.ear.bodies("product.updated")] == [stock]


@row("product body before order body")
def test_a_products_body_can_come_five_seconds_before_its_orders(web: Street) -> None:
    lamp(web)
    web.listen("order.updated", "product.updated")
    web.shop.knobs.topic_delay_s = {"order.updated": 5.0}

    web.shop.buy({"LAMP": 1})
    web.run(4)
    assert web.ear.topics == ["product.updated"]
    web.run(1)
    assert web.ear.topics == ["product.updated", "order.updated"]


@row("manual edit")
def test_an_edit_by_staff_is_told_by_the_product_alone(web: Street) -> None:
    lamp(web)
    web.listen(*TOPICS)

    web.shop.edit_stock("LAMP", 4)
    web.run()

    assert web.ear.topics == ["product.updated"]
    assert web.ear.bodies("product.updated")[0]["stock_quantity"] == 4
    assert web.shop.truth()["LAMP"].edits == -6


@row("lowered product.created")
def test_a_new_product_can_be_lowered_before_it_is_told(web: Street) -> None:
    web.listen("product.created")
    web.shop.knobs.webhook_delay_s = 10

    web.shop.add_product("LAMP", 9)
    web.shop.buy({"LAMP": 2})
    web.run(10)

    [body] = web.ear.bodies("product.created")
    assert body["stock_quantity"] == 7


@row("shared pool")
def test_two_variations_of_one_pool_move_the_parent_alone(web: Street) -> None:
    web.shop.add_variable("CAP", 30, variations={"CAP-R": "parent", "CAP-B": "parent"})
    web.listen("product.updated")

    web.shop.buy({"CAP-R": 2, "CAP-B": 1})
    web.run()

    [body] = web.ear.bodies("product.updated")
    assert (body["sku"], body["stock_quantity"]) == ("CAP", 27)
    assert web.shop.stock("CAP-B") == 27


@row('write to a "parent" variation')
def test_a_write_to_a_sharing_variation_is_answered_and_changes_nothing(
    web: Street, call: Client
) -> None:
    cap = web.shop.add_variable("CAP", 30, variations={"CAP-R": "parent"})
    red = web.shop.id_of("CAP-R")

    answer = call("PUT", f"products/{cap}/variations/{red}", {"stock_quantity": 5})

    assert answer.status_code == 200
    assert (answer.json()["manage_stock"], answer.json()["stock_quantity"]) == ("parent", 30)
    assert web.shop.stock("CAP") == 30

    left = {"manage_stock": True, "stock_quantity": 5}
    call("PUT", f"products/{cap}/variations/{red}", left)
    assert (web.shop.stock("CAP-R"), web.shop.stock("CAP")) == (5, 30)


@row("unmanaged or null")
def test_nobody_counts_an_unmanaged_product_and_null_is_zero(web: Street, call: Client) -> None:
    lamp(web)
    card = web.shop.add_product("GIFT-CARD", None, managed=False)

    ignored = call("PUT", f"products/{card}", {"stock_quantity": 5})
    call("PUT", "products/100", {"stock_quantity": None})

    assert (ignored.status_code, ignored.json()["stock_quantity"]) == (200, None)
    order = web.shop.buy({"GIFT-CARD": 3})
    assert held(call("GET", f"orders/{order}").json()) == [None]
    assert web.shop.stock("LAMP") == 0


@row("refund restock / none / amount / over-refund")
def test_a_refund_puts_back_what_it_is_told_and_nobody_counts_after_it(
    web: Street, call: Client
) -> None:
    lamp(web)
    orders = [web.shop.create_order({"LAMP": 2}) for _ in range(3)]
    order = orders[0]
    line = web.shop.orders[order].lines[0].id
    route = f"orders/{order}/refunds"

    def refund(**told: Any) -> tuple[int, int | None, list[str | None]]:
        code = call("POST", route, {"api_refund": False, **told}).status_code
        return code, web.shop.stock("LAMP"), held(call("GET", f"orders/{order}").json())

    assert web.shop.stock("LAMP") == 4
    assert refund(line_items=[{"id": line, "quantity": 1}]) == (201, 5, ["1"])
    assert refund(line_items=[{"id": line, "quantity": 1}], api_restock=False) == (201, 5, ["1"])
    assert refund(amount="1.00") == (201, 5, ["1"])
    assert refund(line_items=[{"id": line, "quantity": 9}]) == (201, 14, ["-8"])
    told = call("GET", route).json()
    assert [len(one["line_items"]) for one in told] == [1, 0, 1, 1]
    assert told[0]["line_items"][0]["quantity"] == -9
    web.shop.set_status(order, "cancelled")
    assert web.shop.stock("LAMP") == 6


def test_too_much_money_is_refused_with_a_bare_500(web: Street, call: Client) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 1})

    answer = call("POST", f"orders/{order}/refunds", {"amount": "10.01", "api_refund": False})

    assert (answer.status_code, answer.json()["data"]) == (500, 500)
    assert answer.json()["code"] == "woocommerce_rest_cannot_create_order_refund"
    assert web.shop.orders[order].refunds == []


@row("cancel after refund, then restore")
def test_a_cancel_gives_back_what_is_still_taken_and_a_revival_takes_all(
    web: Street, call: Client
) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 3})
    web.shop.refund(order, {"LAMP": 1})

    seen = []
    for status in ("cancelled", "processing"):
        web.shop.set_status(order, status)
        seen.append((web.shop.stock("LAMP"), held(call("GET", f"orders/{order}").json())))

    assert seen == [(10, [None]), (7, ["3"])]


def test_a_revival_takes_units_that_were_put_back_whole_again(web: Street) -> None:
    lamp(web)
    web.shop.add_product("MUG", 10)
    order = web.shop.create_order({"LAMP": 2, "MUG": 1})
    web.shop.refund(order, {"LAMP": 2})
    assert [line.reduced for line in web.shop.orders[order].lines] == [0, 1]

    web.shop.set_status(order, "cancelled")
    web.shop.set_status(order, "processing")

    assert [line.reduced for line in web.shop.orders[order].lines] == [2, 1]
    assert web.shop.stock("LAMP") == 8


def test_an_edited_line_takes_no_unit_that_was_put_back(web: Street) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 5})
    web.shop.refund(order, {"LAMP": 2})
    assert web.shop.stock("LAMP") == 7

    web.shop.edit_line(order, "LAMP", 6)

    assert web.shop.stock("LAMP") == 6
    assert web.shop.orders[order].lines[0].reduced == 4


@row("failed, refunded, trash")
@pytest.mark.parametrize("end", ["failed", "refunded", "trash"])
def test_failed_refunded_and_trashed_orders_keep_their_units(
    web: Street, call: Client, end: str
) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 3})
    web.listen(*TOPICS)

    if end == "trash":
        web.shop.trash(order)
    else:
        web.shop.set_status(order, end)
    web.run()

    body = call("GET", f"orders/{order}").json()
    assert (web.shop.stock("LAMP"), held(body), body["status"]) == (7, ["3"], end)
    assert web.ear.topics == ["order.deleted" if end == "trash" else "order.updated"]
    if end == "trash":
        assert web.ear.bodies("order.deleted") == [{"id": order}]


@row("trash left by a save")
def test_an_order_saved_out_of_the_trash_tells_nobody(web: Street, call: Client) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 3})
    web.shop.trash(order)
    web.listen("order.updated", "order.created", "order.restored")
    web.clock.forward(60)

    call("PUT", f"orders/{order}", {"status": "cancelled"})
    web.run()

    assert web.ear.posts == []
    assert web.shop.stock("LAMP") == 10
    assert call("GET", f"orders/{order}").json()["date_modified_gmt"] == "2026-11-27T12:01:00"


@row("line deleted; product deleted; unknown SKU")
def test_what_becomes_of_lines_without_a_product(web: Street, call: Client) -> None:
    lamp(web)
    web.shop.add_product("DOOMED", 5)
    order = web.shop.create_order({"LAMP": 3, "DOOMED": 2, "NOT-HERE": 1})

    web.shop.delete_line(order, "LAMP")
    web.shop.delete_product("DOOMED", force=True)
    web.shop.set_status(order, "cancelled")

    body = call("GET", f"orders/{order}").json()
    assert [(line["sku"], line["product_id"]) for line in body["line_items"]] == [(None, 0)] * 2
    assert held(body) == ["2", None]
    assert web.shop.stock("LAMP") == 10


@row("draft, unpaid, expired")
def test_drafts_are_told_unpaid_orders_hold_and_holds_end(web: Street, call: Client) -> None:
    lamp(web, stock=5)
    web.listen("order.created", "order.updated")

    draft = web.shop.open_checkout({"LAMP": 4})
    web.run()
    assert [body["status"] for body in web.ear.bodies("order.updated")] == ["checkout-draft"]
    assert web.ear.topics == ["order.updated"]
    assert web.shop.held("LAMP") == 0

    unpaid = web.shop.open_checkout({"LAMP": 4}, via="checkout")
    assert call("GET", "products/100").json()["stock_quantity"] == 5
    with pytest.raises(OutOfStock, match="partially_out_of_stock"):
        web.shop.buy({"LAMP": 2})

    web.run(3600)
    assert call("GET", f"orders/{unpaid}").json()["status"] == "cancelled"
    assert call("GET", f"orders/{draft}").json()["status"] == "checkout-draft"
    assert (web.shop.held("LAMP"), web.shop.stock("LAMP")) == (0, 5)


def test_an_unpaid_order_of_the_block_checkout_stays_for_ever(web: Street) -> None:
    lamp(web, stock=5)

    order = web.shop.buy({"LAMP": 4}, status="pending")
    assert web.shop.held("LAMP") == 4
    web.run(7200)

    assert web.shop.orders[order].status == "pending"
    assert web.shop.held("LAMP") == 0
    web.shop.edit_stock("LAMP", 2)
    web.shop.pay(order)
    assert web.shop.stock("LAMP") == -2


def test_a_cart_of_four_is_paid_for_the_one_that_is_left(web: Street) -> None:
    lamp(web)
    draft = web.shop.open_checkout({"LAMP": 4})
    other = web.shop.open_checkout({"LAMP": 4})
    web.shop.edit_stock("LAMP", 1)

    web.shop.pay(draft)

    assert [line.quantity for line in web.shop.orders[draft].lines] == [1]
    assert web.shop.stock("LAMP") == 0
    with pytest.raises(OutOfStock) as refusal:
        web.shop.pay(other)
    assert refusal.value.status == 409


@row("force delete")
def test_a_deleted_order_tells_nobody_and_its_units_are_gone(web: Street, call: Client) -> None:
    lamp(web)
    order = web.shop.create_order({"LAMP": 3})
    web.listen(*TOPICS)

    web.shop.force_delete(order)
    web.run()

    assert web.ear.posts == []
    answer = call("GET", f"orders/{order}")
    assert (answer.status_code, answer.json()["code"]) == (
        404,
        "woocommerce_rest_shop_order_invalid_id",
    )
    books = web.shop.truth()["LAMP"]
    assert (books.held, books.gone, books.stock, books.balances) == (0, 3, 7, True)


def test_an_order_deleted_before_its_delivery_sends_an_error(web: Street) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.webhook_delay_s = 5

    web.shop.force_delete(web.shop.create_order({"LAMP": 3}))
    web.run(5)

    [body] = web.ear.bodies("order.created")
    assert body["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert body["data"] == {"status": 404}


@row("oversell in the shop")
def test_an_importer_and_a_race_of_shoppers_oversell(web: Street) -> None:
    lamp(web, stock=1)
    with pytest.raises(OutOfStock):
        web.shop.buy({"LAMP": 3})
    assert web.shop.log.refused == {"LAMP": 3}

    web.shop.create_order({"LAMP": 3})
    assert web.shop.stock("LAMP") == -2

    web.shop.knobs.oversell = 1.0
    web.shop.buy({"LAMP": 1})
    assert web.shop.stock("LAMP") == -3


@row("race hook", "sale between read and write")
def test_a_sale_between_a_read_and_a_write_is_forgotten_by_an_absolute_number(
    web: Street, call: Client
) -> None:
    lamp(web)
    sold: list[int] = []

    def sale(product_id: int) -> None:
        sold.append(product_id)
        web.shop.race(None)
        web.shop.buy({"LAMP": 2})

    call("GET", "products/100")
    web.shop.race(sale)
    answer = call("PUT", "products/100", {"stock_quantity": 8})

    assert sold == [100]
    assert answer.json()["stock_quantity"] == 8
    books = web.shop.truth()["LAMP"]
    assert (books.stock, books.held, books.edits) == (8, 2, 0)
    [write] = web.shop.log.writes
    assert (write.before, write.after, write.absolute, write.lost) == (8, 8, True, 2)
    assert web.shop.log.lost_by_sku["LAMP"] == 2


def test_a_difference_lets_a_sale_in_between_survive(web: Street, call: Client) -> None:
    lamp(web)
    call("GET", "products/100")
    web.shop.buy({"LAMP": 2})

    call("PUT", "products/100", {"inventory_delta": -3})

    assert web.shop.stock("LAMP") == 5
    assert web.shop.log.lost_by_sku["LAMP"] == 0


def test_a_client_that_reads_before_it_writes_loses_nothing(web: Street, call: Client) -> None:
    lamp(web)
    call("GET", "products/100")
    web.shop.buy({"LAMP": 2})

    call("GET", "products", sku="LAMP")
    call("PUT", "products/100", {"stock_quantity": 8})

    assert web.shop.log.lost_by_sku["LAMP"] == 0


@row("batch half done, then time-out")
def test_a_batch_can_be_done_in_part_and_never_answered(web: Street, call: Client) -> None:
    for number in range(25):
        web.shop.add_product(f"SKU-{number}", 0, id=100 + number)
    web.shop.knobs.hangs_s = 0.05
    web.shop.fate(Fate.HALF_DONE)
    batch = {"update": [{"id": 100 + number, "stock_quantity": 7} for number in range(25)]}

    with pytest.raises(requests.ConnectionError):
        call("POST", "products/batch", batch)

    assert [web.shop.stock(f"SKU-{number}") for number in range(25)] == [7] * 10 + [0] * 15


def test_a_write_lands_late_and_over_a_newer_one(web: Street, call: Client) -> None:
    lamp(web)
    web.shop.knobs.hangs_s = 0.05
    web.shop.fate(Fate.LATE)

    with pytest.raises(requests.ConnectionError):
        call("PUT", "products/100", {"stock_quantity": 3})
    assert web.shop.stock("LAMP") == 10
    call("PUT", "products/100", {"stock_quantity": 9})
    web.run(5)

    assert web.shop.stock("LAMP") == 3


def test_a_write_can_be_done_and_never_answered(web: Street, call: Client) -> None:
    lamp(web)
    web.shop.knobs.hangs_s = 0.05
    web.shop.fate(Fate.TIMED_OUT)

    assert call("GET", "products/100").status_code == 200
    with pytest.raises(requests.ConnectionError):
        call("PUT", "products/100", {"stock_quantity": 3})

    assert web.shop.stock("LAMP") == 3
    assert [(one.method, one.status) for one in web.shop.log.calls] == [("GET", 200), ("PUT", 0)]


@row("mischief", "413, 429, 503, 504, HTML with 200")
def test_refusals_of_hosts_and_proxies(web: Street, call: Client) -> None:
    lamp(web)
    one = {"id": 100, "stock_quantity": 3}

    large = call("POST", "products/batch", {"update": [one] * 101})
    assert large.status_code == 413
    assert large.json()["code"] == "woocommerce_rest_request_entity_too_large"

    web.shop.knobs.turn({"throttled": 1.0, "retry_after_s": 7})
    slow = call("PUT", "products/100", one)
    assert (slow.status_code, slow.headers["Retry-After"]) == (429, "7")

    for status in (503, 504, 500):
        web.shop.knobs.turn({"throttled": 0.0, "broken": 1.0, "broken_status": status})
        assert call("PUT", "products/100", one).status_code == status

    web.shop.knobs.turn({"broken": 0.0, "html": 1.0})
    page = call("PUT", "products/100", one)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")

    web.shop.knobs.turn({"html": 0.0, "maintenance": True})
    assert call("PUT", "products/100", one).status_code == 503

    web.shop.knobs.turn({"maintenance": False})
    assert web.shop.stock("LAMP") == 10
    web.shop.knobs.turn({"broken": 1.0, "broken_status": 502, "broken_applies": True})
    assert call("PUT", "products/100", one).status_code == 502
    assert web.shop.stock("LAMP") == 3


@row("auth lost")
def test_a_revoked_key_is_refused_and_deliveries_go_on(web: Street, call: Client) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.auth_lost = True

    answer = call("PUT", "products/100", {"stock_quantity": 3})
    web.shop.buy({"LAMP": 1})
    web.run()

    assert (answer.status_code, answer.json()["code"]) == (401, "woocommerce_rest_cannot_view")
    assert web.shop.stock("LAMP") == 9
    assert web.ear.topics == ["order.created"]


@row("slow shop")
def test_a_slow_shop_answers_after_its_time(web: Street, call: Client) -> None:
    lamp(web)
    web.shop.knobs.turn({"latency_s": 3.0, "item_latency_s": 0.5})
    before = web.clock.now

    answer = call("POST", "products/batch", {"update": [{"id": 100, "stock_quantity": 3}] * 4})

    assert answer.status_code == 200
    assert (web.clock.now - before).total_seconds() == 5.0


@row("quiet shop")
def test_a_quiet_shop_delivers_when_somebody_opens_a_page(web: Street, call: Client) -> None:
    lamp(web)
    web.listen("order.created")
    web.shop.knobs.until_poked = True

    web.shop.buy({"LAMP": 1})
    web.run(3600)
    assert web.ear.posts == []

    call("GET", "products")
    web.run(1)
    assert web.ear.topics == ["order.created"]

    web.shop.buy({"LAMP": 1})
    call("GET", "products")
    web.run(1)
    assert len(web.ear.posts) == 1  # at most once a minute
    web.run(60)
    call("GET", "products")
    web.run(1)
    assert len(web.ear.posts) == 2

    web.shop.buy({"LAMP": 1})
    web.shop.knobs.until_poked = False
    web.run(60)
    call("GET", "products")  # what was parked still waits for a page
    web.run(1)
    assert len(web.ear.posts) == 3


@row("REST")
def test_a_read_of_many_skus_finds_variations_and_pages(web: Street, call: Client) -> None:
    web.shop.add_variable("SHIRT", variations={f"SHIRT-{n}": n for n in range(1, 6)})
    skus = ",".join(f"SHIRT-{n}" for n in range(1, 6))

    first = call("GET", "products", sku=skus, per_page=2, orderby="id", order="asc")
    last = call("GET", "products", sku=skus, per_page=2, page=3, orderby="id", order="asc")

    assert [one["sku"] for one in first.json()] == ["SHIRT-1", "SHIRT-2"]
    assert [one["sku"] for one in last.json()] == ["SHIRT-5"]
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("5", "3")
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="prev"' in last.headers["Link"]
    assert call("GET", "products", per_page=101).json()["code"] == "rest_invalid_param"
    assert [one["sku"] for one in call("GET", "products").json()] == ["SHIRT"]


def test_every_row_is_held() -> None:
    assert HELD.keys() == PARTS | MUST_SURVIVE
    assert len(MUST_SURVIVE) == 33
