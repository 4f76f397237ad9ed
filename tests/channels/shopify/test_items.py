"""Inventory items that are read by themselves, from a shop that answers oddly."""

from typing import Any

import pytest

from stocksync.channels.errors import Transient
from stocksync.channels.shopify import intake, items
from stocksync.core.names import PaperKey
from tests.channels.shopify.samples import NOON, Data
from tests.channels.shopify.stand import always, data, open_shop


def node(number: int, *, more: bool = False, **fields: Any) -> Data:
    page = {"hasNextPage": more, "endCursor": "c"}
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "tracked": True,
        "variants": {"nodes": [], "pageInfo": {"hasNextPage": False}},
        "inventoryLevels": {"nodes": [], "pageInfo": page},
        **fields,
    }


def test_keys_of_items_are_told_from_those_of_orders() -> None:
    keys = ["7001", "item:12", "item:", "item:0", "item:1@2", "item:12", "item:9223372036854775807"]

    assert items.among([PaperKey(key) for key in keys]) == [12, 9223372036854775807]
    assert items.among([items.asked(12, "why").order]) == [12]


def test_many_items_are_asked_for_in_as_few_calls_as_the_api_takes() -> None:
    def says(call: Any) -> Any:
        return data(nodes=[None for _ in call.variables["ids"]])

    with open_shop(says) as shop:
        found = items.fetch(shop.api(), range(1, 302))

    assert len(found) == 301
    assert [len(call.variables["ids"]) for call in shop.heard] == [250, 51]


def test_nothing_is_asked_where_no_item_is_meant() -> None:
    with open_shop(always(data(nodes=[]))) as shop:
        assert items.fetch(shop.api(), []) == []

    assert shop.heard == []


@pytest.mark.parametrize(
    "nodes",
    [None, [], [node(2)], [node(1), node(2)], [{}], ["gid"], [{"id": None}]],
    ids=["none", "too-few", "another", "too-many", "nameless", "text", "without-id"],
)
def test_an_answer_of_other_items_is_not_taken(nodes: Any) -> None:
    with open_shop(always(data(nodes=nodes))) as shop, pytest.raises(Transient) as failed:
        items.fetch(shop.api(), [1])

    assert failed.value.code == "odd-answer"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (node(1, more=True), "item-cut"),
        (node(1, variants={"nodes": [], "pageInfo": {"hasNextPage": True}}), "item-cut"),
        (node(1, inventoryLevels=None), "unknown-body"),
        (node(1, variants={"nodes": ["odd"]}), "unknown-body"),
        ({"id": "gid://shopify/Order/1"}, "unknown-body"),
    ],
    ids=["more-levels", "more-variants", "no-levels", "odd-variants", "an-order"],
)
def test_an_item_that_was_not_read_whole_is_parked(one: Data, code: str) -> None:
    kept = intake.item(one, NOON)

    assert kept.trouble is not None
    assert kept.trouble.code == code
