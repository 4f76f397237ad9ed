"""Lists of what moves: orders, SKUs, subscriptions, bulk files: E48 to E51."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.hand_clock import WAIT_S
from tests.sandbox.shopify_documents import (
    BULK_IMPORT,
    BULK_POLL,
    BULK_START,
    HOOK_CREATE,
    HOOK_DELETE,
    HOOK_LIST,
    HOOK_UPDATE,
    ORDER,
    VARIANTS_BY_SKU,
)
from tests.sandbox.shopify_town import MORNING, Town, town


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as opened:
        yield opened


def names(page: dict[str, Any]) -> list[str]:
    return [one["name"] for one in page["nodes"]]


# E48


def test_e48_orders_are_found_by_when_they_changed_oldest_first(web: Town) -> None:
    first = web.shop.buy({"MUG-01": 1})
    web.clock.forward(60)
    web.shop.buy({"MUG-01": 1})
    web.clock.forward(60)
    web.shop.cancel(first)

    assert names(web.call.updated(MORNING)) == ["#1002", "#1001"]
    assert names(web.call.updated(MORNING + timedelta(seconds=61))) == ["#1001"]


def test_e48_pages_follow_one_another_while_orders_move(web: Town) -> None:
    web.shop.edit_stock("MUG-01", 100)
    orders = []
    for _ in range(30):
        orders.append(web.shop.buy({"MUG-01": 1}))
        web.clock.forward(1)

    first = web.call.updated(MORNING)
    assert names(first) == [f"#{1001 + n}" for n in range(25)]
    assert first["pageInfo"]["hasNextPage"] is True
    web.shop.hold(orders[0])  # from the page that was read to the end of the list
    web.shop.hold(orders[26])

    second = web.call.updated(MORNING, first["pageInfo"]["endCursor"])
    assert names(second) == ["#1026", "#1028", "#1029", "#1030", "#1001", "#1027"]
    assert second["pageInfo"]["hasNextPage"] is False


def test_e48_a_tie_behind_the_cursor_is_lost_to_paging_and_found_by_the_overlap(web: Town) -> None:
    web.shop.edit_stock("MUG-01", 100)
    orders = [web.shop.buy({"MUG-01": 1}) for _ in range(26)]  # all in one second
    first = web.call.updated(MORNING)
    web.shop.hold(orders[0])  # again in that second

    second = web.call.updated(MORNING, first["pageInfo"]["endCursor"])
    assert names(second) == ["#1026"]
    assert "#1001" in names(web.call.updated(MORNING - timedelta(minutes=10)))


def test_e48_the_index_is_some_seconds_behind_and_shows_what_is(web: Town) -> None:
    web.shop.knobs.order_index_lag_s = 5
    order = web.shop.buy({"MUG-01": 2})
    assert names(web.call.updated(MORNING)) == []

    web.clock.forward(5)
    assert names(web.call.updated(MORNING)) == ["#1001"]
    web.shop.refund(order, {"MUG-01": 1}, restock_type="cancel")
    assert names(web.call.updated(MORNING + timedelta(seconds=1))) == []
    (shown,) = web.call.updated(MORNING)["nodes"]
    assert shown["lineItems"]["nodes"][0]["currentQuantity"] == 1  # found by the old date

    web.clock.forward(5)
    assert names(web.call.updated(MORNING + timedelta(seconds=1))) == ["#1001"]


def test_e48_orders_older_than_sixty_days_are_not_seen_without_a_scope_for_it(web: Town) -> None:
    order = web.shop.buy({"MUG-01": 1})
    web.clock.forward(60 * 86_400)
    web.call.token = web.call.grant().json()["access_token"]
    assert names(web.call.updated(MORNING)) == ["#1001"]

    web.clock.forward(1)
    assert names(web.call.updated(MORNING)) == []
    assert web.call.data(ORDER, id=f"gid://shopify/Order/{order}")["order"] is None

    web.shop.set_scopes("read_orders", "read_all_orders")
    web.call.token = web.call.grant().json()["access_token"]
    assert names(web.call.updated(MORNING)) == ["#1001"]


def test_e48_a_term_that_nobody_knows_filters_nothing_and_says_so(web: Town) -> None:
    web.shop.buy({"MUG-01": 1})
    text = "query Q { orders(first: 5, query: \"updatedat:>='2027-01-01'\") { nodes { name } } }"

    told = web.call(text)

    assert names(told["data"]["orders"]) == ["#1001"]
    assert told["extensions"]["search"][0]["warnings"][0]["field"] == "updatedat"


def test_e48_long_orders_come_in_pages_of_lines(web: Town) -> None:
    order = web.shop.buy([("Custom", 1)] * 300, via="api")
    assert web.call.updated(MORNING)["nodes"][0]["lineItems"]["pageInfo"]["hasNextPage"] is True

    first = web.call.order(order)["lineItems"]
    after = first["pageInfo"]["endCursor"]
    rest = web.call.data(ORDER, id=f"gid://shopify/Order/{order}", linesAfter=after)
    ids = [one["id"] for one in first["nodes"] + rest["order"]["lineItems"]["nodes"]]
    assert len(ids) == len(set(ids)) == 300


def test_e48_a_page_has_a_size_of_at_most_250(web: Town) -> None:
    for text in ("orders", "orders(first: 251)"):
        (error,) = web.call.errors(f"query Q {{ {text} {{ nodes {{ id }} }} }}")
        assert error["extensions"]["code"] == "BAD_REQUEST"


# E49


def skus(web: Town, q: str) -> list[str]:
    found = web.call.data(VARIANTS_BY_SKU, q=q)["productVariants"]["nodes"]
    return [one["sku"] for one in found]


def test_e49_search_finds_by_words_in_any_case(web: Town) -> None:
    web.shop.add_product("tee-m-2", 1)
    web.shop.add_product("M-TEE", 1)
    web.shop.add_product("TEE-XM", 1)

    assert skus(web, "sku:'TEE-M'") == ["TEE-M", "tee-m-2", "M-TEE"]
    assert skus(web, "sku:'TEE-M' OR sku:'MUG-01'") == ["TEE-M", "MUG-01", "tee-m-2", "M-TEE"]
    assert skus(web, "sku:'NONE'") == []


def test_e49_a_quote_in_a_sku_is_escaped(web: Town) -> None:
    web.shop.add_product("5' POLE", 1)

    assert skus(web, r"sku:'5\' POLE'") == ["5' POLE"]


def test_e49_two_items_may_have_one_sku_and_two_variants_one_item(web: Town) -> None:
    web.shop.add_product("MUG-01", 1)
    found = web.call.data(VARIANTS_BY_SKU, q="sku:'MUG-01'")["productVariants"]["nodes"]
    assert [one["inventoryItem"]["duplicateSkuCount"] for one in found] == [1, 1]

    web.shop.add_variant("CAP-RED", "As a gift")
    found = web.call.data(VARIANTS_BY_SKU, q="sku:'CAP-RED'")["productVariants"]["nodes"]
    assert len(found) == 2
    assert len({one["inventoryItem"]["id"] for one in found}) == 1


def test_e49_after_a_rename_search_knows_the_old_word_for_a_while(web: Town) -> None:
    web.shop.knobs.sku_index_lag_s = 10
    web.clock.forward(10)
    web.shop.rename("MUG-01", "CUP-01")

    assert skus(web, "sku:'MUG-01'") == ["CUP-01"]
    assert skus(web, "sku:'CUP-01'") == []
    web.clock.forward(10)
    assert skus(web, "sku:'MUG-01'") == []
    assert skus(web, "sku:'CUP-01'") == ["CUP-01"]


# E50


def hook(web: Town, topic: str = "ORDERS_CREATE", **other: Any) -> dict[str, Any]:
    wanted = {"uri": "https://sync.example.com/hooks/m/c", "name": "one", **other}
    made: dict[str, Any] = web.call.data(HOOK_CREATE, topic=topic, hook=wanted)
    payload: dict[str, Any] = made["webhookSubscriptionCreate"]
    return payload


def test_e50_subscriptions_are_made_listed_changed_and_taken_away(web: Town) -> None:
    made = hook(web, includeFields=["id", "updated_at"])["webhookSubscription"]
    assert made["topic"] == "ORDERS_CREATE"
    assert (made["format"], made["apiVersion"]) == ("JSON", {"handle": "2026-10"})
    web.shop.subscriptions.configure("orders/create", "https://toml.example.com/")

    listed = web.call.data(HOOK_LIST)["webhookSubscriptions"]["nodes"]
    assert [(one["id"], one["includeFields"]) for one in listed] == [
        (made["id"], ["id", "updated_at"])
    ]

    wanted = {"uri": "https://sync.example.com/other"}
    changed = web.call.data(HOOK_UPDATE, id=made["id"], hook=wanted)["webhookSubscriptionUpdate"]
    assert changed["webhookSubscription"]["uri"] == "https://sync.example.com/other"
    assert changed["webhookSubscription"]["includeFields"] == ["id", "updated_at"]

    gone = web.call.data(HOOK_DELETE, id=made["id"])["webhookSubscriptionDelete"]
    assert gone["deletedWebhookSubscriptionId"] == made["id"]
    gone = web.call.data(HOOK_DELETE, id=made["id"])["webhookSubscriptionDelete"]
    assert gone["userErrors"][0]["field"] == ["id"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"name": "two"}, "Address for this topic has already been taken"),
        (
            {"uri": "https://sync.example.com/x", "name": "ONE"},
            "Name already exists, no duplicate allowed",
        ),
        (
            {"uri": "https://sync.example.com/x", "name": "a b"},
            "Name name field can only contain alphanumeric characters, underscores, and hyphens",
        ),
        ({"uri": "", "name": "two"}, "Address can't be blank"),
        (
            {"uri": "https://sync.example.com/x", "name": "two", "format": "XML"},
            "Format 'xml' is invalid for this webhook topic. Allowed formats: json",
        ),
    ],
)
def test_e50_each_broken_rule_has_its_message_and_no_code(
    web: Town, other: dict[str, Any], message: str
) -> None:
    hook(web)
    refused = hook(web, **other)

    assert refused["webhookSubscription"] is None
    assert [one["message"] for one in refused["userErrors"]] == [message]


# E51


def started(web: Town, text: str = BULK_IMPORT) -> dict[str, Any]:
    payload: dict[str, Any] = web.call.data(BULK_START, q=text)["bulkOperationRunQuery"]
    return payload


def polled(web: Town, started_as: dict[str, Any]) -> dict[str, Any]:
    told = web.call.data(BULK_POLL, id=started_as["bulkOperation"]["id"])
    operation: dict[str, Any] = told["bulkOperation"]
    return operation


def rows(web: Town, url: str) -> list[dict[str, Any]]:
    answer = web.call.session.get(url, timeout=WAIT_S)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_e51_the_file_has_every_row_with_children_far_from_their_parents(web: Town) -> None:
    web.shop.knobs.bulk_takes_s = 20
    run = started(web)
    assert run["bulkOperation"]["status"] == "CREATED"
    assert polled(web, run)["status"] == "RUNNING"
    assert polled(web, run)["url"] is None

    web.clock.forward(20)
    done = polled(web, run)
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "7", "3")
    found = rows(web, done["url"])
    roots = [one["id"] for one in found if "__parentId" not in one]
    assert [one["id"] for one in found[:3]] == roots
    levels = found[3:]
    parents = [one["__parentId"] for one in levels]
    assert set(parents) == set(roots)
    assert parents != sorted(parents, key=roots.index)
    numbers = {
        (one["item"]["id"], one["location"]["id"]): one["quantities"][0]["quantity"]
        for one in levels
    }
    assert numbers == {
        (web.call.item("TEE-M"), web.call.place()): 10,
        (web.call.item("TEE-M"), web.call.place("Back")): 3,
        (web.call.item("MUG-01"), web.call.place()): 6,
        (web.call.item("CAP-RED"), web.call.place()): 4,
    }


def test_e51_while_it_runs_an_operation_counts_what_it_has_listed(web: Town) -> None:
    web.shop.knobs.bulk_takes_s = 30
    run = started(web)
    seen = []
    for _ in range(4):
        told = polled(web, run)
        seen.append((told["status"], told["rootObjectCount"], told["objectCount"]))
        web.clock.forward(10)

    assert seen == [
        ("RUNNING", "0", "0"),
        ("RUNNING", "1", "3"),
        ("RUNNING", "2", "5"),
        ("COMPLETED", "3", "7"),
    ]


def test_e51_the_file_is_a_snapshot_over_minutes(web: Town) -> None:
    web.shop.knobs.bulk_takes_s = 60
    run = started(web)
    web.shop.edit_stock("TEE-M", 1)
    web.shop.edit_stock("CAP-RED", 1)
    web.clock.forward(60)

    found = rows(web, polled(web, run)["url"])
    numbers = {
        one["item"]["id"]: one["quantities"][0]["quantity"]
        for one in found
        if "item" in one and one["location"]["id"] == web.call.place()
    }
    assert numbers[web.call.item("TEE-M")] == 10  # read before the edit
    assert numbers[web.call.item("CAP-RED")] == 1  # read after it


def test_e51_no_rows_leave_no_link(web: Town) -> None:
    text = "query Q { productVariants(query: \"sku:'NONE'\") { edges { node { id } } } }"
    done = polled(web, started(web, text))

    assert (done["status"], done["objectCount"], done["url"]) == ("COMPLETED", "0", None)


def test_e51_a_failed_operation_leaves_a_part_of_its_file(web: Town) -> None:
    web.shop.knobs.bulk_fails = True
    done = polled(web, started(web))

    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert done["url"] is None
    assert len(rows(web, done["partialDataUrl"])) == 3


def test_e51_a_link_dies_after_a_week(web: Town) -> None:
    url = polled(web, started(web))["url"]
    web.clock.forward(7 * 86_400 - 1)
    assert web.call.session.get(url, timeout=WAIT_S).status_code == 200
    web.clock.forward(1)
    assert web.call.session.get(url, timeout=WAIT_S).status_code == 403


def test_e51_five_run_at_a_time(web: Town) -> None:
    web.shop.knobs.bulk_takes_s = 20
    running = [started(web)["bulkOperation"]["id"] for _ in range(5)]

    refused = started(web)
    assert refused["bulkOperation"] is None
    (error,) = refused["userErrors"]
    assert error["code"] == "OPERATION_IN_PROGRESS"
    assert all(one in error["message"] for one in running)
    web.run(20)
    assert started(web)["userErrors"] == []


def test_e51_the_end_is_told(web: Town) -> None:
    web.listen("BULK_OPERATIONS_FINISH")
    run = started(web)
    web.run()

    (body,) = web.ear.bodies("bulk_operations/finish")
    assert body["admin_graphql_api_id"] == run["bulkOperation"]["id"]
    assert body["status"] == "completed"


@pytest.mark.parametrize(
    "text",
    [
        "query Q { shop { id } }",
        "query Q { productVariants { nodes { id } } }",
        "query Q { productVariants { edges { node { sku inventoryItem { "
        "inventoryLevels { edges { node { id } } } } } } } }",
        'query Q { node(id: "gid://shopify/Order/1") { id } '
        "productVariants { edges { node { id } } } }",
        "query Q { orders { edges { node { id refunds { id refundLineItems { "
        "edges { node { id } } } } } } } }",
        "query Q { orders { edges { node { id fulfillmentOrders { edges { node { id lineItems { "
        "edges { node { id } } } } } } } } } }",
        "query Q { productVariants { edges { node { nmae } } } }",
        "query Q { productVariants { edges { node { id } } } } #" + "x" * 65_535,
        "query Q {"
        + " ".join(f"a{n}: orders {{ edges {{ node {{ id }} }} }}" for n in range(6))
        + "}",
    ],
    ids=[
        "no connection",
        "nodes",
        "parent without id",
        "top-level node",
        "connection in a list",
        "three deep",
        "unknown field",
        "too long",
        "six connections",
    ],
)
def test_e51_a_query_that_may_not_be_one_is_invalid(web: Town, text: str) -> None:
    refused = started(web, text)

    assert refused["bulkOperation"] is None
    assert [one["code"] for one in refused["userErrors"]] == ["INVALID"]
