"""A call: what each answer of the Admin API means for what happens next."""

from datetime import timedelta
from typing import Any

import pytest

from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.shopify.budget import Budget
from stocksync.channels.shopify.documents import LEVELS, ORDERS, SET, SHOP, Document
from tests.channels.shopify.stand import (
    SILENCE,
    TOKEN,
    Reply,
    Stand,
    always,
    data,
    error,
    in_turn,
    open_shop,
    throttled,
)

NULL = {"inventorySetQuantities": None}
PARTIAL: dict[str, Any] = {"inventorySetQuantities": {"userErrors": []}}


def failing(reply: Reply, document: Document, read_s: float = 5.0) -> tuple[CallError, Stand]:
    """Return the error that a call ends with, whose every try is answered so."""
    with open_shop(always(reply)) as shop, pytest.raises(CallError) as failed:
        shop.api(read_s=read_s).run(document, {}, key="k1")
    return failed.value, shop


def test_an_answer_gives_its_data_and_the_time_of_the_shop() -> None:
    dated = Reply({"data": {"shop": {"id": 7}}}, headers={"Date": "Fri, 27 Nov 2026 12:00:00 GMT"})
    with open_shop(always(dated)) as shop:
        said = shop.api().run(SHOP)

    assert said.data == {"shop": {"id": 7}}
    assert said.asked_at is not None
    assert said.asked_at.isoformat()[:17] in ("2026-11-27T11:59:", "2026-11-27T12:00:")
    assert [(call.document, call.token) for call in shop.heard] == [("StocksyncShop", TOKEN)]


def test_ids_of_nineteen_digits_come_back_exact() -> None:
    with open_shop(always(Reply(b'{"data":{"id":9223372036854775807}}'))) as shop:
        assert shop.api().run(SHOP).data["id"] == 9223372036854775807


@pytest.mark.parametrize(
    ("reply", "kind", "code", "words"),
    [
        (error("ACCESS_DENIED", "Access denied for orders field. Required access: `read_orders` "
               "access scope.", data={"orders": None}), Shut, "no-scope", "the scope read_orders"),
        (Reply({"errors": "[API] This action requires merchant approval for read_orders scope."},
               403), Shut, "no-scope", "the scope read_orders"),
        (Reply(b"<html>", 403), Shut, "blocked", "403"),
        (Reply({"errors": "Unavailable Shop"}, 402), Shut, "shop-frozen", "frozen"),
        (Reply({"errors": "Not Found"}, 404), Shut, "no-shop", "correct `shop`"),
        (Reply({"errors": "Locked"}, 423), Shut, "shop-locked", "locked"),
        (Reply(b"", 301, {"Location": "https://elsewhere.example/"}), Shut, "redirected", ""),
        (error("MAX_COST_EXCEEDED", cost=1200), Refused, "MAX_COST_EXCEEDED", ""),
        (error("undefinedField", "Field 'x' doesn't exist"), Refused, "undefinedField", "doesn't"),
        (error("INTERNAL_SERVER_ERROR", data={"orders": None}), Transient, "internal", ""),
        (error("", "Something broke", data={"nodes": [None]}), Transient, "internal", "broke"),
        (error("INTERNAL_SERVER_ERROR", data={"nodes": [{"id": 1}, None]}),
         Transient, "internal", ""),
        (Reply(b"", 500), Transient, "server-error", "500"),
        (Reply(b"", 502), Transient, "unavailable", "502"),
        (Reply(None, SILENCE), Transient, "cut-off", ""),
        (Reply(b"<html>Checking your browser</html>"), Transient, "no-json", "a page"),
        (Reply(b""), Transient, "no-json", ""),
        (Reply({"data": None}), Transient, "odd-answer", ""),
        (Reply([]), Transient, "no-json", ""),
    ],
    ids=["scope", "approval", "403", "402", "404", "423", "301", "cost", "typo", "broke", "no-code",
         "partial", "500", "502", "cut", "html", "empty", "no-data", "list"],
)  # fmt: skip
def test_a_query_that_fails_says_what_happens_next(
    reply: Reply, kind: type[CallError], code: str, words: str
) -> None:
    failed, _ = failing(reply, ORDERS)

    assert (type(failed), failed.code) == (kind, code)
    assert words in failed.detail
    assert TOKEN not in failed.detail


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(b"", 500), Unknown, "server-error"),
        (Reply(b"", 503), Unknown, "unavailable"),
        (Reply(None, SILENCE), Unknown, "cut-off"),
        (Reply(b"<html>"), Unknown, "no-json"),
        (Reply(b""), Unknown, "no-json"),
        (Reply({"data": None}), Unknown, "odd-answer"),
        (error("INTERNAL_SERVER_ERROR", data=NULL), Unknown, "internal"),
        (error("INTERNAL_SERVER_ERROR"), Unknown, "internal"),
        (error("SOMETHING_NEW", data=NULL), Unknown, "internal"),
        (error("", "Something broke"), Unknown, "internal"),
        (error("BAD_REQUEST", "The @idempotent directive is required", data=NULL),
         Refused, "BAD_REQUEST"),
        (error("INVALID_FIELD_ARGUMENTS", data=NULL), Refused, "INVALID_FIELD_ARGUMENTS"),
        (error("INVALID_VARIABLE"), Refused, "INVALID_VARIABLE"),
        (error("SOMETHING_NEW"), Refused, "SOMETHING_NEW"),
        (error("ACCESS_DENIED", "Required access: `write_inventory`", data=NULL), Shut, "no-scope"),
        (Reply(b"", 429, {"Retry-After": "60"}), Transient, "throttled"),
        (Reply({}, 402), Shut, "shop-frozen"),
    ],
    ids=["500", "503", "cut", "html", "empty", "no-data", "broke", "broke-whole", "new", "no-code",
         "directive", "argument", "variable", "new-whole", "scope", "429", "402"],
)  # fmt: skip
def test_a_mutation_that_fails_is_unknown_unless_it_surely_was_not_done_and_is_not_sent_twice(
    reply: Reply, kind: type[CallError], code: str
) -> None:
    failed, shop = failing(reply, SET)

    assert (type(failed), failed.code) == (kind, code)
    assert len(shop.heard) == 1


