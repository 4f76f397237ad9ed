"""The stand-in of a taped shop: what its API says while the tape is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from stocksync.lab.stand_in import KEY, SECRET, StandIn
from stocksync.lab.tape import Tape
from stocksync.sandbox.server import serve
from tests.lab.made_tape import GLASS, MUG, delivery, made_tape, order, product

Rows = list[dict[str, Any]]


class Asking:
    """The stand-in, and a client that asks it."""

    def __init__(self, shop: StandIn, url: str) -> None:
        self.shop = shop
        self.url = f"{url}/wp-json/wc/v3/"

    def __call__(self, path: str, **params: str) -> requests.Response:
        return requests.get(self.url + path, params=params, auth=(KEY, SECRET), timeout=5)

    def orders(self, **params: str) -> dict[int, str]:
        rows: Rows = self("orders", **params).json()
        return {row["id"]: row["status"] for row in rows}

    def levels(self) -> dict[str, int]:
        rows: Rows = self("products", sku=f"{MUG},{GLASS}").json()
        return {row["sku"]: row["stock_quantity"] for row in rows}


@pytest.fixture
def ask() -> Iterator[Asking]:
    """Yield the shop of the made tape, of which nothing has been sent."""
    shop = StandIn(made_tape())
    with serve([shop]) as served:
        yield Asking(shop, served.url("shop"))


def test_it_shows_what_was_sent_so_far_and_an_older_body_changes_nothing(ask: Asking) -> None:
    before = ask.levels()
    ask.shop.show(delivery(2, "product.updated", product(MUG, 6, 2)))
    ask.shop.show(delivery(3, "product.updated", product(MUG, 8, 1)))
    ask.shop.show(delivery(4, "product.updated", product(GLASS, 4, 2)))
    ask.shop.show(delivery(5, "product.updated", product(GLASS, 3, 2)))

    assert before == {MUG: 10, GLASS: 5}
    assert ask.levels() == {MUG: 6, GLASS: 3}


def test_an_order_is_in_the_trash_until_it_is_restored_and_a_second_pass_leaves_it_there(
    ask: Asking,
) -> None:
    sold = delivery(1, "order.created", order(56, GLASS, 1, 1))
    trashed = delivery(2, "order.deleted", {"id": 56})
    ask.shop.show(sold)
    ask.shop.show(trashed)

    assert ask.orders() == {}
    assert ask.orders(status="trash") == {56: "trash"}
    assert ask("orders/56").json()["status"] == "trash"

    ask.shop.show(delivery(3, "order.restored", order(56, GLASS, 1, 3)))
    for again in (sold, trashed):
        ask.shop.show(again)

    assert ask.orders() == {56: "processing"}
    assert ask.orders(status="trash") == {}


def test_an_order_that_was_deleted_for_good_or_not_sent_yet_is_not_there(ask: Asking) -> None:
    ask.shop.show(delivery(1, "order.created", order(60, GLASS, 3, 1)))

    for key in ("60", "55"):
        answer = ask(f"orders/{key}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "woocommerce_rest_shop_order_invalid_id"
    assert ask.orders() == {}


def test_orders_are_listed_by_change_a_page_at_a_time_with_the_fields_asked_for(
    ask: Asking,
) -> None:
    for key, changed_s in ((70, 3), (71, 1), (72, 2)):
        ask.shop.show(delivery(key, "order.created", order(key, MUG, 1, changed_s)))
    asked = {"orderby": "modified", "order": "asc", "per_page": "2", "_fields": "id,status"}

    first = ask("orders", **asked)

    assert first.json() == [
        {"id": 71, "status": "processing"},
        {"id": 72, "status": "processing"},
    ]
    assert first.headers["X-WP-Total"] == "3"
    assert ask("orders", **asked, page="2").json() == [{"id": 70, "status": "processing"}]
    assert ask.orders(modified_after="2026-11-27T12:00:02") == {70: "processing"}


def test_the_recorded_shop_ends_as_its_truth_says(day: Tape) -> None:
    shop = StandIn(day)
    for one in day.deliveries:
        shop.show(one)
    with serve([shop]) as served:
        ask = Asking(shop, served.url("shop"))
        rows: Rows = ask("products", sku=",".join(day.start.stock), per_page="100").json()
        sold: Rows = [
            *ask("orders", per_page="100").json(),
            *ask("orders", per_page="100", page="2").json(),
            *ask("orders", per_page="100", status="trash").json(),
        ]

    assert {row["sku"]: row["stock_quantity"] for row in rows} == day.truth.shown
    assert {str(row["id"]) for row in sold} == day.truth.orders.keys()


def test_it_takes_no_writes_and_no_other_key(ask: Asking) -> None:
    written = requests.put(
        f"{ask.url}products/10", json={"stock_quantity": 1}, auth=(KEY, SECRET), timeout=5
    )

    assert (written.status_code, ask.shop.written) == (403, 1)
    assert requests.get(f"{ask.url}products", timeout=5).status_code == 401
    assert requests.get(f"{ask.url}products", auth=(KEY, "x"), timeout=5).status_code == 401
    assert ask.levels() == {MUG: 10, GLASS: 5}
