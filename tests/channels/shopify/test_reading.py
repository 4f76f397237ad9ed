"""What the shop shows: only numbers that it keeps and sells are told."""

from typing import Any

import pytest

from stocksync.channels.base import Target
from stocksync.channels.errors import Transient
from stocksync.channels.shopify.reading import levels
from stocksync.core.names import ListingId
from tests.channels.shopify.stand import Call, Reply, always, data, error, open_shop

MAIN, BACK = "75596366001", "75596366002"


def level(available: Any = 7, active: bool = True) -> dict[str, Any]:
    return {
        "id": "gid://shopify/InventoryLevel/1?inventory_item_id=1",
        "isActive": active,
        "quantities": [
            {"name": "committed", "quantity": 3},
            {"name": "available", "quantity": available},
            {"name": "on_hand", "quantity": 10},
        ],
    }


def item(number: int, at: Any, tracked: bool = True) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "sku": f"SKU-{number}",
        "tracked": tracked,
        "inventoryLevel": at,
    }


def targets(*listings: str) -> list[Target]:
    return [Target(listing=ListingId(one)) for one in listings]


def test_levels_are_read_by_location_in_the_order_that_was_asked_for() -> None:
    shown = {("1", MAIN): 7, ("2", MAIN): -2, ("1", BACK): 0}

    def says(call: Call) -> Reply:
        at = call.variables["loc"].rpartition("/")[2]
        numbers = [one.rpartition("/")[2] for one in call.variables["ids"]]
        return data(nodes=[item(int(one), level(shown[one, at])) for one in numbers])

    with open_shop(says) as shop:
        read = levels(shop.api(), targets(f"1@{MAIN}", f"1@{BACK}", f"2@{MAIN}"), 0)

    assert read == {f"1@{MAIN}": 7, f"2@{MAIN}": -2, f"1@{BACK}": 0}
    assert [call.variables["ids"] for call in shop.heard] == [
        ["gid://shopify/InventoryItem/1", "gid://shopify/InventoryItem/2"],
        ["gid://shopify/InventoryItem/1"],
    ]
    assert shop.heard[0].variables["loc"] == f"gid://shopify/Location/{MAIN}"


@pytest.mark.parametrize(
    "node",
    [
        None,
        item(1, None),
        item(1, level(active=False)),
        item(1, level(), tracked=False),
        item(1, level(available=None)),
        item(1, {"isActive": True, "quantities": []}),
        {"id": "gid://shopify/InventoryItem/1"},
    ],
    ids=["unknown", "never-stocked", "inactive", "untracked", "null", "no-number", "mute"],
)
def test_what_keeps_no_number_that_sells_is_left_out(node: Any) -> None:
    with open_shop(always(data(nodes=[node, item(2, level(5))]))) as shop:
        read = levels(shop.api(), targets(f"1@{MAIN}", f"2@{MAIN}"), 0)

    assert read == {f"2@{MAIN}": 5}


def test_a_variant_keeps_no_number_and_is_not_asked_for() -> None:
    with open_shop(always(error("NEVER"))) as shop:
        assert levels(shop.api(), targets("31939875864001"), 0) == {}

    assert shop.heard == []


def test_a_call_asks_for_no_more_than_two_hundred_and_fifty() -> None:
    def says(call: Call) -> Reply:
        numbers = [int(one.rpartition("/")[2]) for one in call.variables["ids"]]
        return data(nodes=[item(one, level(one)) for one in numbers])

    with open_shop(says) as shop:
        read = levels(shop.api(), targets(*(f"{one}@{MAIN}" for one in range(1, 502))), 0)

    assert [len(call.variables["ids"]) for call in shop.heard] == [250, 250, 1]
    assert len(read) == 501
    assert read[ListingId(f"501@{MAIN}")] == 501


def test_numbers_come_in_the_units_of_a_merchant_who_weighs() -> None:
    with open_shop(always(data(nodes=[item(1, level(7))]))) as shop:
        assert levels(shop.api(), targets(f"1@{MAIN}"), 3) == {f"1@{MAIN}": 7000}


@pytest.mark.parametrize(
    "nodes",
    [[], None, [item(2, level())], [item(1, level()), item(2, level())]],
    ids=["fewer", "none", "another", "more"],
)
def test_levels_that_were_not_asked_for_are_believed_of_none(nodes: Any) -> None:
    with open_shop(always(data(nodes=nodes))) as shop, pytest.raises(Transient):
        levels(shop.api(), targets(f"1@{MAIN}"), 0)


def test_a_level_that_failed_is_not_taken_for_one_that_is_gone() -> None:
    nodes = [None, item(2, level())]
    half = error("INTERNAL_SERVER_ERROR", data={"nodes": nodes})
    with open_shop(always(half)) as shop, pytest.raises(Transient):
        levels(shop.api(), targets(f"1@{MAIN}", f"2@{MAIN}"), 0)