def test_a_mutation_that_never_answers_is_unknown() -> None:
    failed, shop = failing(Reply(3, SILENCE), SET, read_s=0.3)

    assert (type(failed), failed.code) == (Unknown, "timed-out")
    assert len(shop.heard) == 1


def test_a_mutation_whose_own_field_came_back_was_done_whatever_failed_beside_it() -> None:
    with open_shop(always(error("ACCESS_DENIED", data=PARTIAL))) as shop:
        said = shop.api().run(SET, {}, key="k1")

    assert said.data == PARTIAL


def test_a_query_is_tried_three_times_and_its_key_and_variables_stay() -> None:
    with open_shop(in_turn(Reply(b"", 502), Reply(None, SILENCE), data(nodes=[]))) as shop:
        assert shop.api().run(LEVELS, {"ids": []}).data == {"nodes": []}

    assert [call.variables for call in shop.heard] == [{"ids": []}] * 3


def test_a_throttled_mutation_waits_for_its_points_and_goes_again_under_its_key() -> None:
    done = data(inventorySetQuantities={"userErrors": []})
    with open_shop(in_turn(throttled(left=150, asked=300), done)) as shop:
        shop.api().run(SET, {"input": 1}, key="k1")

    assert shop.slept == [1.5]
    assert [call.variables for call in shop.heard] == [{"input": 1, "key": "k1"}] * 2


def test_a_long_wait_belongs_to_the_rows() -> None:
    failed, shop = failing(throttled(left=0, asked=900, rate=50), SET)

    assert (type(failed), failed.code) == (Transient, "throttled")
    assert failed.retry_after == timedelta(seconds=18)
    assert (len(shop.heard), shop.slept) == (1, [])


def test_a_call_that_would_not_fit_into_the_bucket_is_not_sent() -> None:
    cost = {
        "requestedQueryCost": 337,
        "actualQueryCost": 300,
        "throttleStatus": {"maximumAvailable": 1000, "currentlyAvailable": 37, "restoreRate": 100},
    }
    full = Reply({"data": {"orders": 1}, "extensions": {"cost": cost}})
    with open_shop(always(full)) as shop:
        api = shop.api()
        api.run(ORDERS, {})
        api.run(ORDERS, {})  # 300 points short, at 100 a second

    assert shop.slept == [3.0]
    assert len(shop.heard) == 2


def test_what_was_asked_for_is_gone_until_the_next_answer() -> None:
    budget = Budget(lambda: 0.0)
    status = {"maximumAvailable": 1000, "currentlyAvailable": 700, "restoreRate": 100}
    budget.heard(ORDERS, {"requestedQueryCost": 337, "throttleStatus": status})

    waits = [budget.wait(ORDERS) for _ in range(3)]

    assert waits == [timedelta(0), timedelta(0), timedelta(seconds=3.11)]


def test_a_document_that_is_dearer_than_the_whole_bucket_is_sent_all_the_same() -> None:
    budget = Budget(lambda: 0.0)
    status = {"maximumAvailable": 300, "currentlyAvailable": 300, "restoreRate": 100}
    budget.heard(ORDERS, {"requestedQueryCost": 337, "throttleStatus": status})

    assert budget.wait(ORDERS) == timedelta(0)


@pytest.mark.parametrize(
    "cost", [None, [], {}, {"throttleStatus": {"restoreRate": 0}}, {"throttleStatus": "full"}]
)
def test_a_cost_that_says_nothing_stops_nothing(cost: Any) -> None:
    budget = Budget(lambda: 0.0)
    budget.heard(ORDERS, cost)

    assert budget.wait(ORDERS) == timedelta(0)
    assert budget.throttled(ORDERS) == timedelta(seconds=1)
