from typing import Any

import pytest

from stocksync.channels.base import Listed
from stocksync.channels.shopify import gids, levels
from stocksync.channels.shopify.bulk import Row
from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId
from tests.channels.shopify.samples import BACK, MAIN, Data

ITEM = 48513488879001
MAPPED = frozenset({75596366001, 75596366002})
AT_MAIN, AT_BACK = f"{ITEM}@75596366001", f"{ITEM}@75596366002"
TEE = "31939875864001"


def variant(number: int = int(TEE), **fields: Any) -> Data:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": "TEE-M",
        "inventoryPolicy": "DENY",
        "requiresComponents": False,
        **fields,
    }


def level(available: int | None, at: str = MAIN, **fields: Any) -> Data:
    shown = [] if available is None else [{"name": "available", "quantity": available}]
    return {
        "id": f"gid://shopify/InventoryLevel/1?inventory_item_id={ITEM}",
        "isActive": True,
        "item": {"id": f"gid://shopify/InventoryItem/{ITEM}"},
        "location": {"id": at},
        "quantities": [*shown, {"name": "on_hand", "quantity": 99}],
        **fields,
    }


def row(*told: Data, variants: tuple[Data, ...] = (variant(),), tracked: bool = True) -> Row:
    item = {"id": f"gid://shopify/InventoryItem/{ITEM}", "tracked": tracked}
    return Row(item=item, variants=variants, levels=told)


def listed(one: Row, decimals: int = 0) -> dict[str, Listed]:
    return {x.entry.listing: x for x in levels.listed(one, MAPPED, decimals)}


def test_a_variant_draws_on_the_one_level_where_it_is_stocked() -> None:
    assert list(levels.listed(row(level(10)), MAPPED, 0)) == [
        Listed(
            entry=CatalogueEntry(
                listing=ListingId(AT_MAIN),
                sku="TEE-M",
                owner=ListingId(AT_MAIN),
                managed=True,
                location=MAIN,
            ),
            shown=10,
        ),
        Listed(
            entry=CatalogueEntry(
                listing=ListingId(TEE), sku="TEE-M", owner=ListingId(AT_MAIN), managed=True
            ),
            shown=None,
        ),
    ]


def test_a_variant_that_is_stocked_at_two_places_names_both() -> None:
    told = listed(row(level(4, BACK), level(-2)))

    assert list(told) == [AT_MAIN, AT_BACK, TEE]
    assert (told[AT_MAIN].shown, told[AT_BACK].shown) == (-2, 4)
    assert told[AT_BACK].entry.location == BACK
    sells = told[TEE].entry
    assert (sells.owner, sells.managed, sells.levels) == (TEE, False, (AT_MAIN, AT_BACK))


def test_a_place_that_nobody_mapped_is_left_alone() -> None:
    elsewhere = level(7, "gid://shopify/Location/999")

    told = listed(row(level(4), elsewhere))

    assert list(told) == [AT_MAIN, TEE]
    assert told[TEE].entry.owner == AT_MAIN
    assert list(listed(row(elsewhere))) == [TEE]


def test_a_level_that_does_not_sell_keeps_no_number() -> None:
    told = listed(row(level(4), level(9, BACK, isActive=False)))

    assert not told[AT_BACK].entry.managed
    assert told[AT_BACK].shown is None
    assert told[TEE].entry.owner == AT_MAIN


@pytest.mark.parametrize(
    ("one", "managed", "unlimited"),
    [
        (row(level(4)), True, False),
        (row(level(None), tracked=False), False, True),
        (row(level(4), variants=(variant(inventoryPolicy="CONTINUE"),)), True, True),
        (row(level(4), variants=(variant(requiresComponents=True),)), False, False),
        (row(level(None)), False, False),
    ],
    ids=["sells", "untracked", "below-zero", "bundle", "no-number"],
)
def test_what_a_level_is_worth_is_known(one: Row, managed: bool, unlimited: bool) -> None:
    told = listed(one)

    assert (told[AT_MAIN].entry.managed, told[AT_MAIN].entry.unlimited) == (managed, unlimited)
    assert told[AT_MAIN].shown == (4 if managed else None)
    assert (told[TEE].entry.managed, told[TEE].entry.unlimited) == (managed, unlimited)
    assert told[TEE].entry.levels == ()


def test_variants_that_share_an_item_share_its_level_and_the_boldest_of_them_rules() -> None:
    both = (variant(1), variant(2, sku=None, inventoryPolicy="CONTINUE"))

    told = listed(row(level(4), variants=both))

    assert list(told) == [AT_MAIN, "1", "2"]
    assert [one.entry.owner for one in told.values()] == [AT_MAIN] * 3
    assert [one.entry.unlimited for one in told.values()] == [True] * 3
    assert told["2"].entry.sku is None


def test_levels_are_in_the_units_of_the_merchant() -> None:
    assert listed(row(level(4)), decimals=3)[AT_MAIN].shown == 4000


def test_an_id_is_taken_apart_and_put_together() -> None:
    assert gids.gid("Location", 75596366001) == MAIN
    assert gids.number("Location", MAIN) == 75596366001
    assert gids.number("InventoryLevel", "gid://shopify/InventoryLevel/7?inventory_item_id=5") == 7
    assert gids.listing_of(gids.Level(ITEM, 75596366001)) == AT_MAIN
    assert gids.level_of(ListingId(AT_MAIN)) == (ITEM, 75596366001)
    largest = 2**63 - 1
    assert gids.number("Order", gids.gid("Order", largest)) == largest


@pytest.mark.parametrize(
    "odd",
    ["", "1", "gid://shopify/Order/1", "gid://shopify/Location/0", f"gid://shopify/Location/{2**63}",
     "gid://shopify/Location/1.5", "gid://shopify/Location/1 ", None, 7],
)  # fmt: skip
def test_what_is_no_location_is_none(odd: Any) -> None:
    assert gids.number("Location", odd) is None


@pytest.mark.parametrize("odd", [TEE, "", "@1", "1@", "1@2@3", f"{2**63}@1", "a@1"])
def test_what_is_no_level_is_none(odd: str) -> None:
    assert gids.level_of(ListingId(odd)) is None
