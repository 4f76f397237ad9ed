"""Writes of numbers, and the keys they carry: E42 to E45, and what the record keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from stocksync.sandbox.shopify import Fate
from tests.sandbox.shopify_documents import ACTIVATE, ADJUST, SET, TRACK
from tests.sandbox.shopify_town import Town, town


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as opened:
        yield opened


def codes(errors: list[dict[str, Any]]) -> list[tuple[str, list[str] | None]]:
    return [(one["code"], one["field"]) for one in errors]


def place(index: int, name: str) -> list[str]:
    return ["input", "quantities", str(index), name]


def told(web: Town, **other: Any) -> dict[str, Any]:
    pairs = [web.call.pair("MUG-01", 5, 6)]
    return {"name": "available", "reason": "correction", "quantities": pairs, **other}


def adjusted(web: Town, key: str, **other: Any) -> dict[str, Any]:
    pair = web.call.pair("MUG-01", 0, None)
    del pair["quantity"]
    changes = [{**pair, "delta": -2, **other}]
    name = other.pop("name", "available")
    changes[0].pop("name", None)
    data = web.call.data(
        ADJUST, input={"name": name, "reason": "correction", "changes": changes}, key=key
    )
    payload: dict[str, Any] = data["inventoryAdjustQuantities"]
    return payload


# E42


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (SET, "inventorySetQuantities"),
        (ADJUST, "inventoryAdjustQuantities"),
        (ACTIVATE, "inventoryActivate"),
    ],
)
def test_e42_without_the_directive_nothing_is_done(web: Town, text: str, field: str) -> None:
    bare = text.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    pair = web.call.pair("MUG-01", 0, None)
    change = {name: one for name, one in pair.items() if name != "quantity"} | {"delta": -1}
    inputs: dict[str, Any] = {
        "inventorySetQuantities": {"input": told(web)},
        "inventoryAdjustQuantities": {
            "input": {"name": "available", "reason": "correction", "changes": [change]}
        },
        "inventoryActivate": {"item": web.call.item("MUG-01"), "loc": web.call.place()},
    }

    answer = web.call(bare, **inputs[field])

    assert answer["data"] == {field: None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert error["path"] == [field]
    assert web.call.numbers("MUG-01")["available"] == 6


def test_e42_without_the_number_to_change_from_nothing_is_done(web: Town) -> None:
    wanted = told(web)
    del wanted["quantities"][0]["changeFromQuantity"]
    answer = web.call(SET, input=wanted, key="k1")

    assert answer["data"] == {"inventorySetQuantities": None}
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert answer["errors"][0]["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )

    change = {"inventoryItemId": web.call.item("MUG-01"), "locationId": web.call.place()}
    wanted = {"name": "available", "reason": "correction", "changes": [{**change, "delta": -1}]}
    answer = web.call(ADJUST, input=wanted, key="k2")
    assert answer["errors"][0]["message"] == (
        "InventoryChangeInput must include the following argument: changeFromQuantity."
    )
    assert web.call.numbers("MUG-01")["available"] == 6


# E43


def test_e43_one_stale_pair_and_nothing_of_the_call_is_done(web: Town) -> None:
    errors = web.call.refused(
        web.call.pair("TEE-M", 9, 10), web.call.pair("MUG-01", 5, 7), key="k1"
    )

    assert codes(errors) == [("CHANGE_FROM_QUANTITY_STALE", place(1, "changeFromQuantity"))]
    assert web.call.numbers("TEE-M")["available"] == 10
    assert web.call.numbers("MUG-01")["available"] == 6


def test_e43_what_a_stale_swap_names_is_a_knob(web: Town) -> None:
    web.shop.knobs.stale_field = ""
    errors = web.call.refused(web.call.pair("MUG-01", 5, 7), key="k1")

    assert codes(errors) == [("CHANGE_FROM_QUANTITY_STALE", None)]


def test_e43_null_skips_the_comparison_and_an_equal_number_passes_it(web: Town) -> None:
    answer = web.call.set(web.call.pair("TEE-M", 9, None), web.call.pair("MUG-01", 5, 6), key="k1")

    payload = answer["data"]["inventorySetQuantities"]
    assert payload["userErrors"] == []
    moved = [(one["name"], one["delta"]) for one in payload["inventoryAdjustmentGroup"]["changes"]]
    assert moved == [("available", -1), ("on_hand", -1)] * 2
    assert web.call.numbers("TEE-M")["available"] == 9
    assert web.call.numbers("MUG-01") == {"available": 5, "committed": 0, "on_hand": 5}


def test_e43_a_set_without_change_is_a_success_without_a_group(web: Town) -> None:
    answer = web.call.set(web.call.pair("MUG-01", 6, 6), key="k1")

    payload = answer["data"]["inventorySetQuantities"]
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_e43_on_hand_is_compared_and_set_with_committed_kept(web: Town) -> None:
    web.shop.buy({"MUG-01": 2})
    assert codes(web.call.refused(web.call.pair("MUG-01", 8, 4), key="k1", name="on_hand")) == [
        ("CHANGE_FROM_QUANTITY_STALE", place(0, "changeFromQuantity"))
    ]

    web.call.set(web.call.pair("MUG-01", 8, 6), key="k2", name="on_hand")
    assert web.call.numbers("MUG-01") == {"available": 6, "committed": 2, "on_hand": 8}


def test_e11_a_set_is_told_for_every_pair_that_changed_and_no_other(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")
    web.call.set(web.call.pair("TEE-M", 10, 10), web.call.pair("MUG-01", 5, 6), key="k1")
    web.run(5)

    (body,) = web.ear.bodies("inventory_levels/update")
    assert (body["inventory_item_id"], body["available"]) == (web.shop.ids("MUG-01")[2], 5)


# E44


def test_e44_the_same_key_and_variables_have_the_same_outcome_and_are_done_once(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")
    web.shop.fate(Fate.TIMED_OUT)
    with pytest.raises(requests.ConnectionError):
        web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")
    web.shop.edit_stock("MUG-01", 3)

    answer = web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")

    payload = answer["data"]["inventorySetQuantities"]
    assert payload["userErrors"] == []
    assert payload["inventoryAdjustmentGroup"]["changes"][0]["delta"] == -1
    assert web.call.numbers("MUG-01")["available"] == 3
    assert len(web.shop.log.writes) == 1


def test_e44_other_variables_under_a_known_key_are_refused(web: Town) -> None:
    web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")
    errors = web.call.refused(web.call.pair("MUG-01", 4, 5), key="k1")

    assert codes(errors) == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]
    assert web.call.numbers("MUG-01")["available"] == 5


def test_e44_while_the_first_call_is_on_its_way_the_second_is_refused(web: Town) -> None:
    web.shop.fate(Fate.LATE)
    with pytest.raises(requests.ConnectionError):
        web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")

    errors = web.call.refused(web.call.pair("MUG-01", 5, 6), key="k1")
    assert codes(errors) == [("IDEMPOTENCY_CONCURRENT_REQUEST", None)]

    web.run(5)
    answer = web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")
    assert answer["data"]["inventorySetQuantities"]["userErrors"] == []
    assert len(web.shop.log.writes) == 1


def test_e44_after_a_failed_first_try_its_key_is_spent(web: Town) -> None:
    web.call.refused(web.call.pair("MUG-01", 5, 7), key="k1")
    web.shop.edit_stock("MUG-01", 7)

    errors = web.call.refused(web.call.pair("MUG-01", 5, 7), key="k1")

    assert codes(errors) == [("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)]
    assert web.call.numbers("MUG-01")["available"] == 7


def test_e44_a_call_that_was_wrong_in_itself_leaves_its_key_as_new(web: Town) -> None:
    wanted = told(web)
    del wanted["quantities"][0]["changeFromQuantity"]
    web.call.errors(SET, input=wanted, key="k1")

    answer = web.call.set(web.call.pair("MUG-01", 5, 6), key="k1")
    assert answer["data"]["inventorySetQuantities"]["userErrors"] == []


def test_e44_a_key_older_than_a_day_is_new_again(web: Town) -> None:
    web.call.set(web.call.pair("MUG-01", 5, None), key="k1")
    web.shop.edit_stock("MUG-01", 9)
    web.clock.forward(86_399)
    web.call.token = web.call.grant().json()["access_token"]
    web.call.set(web.call.pair("MUG-01", 5, None), key="k1")
    assert web.call.numbers("MUG-01")["available"] == 9

    web.clock.forward(1)
    web.call.set(web.call.pair("MUG-01", 5, None), key="k1")
    assert web.call.numbers("MUG-01")["available"] == 5


# E45


def test_e45_the_name_is_available_or_on_hand(web: Town) -> None:
    errors = web.call.refused(web.call.pair("MUG-01", 5, 6), key="k1", name="committed")

    assert codes(errors) == [("INVALID_NAME", ["input", "name"])]


@pytest.mark.parametrize("reason", ["", "because"])
def test_e45_the_reason_is_one_of_the_list(web: Town, reason: str) -> None:
    errors = web.call.refused(web.call.pair("MUG-01", 5, 6), key="k1", reason=reason)

    assert codes(errors) == [("INVALID_REASON", ["input", "reason"])]


def test_e45_each_pair_stands_once(web: Town) -> None:
    errors = web.call.refused(
        web.call.pair("MUG-01", 5, 6),
        web.call.pair("TEE-M", 5, 10),
        web.call.pair("MUG-01", 4, 6),
        key="k1",
    )

    code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    assert codes(errors) == [(code, place(0, "locationId")), (code, place(2, "locationId"))]
    assert web.call.numbers("TEE-M")["available"] == 10


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("available", 1_000_000_001, "INVALID_QUANTITY_TOO_HIGH"),
        ("available", -1_000_000_001, "INVALID_QUANTITY_TOO_LOW"),
        ("on_hand", -1, "INVALID_QUANTITY_NEGATIVE"),
    ],
)
def test_e45_numbers_have_bounds(web: Town, name: str, number: int, code: str) -> None:
    errors = web.call.refused(web.call.pair("MUG-01", number, None), key="k1", name=name)

    assert codes(errors) == [(code, place(0, "quantity"))]


def test_e45_available_may_be_negative(web: Town) -> None:
    web.call.set(web.call.pair("MUG-01", -5, 6), key="k1")

    assert web.call.numbers("MUG-01")["available"] == -5


def test_e45_items_and_locations_are_known(web: Town) -> None:
    pair = web.call.pair("MUG-01", 5, 6)
    unknown_item = {**pair, "inventoryItemId": "gid://shopify/InventoryItem/1"}
    errors = web.call.refused(unknown_item, key="k1")
    assert codes(errors) == [("INVALID_INVENTORY_ITEM", place(0, "inventoryItemId"))]

    unknown_place = {**pair, "locationId": "gid://shopify/Location/1"}
    errors = web.call.refused(unknown_place, key="k2")
    assert codes(errors) == [("INVALID_LOCATION", place(0, "locationId"))]


def test_e45_a_bundle_has_no_number_to_set(web: Town) -> None:
    web.shop.add_product("BUNDLE", 0, requires_components=True)
    errors = web.call.refused(web.call.pair("BUNDLE", 5, None), key="k1")

    assert codes(errors) == [("NON_MUTABLE_INVENTORY_ITEM", place(0, "inventoryItemId"))]


def test_e45_an_array_has_at_most_250_entries(web: Town) -> None:
    pair = web.call.pair("MUG-01", 5, 6)
    answer = web.call.set(*[pair] * 251, key="k1")

    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert error["message"] == (
        "The input array size of 251 is greater than the maximum allowed of 250."
    )


def test_e45_the_reference_document_is_an_address(web: Town) -> None:
    payload = web.call.data(SET, input=told(web, referenceDocumentUri="push 1"), key="k1")
    errors = payload["inventorySetQuantities"]["userErrors"]
    where = ["input", "referenceDocumentUri"]
    assert codes(errors) == [("INVALID_REFERENCE_DOCUMENT", where)]

    wanted = told(web, referenceDocumentUri="gid://stocksync/Push/k2")
    payload = web.call.data(SET, input=wanted, key="k2")
    assert payload["inventorySetQuantities"]["userErrors"] == []


# The other writes


def test_an_adjustment_lowers_whatever_the_number_is(web: Town) -> None:
    assert adjusted(web, "k1")["userErrors"] == []
    assert web.call.numbers("MUG-01")["available"] == 4
    assert adjusted(web, "k1")["userErrors"] == []  # the same key: once
    assert web.call.numbers("MUG-01")["available"] == 4

    errors = adjusted(web, "k2", changeFromQuantity=9)["userErrors"]
    assert errors[0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    errors = adjusted(web, "k3", ledgerDocumentUri="gid://stocksync/Push/1")["userErrors"]
    assert errors[0]["code"] == "INVALID_AVAILABLE_DOCUMENT"
    errors = adjusted(web, "k4", name="on_hand")["userErrors"]
    assert errors[0]["code"] == "INVALID_QUANTITY_NAME"
    assert web.call.numbers("MUG-01")["available"] == 4


def test_activating_never_takes_a_number_where_the_level_is_there(web: Town) -> None:
    text = ACTIVATE.replace("locationId: $loc)", "locationId: $loc, available: 3)")
    payload = web.call.data(text, item=web.call.item("MUG-01"), loc=web.call.place(), key="a1")

    errors = payload["inventoryActivate"]["userErrors"]
    assert errors == [
        {
            "field": ["available"],
            "message": "Not allowed to set available quantity when the item is already active at "
            "the location.",
        }
    ]
    assert web.call.numbers("MUG-01")["available"] == 6


def test_tracking_is_switched_on_with_the_number_that_was_there(web: Town) -> None:
    web.shop.set_tracked("MUG-01", False)
    payload = web.call.data(TRACK, id=web.call.item("MUG-01"))

    assert payload["inventoryItemUpdate"]["inventoryItem"]["tracked"] is True
    assert web.call.numbers("MUG-01")["available"] == 6
    payload = web.call.data(TRACK, id="gid://shopify/InventoryItem/1")
    assert payload["inventoryItemUpdate"]["userErrors"][0]["field"] == ["id"]


def test_the_record_says_what_a_blind_write_wrote_over(web: Town) -> None:
    web.call.numbers("MUG-01")
    web.shop.buy({"MUG-01": 2})
    web.call.set(web.call.pair("MUG-01", 6, None), key="k1")
    web.call.refused(web.call.pair("MUG-01", 3, 4), key="k2")

    (write,) = web.shop.log.writes
    assert (write.sku, write.before, write.after, write.expected) == ("MUG-01", 4, 6, None)
    assert (write.lost, write.key) == (2, "k1")
    (refusal,) = web.shop.log.refusals
    assert (refusal.item, refusal.code) == (
        web.call.item("MUG-01"),
        "CHANGE_FROM_QUANTITY_STALE",
    )
    assert web.shop.log.sold == {"MUG-01": 2}
    assert web.shop.truth()["MUG-01"].balances
