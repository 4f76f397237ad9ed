"""Tokens, documents, points and faults: E40, E41, E46, E47, E52."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from stocksync.sandbox.shopify import Fate
from tests.sandbox.hand_clock import WAIT_S
from tests.sandbox.shopify_documents import (
    COSTS,
    LEVELS,
    LOCATIONS,
    ORDER_LOCATIONS,
    ORDERS_SINCE,
    SET,
    SHOP,
)
from tests.sandbox.shopify_town import OLD_SECRET, Town, town


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as opened:
        yield opened


# E40


def test_e40_a_token_lives_for_a_day_of_the_shops_clock(web: Town) -> None:
    granted = web.call.grant().json()
    assert granted["expires_in"] == 86_399
    assert granted["scope"].split(",")[:2] == ["read_inventory", "write_inventory"]

    web.clock.forward(86_398)
    assert web.call.post(SHOP, granted["access_token"]).status_code == 200
    web.clock.forward(1)
    assert web.call.post(SHOP, granted["access_token"]).status_code == 401
    assert web.call.post(SHOP, web.call.grant().json()["access_token"]).status_code == 200


@pytest.mark.parametrize(("dies", "status"), [(False, 200), (True, 401)])
def test_e40_an_older_token_lives_on_or_dies_at_a_new_grant(
    web: Town, dies: bool, status: int
) -> None:
    web.shop.knobs.old_tokens_die = dies
    web.call.grant()

    assert web.call.post(SHOP).status_code == status


def test_e40_only_the_app_itself_gets_a_token_with_any_secret_not_revoked(web: Town) -> None:
    assert web.call.grant(client_secret="guessed").status_code == 400
    assert web.call.grant(client_id="another").status_code == 400
    assert web.call.grant(grant_type="password").status_code == 400
    assert web.call.grant(client_secret=OLD_SECRET).status_code == 200

    web.shop.keyring.revoke(OLD_SECRET, web.clock.now)
    assert web.call.grant(client_secret=OLD_SECRET).status_code == 400
    assert web.call.post(SHOP, "made-up").status_code == 401


def test_e14_after_an_uninstall_every_token_is_dead_and_none_is_given(web: Town) -> None:
    web.shop.uninstall()

    assert web.call.post(SHOP).status_code == 401
    assert web.call.grant().status_code == 400
    web.shop.install()
    assert web.call.grant().status_code == 200


# E41


@pytest.mark.parametrize("text", COSTS)
def test_e41_every_document_is_taken_and_asks_for_its_points(web: Town, text: str) -> None:
    samples: dict[str, Any] = {
        "id": "gid://shopify/Order/1",
        "ids": ["gid://shopify/InventoryItem/1"],
        "loc": web.call.place(),
        "item": web.call.item("MUG-01"),
        "key": "k1",
        "q": "updated_at:>='2026-11-22T14:50:00Z'",
        "topic": "ORDERS_CREATE",
        "hook": {"uri": "https://sync.example.com/hooks/m/c"},
    }
    pair = web.call.pair("MUG-01", 5, 6)
    quantities = {"name": "available", "reason": "correction", "quantities": [pair]}
    change = {key: pair[key] for key in ("inventoryItemId", "locationId", "changeFromQuantity")}
    samples["input"] = (
        quantities
        if "SetQuantities" in text
        else {"name": "available", "reason": "correction", "changes": [{**change, "delta": -1}]}
    )
    told = web.call(text, **{name: one for name, one in samples.items() if f"${name}:" in text})

    assert "errors" not in told
    cost = told["extensions"]["cost"]
    assert cost["requestedQueryCost"] == COSTS[text]
    assert cost["actualQueryCost"] <= COSTS[text]


def test_e41_an_unknown_field_is_an_error_with_its_name_and_place(web: Town) -> None:
    (error,) = web.call.errors("query Q { shop { id nmae } }")

    assert error == {
        "message": "Field 'nmae' doesn't exist on type 'Shop'",
        "locations": [{"line": 1, "column": 21}],
        "path": ["query Q", "shop", "nmae"],
        "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "nmae"},
    }


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "query Q { shop(id: 1) { id } }",
            "argumentNotAccepted",
            "Field 'shop' doesn't accept argument 'id'",
        ),
        (
            "query Q { order { id } }",
            "missingRequiredArguments",
            "Field 'order' is missing required arguments: id",
        ),
        (
            "query Q { shop }",
            "selectionMismatch",
            "Field must have selections (field 'shop' returns Shop! but has no selections.)",
        ),
        (
            "query Q { order(id: $id) { id } }",
            "variableNotDefined",
            "Variable $id is used by Q but not declared",
        ),
        (
            "query Q($id: ID!) { shop { id } }",
            "variableNotUsed",
            "Variable $id is declared by Q but not used",
        ),
    ],
)
def test_e41_each_kind_of_wrong_document_has_its_code(
    web: Town, text: str, code: str, message: str
) -> None:
    (error,) = web.call.errors(text)

    assert (error["extensions"]["code"], error["message"]) == (code, message)


def test_e41_a_text_that_is_no_document_is_told_where_it_breaks(web: Town) -> None:
    (error,) = web.call.errors("query Q { shop { id }")

    assert error["locations"] == [{"line": 1, "column": 22}]


def test_e41_fields_that_were_taken_away_are_invalid_variables_and_nothing_is_run(
    web: Town,
) -> None:
    pair = web.call.pair("MUG-01", 5, 6)
    told = web.call(
        SET,
        input={
            "name": "available",
            "reason": "correction",
            "ignoreCompareQuantity": True,
            "quantities": [pair],
        },
        key="k1",
    )

    assert "data" not in told
    (error,) = told["errors"]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"] == [
        {
            "path": ["ignoreCompareQuantity"],
            "explanation": "Field is not defined on InventorySetQuantitiesInput",
        }
    ]
    assert error["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value for "
        "ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)"
    )
    assert web.call.numbers("MUG-01")["available"] == 6


@pytest.mark.parametrize(
    ("variables", "explanation"),
    [
        ({"ids": ["a"]}, "Expected value to not be null"),
        ({"ids": ["a"], "loc": True}, "Could not coerce value true to ID"),
        ({"ids": [None], "loc": "a"}, "Expected value to not be null"),
    ],
)
def test_e41_variables_are_checked_before_anything_is_run(
    web: Town, variables: dict[str, Any], explanation: str
) -> None:
    (error,) = web.call.errors(LEVELS, **variables)

    assert error["extensions"]["problems"][0]["explanation"] == explanation


def test_e41_another_version_is_not_served(web: Town) -> None:
    url = f"{web.call.base}/admin/api/2026-01/graphql.json"
    answer = web.call.session.post(url, json={"query": SHOP}, timeout=WAIT_S)

    assert answer.status_code == 404


def test_a_scope_that_is_missing_is_named_and_the_rest_is_answered(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 1})
    web.shop.set_scopes("read_orders", "read_inventory")

    told = web.call(ORDER_LOCATIONS, id=f"gid://shopify/Order/{order}")
    assert told["data"]["order"] is None
    (error,) = told["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "read_merchant_managed_fulfillment_orders" in error["extensions"]["requiredAccess"]
    assert error["path"] == ["order", "fulfillmentOrders"]

    (error,) = web.call.errors(LOCATIONS)
    assert "read_locations" in error["extensions"]["requiredAccess"]


# E46, E47


def test_e46_points_are_reserved_given_back_and_come_back_with_time() -> None:
    with town(bucket_points=300.0, restore_points=50.0) as web:
        cost = web.call(ORDERS_SINCE, q="")["extensions"]["cost"]
        assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (247, 2)
        status = {"maximumAvailable": 300.0, "currentlyAvailable": 298, "restoreRate": 50.0}
        assert cost["throttleStatus"] == status

        web.shop.bucket.empty()
        web.clock.forward(2)
        cost = web.call(LEVELS, ids=[web.call.item("TEE-M")], loc=web.call.place())
        assert cost["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 97


def test_e46_a_query_that_is_too_dear_is_refused_with_its_cost(web: Town) -> None:
    text = """query Q { orders(first: 250) { nodes { id lineItems(first: 250) { nodes {
        variant { inventoryItem { inventoryLevels(first: 250) { nodes { id } } } } } } } } }"""

    told = web.call(text)

    assert "data" not in told
    extensions = told["errors"][0]["extensions"]
    assert extensions["code"] == "MAX_COST_EXCEEDED"
    assert (extensions["cost"], extensions["maxCost"]) == (1971, 1000.0)


def test_e47_too_few_points_are_told_with_status_200_and_no_data() -> None:
    with town(bucket_points=300.0, restore_points=50.0) as web:
        web.shop.bucket.empty()
        answer = web.call.post(ORDERS_SINCE, q="")

        assert answer.status_code == 200
        assert answer.json() == {
            "errors": [
                {
                    "message": "Throttled",
                    "extensions": {
                        "code": "THROTTLED",
                        "documentation": "https://shopify.dev/api/usage/response-codes",
                    },
                }
            ],
            "extensions": {
                "cost": {
                    "requestedQueryCost": 247,
                    "actualQueryCost": None,
                    "throttleStatus": {
                        "maximumAvailable": 300.0,
                        "currentlyAvailable": 0,
                        "restoreRate": 50.0,
                    },
                }
            },
        }
        web.clock.forward(4.9)
        assert "errors" in web.call(ORDERS_SINCE, q="")
        web.clock.forward(0.1)
        assert "data" in web.call(ORDERS_SINCE, q="")


def test_e47_429_names_a_wait(web: Town) -> None:
    web.shop.fate(Fate.TOO_MANY)
    answer = web.call.post(SHOP)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.0")
    assert web.call.post(SHOP).status_code == 200


# E52


def lowered(web: Town, key: str = "k1") -> requests.Response:
    pairs = [web.call.pair("MUG-01", 5, 6)]
    told = {"name": "available", "reason": "correction", "quantities": pairs}
    return web.call.post(SET, input=told, key=key)


@pytest.mark.parametrize(
    ("fate", "after"), [(Fate.CUT_BEFORE, 6), (Fate.CUT_AFTER, 5), (Fate.TIMED_OUT, 5)]
)
def test_e52_a_line_is_cut_before_or_after_the_write_was_done(
    web: Town, fate: Fate, after: int
) -> None:
    web.shop.fate(fate)
    with pytest.raises(requests.ConnectionError):
        lowered(web)

    assert web.call.numbers("MUG-01")["available"] == after
    assert [one.status for one in web.shop.log.calls if one.operation == "StocksyncSet"] == [0]


@pytest.mark.parametrize(("applies", "after"), [(False, 6), (True, 5)])
@pytest.mark.parametrize("status", [500, 502])
def test_e52_a_server_error_may_have_done_the_write(
    web: Town, status: int, applies: bool, after: int
) -> None:
    web.shop.knobs.broken_status = status
    web.shop.knobs.broken_applies = applies
    web.shop.fate(Fate.BROKEN)

    assert lowered(web).status_code == status
    assert web.call.numbers("MUG-01")["available"] == after


@pytest.mark.parametrize(
    ("fate", "status"), [(Fate.UNAUTHORIZED, 401), (Fate.FROZEN, 402), (Fate.LOCKED, 423)]
)
def test_e52_a_shop_that_is_shut_says_so_by_its_status(web: Town, fate: Fate, status: int) -> None:
    web.shop.fate(fate)
    assert lowered(web).status_code == status
    assert web.call.numbers("MUG-01")["available"] == 6

    web.shop.knobs.shut = status
    assert web.call.post(SHOP).status_code == status
    assert web.call.grant().status_code == status


@pytest.mark.parametrize(
    ("fate", "looks"),
    [
        (Fate.EMPTY, lambda answer: answer.content == b""),
        (Fate.HTML, lambda answer: answer.text.startswith("<!DOCTYPE html>")),
        (
            Fate.INTERNAL,
            lambda answer: (
                answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
            ),
        ),
    ],
)
def test_e52_200_may_hold_nothing_of_use(
    web: Town, fate: Fate, looks: Callable[[requests.Response], bool]
) -> None:
    web.shop.fate(fate)
    answer = lowered(web)

    assert answer.status_code == 200
    assert looks(answer)
    assert web.call.numbers("MUG-01")["available"] == 6


def test_e52_data_with_a_hole_comes_with_an_error_that_names_it(web: Town) -> None:
    ids = [web.call.item(sku) for sku in ("TEE-M", "MUG-01")]
    web.shop.fate(Fate.PARTIAL)
    told = web.call(LEVELS, ids=ids, loc=web.call.place())
    assert told["data"]["nodes"][0]["sku"] == "TEE-M"
    assert told["data"]["nodes"][1] is None
    assert told["errors"][0]["path"] == ["nodes", 1]

    web.shop.fate(Fate.PARTIAL)
    told = lowered(web).json()
    assert told["data"] == {"inventorySetQuantities": None}
    assert told["errors"][0]["path"] == ["inventorySetQuantities"]
    assert web.call.numbers("MUG-01")["available"] == 5


def test_e52_a_write_may_land_after_its_caller_has_gone(web: Town) -> None:
    web.shop.fate(Fate.LATE)
    with pytest.raises(requests.ConnectionError):
        lowered(web)
    assert web.call.numbers("MUG-01")["available"] == 6

    web.run(4.9)
    assert web.call.numbers("MUG-01")["available"] == 6
    web.run(0.1)
    assert web.call.numbers("MUG-01")["available"] == 5


def test_knobs_are_turned_and_the_books_read_over_http(web: Town) -> None:
    url = f"{web.call.base}/sandbox"
    turned = web.call.session.post(f"{url}/knobs", json={"throttled": 1}, timeout=WAIT_S)
    assert turned.json()["throttled"] == 1.0
    assert web.call.errors(SHOP)[0]["message"] == "Throttled"
    assert web.call.session.post(f"{url}/knobs", json={"no": 1}, timeout=WAIT_S).status_code == 400
    assert (
        web.call.session.post(f"{url}/knobs", json={"late": 2}, timeout=WAIT_S).status_code == 400
    )

    truth = web.call.session.get(f"{url}/truth", timeout=WAIT_S).json()
    assert truth["MUG-01"]["stock"] == 6
