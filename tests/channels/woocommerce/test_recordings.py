"""What a real shop sent, and what each delivery means, as data."""

from typing import Any

import pytest

from stocksync.core.facts import CatalogueChanged, Ignored, OrderSnapshot, Shows
from tests.channels.woocommerce.shop import NAMES, channel, recorded, units

ORDERS: dict[str, tuple[str, dict[tuple[str, str | None], tuple[int, int, int, int]]]] = {
    "order.created__backorder": ("25", {("8", "00412"): (11, 0, 0, 0)}),
    "order.created__checkout-unpaid": ("50", {("35", "MUG-BLUE"): (0, 0, 0, 4)}),
    "order.created__completed": ("22", {("5", "TS-M"): (0, 1, 0, 0)}),
    "order.created__failed": ("23", {("6", "MUG-BLUE"): (0, 0, 0, 0)}),
    "order.created__line-without-product": (
        "41",
        {("29", None): (0, 0, 0, 0), ("30", "MUG-BLUE"): (1, 0, 0, 0)},
    ),
    "order.created__on-hold": ("21", {("4", "MUG-BLUE"): (2, 0, 0, 0)}),
    "order.created__oversell": ("42", {("27", "TS-M"): (3, 0, 0, 0)}),
    "order.created__pending": ("20", {("3", "MUG-BLUE"): (0, 0, 0, 0)}),
    "order.created__rest-processing-two-lines": (
        "19",
        {("1", "TS-S"): (3, 0, 0, 0), ("2", "MUG-BLUE"): (2, 0, 0, 0)},
    ),
    "order.created__shared-pool-two-variations": (
        "26",
        {("9", "CAP-R"): (2, 0, 0, 0), ("10", "CAP-B"): (1, 0, 0, 0)},
    ),
    "order.created__store-api-bank-transfer": ("28", {("12", "TS-M"): (2, 0, 0, 0)}),
    "order.created__with-fee-line": ("30", {("14", "MUG-BLUE"): (1, 0, 0, 0)}),
    "order.updated__cancelled": ("24", {("7", "MUG-BLUE"): (0, 0, 0, 0)}),
    "order.updated__cancelled-to-processing": ("24", {("7", "MUG-BLUE"): (4, 0, 0, 0)}),
    "order.updated__line-added": (
        "41",
        {("25", "MUG-BLUE"): (1, 0, 0, 0), ("26", "TS-S"): (2, 0, 0, 0)},
    ),
    "order.updated__line-quantity-down": ("41", {("25", "MUG-BLUE"): (1, 0, 0, 0)}),
    "order.updated__line-quantity-up": ("41", {("25", "MUG-BLUE"): (5, 0, 0, 0)}),
    "order.updated__note-only": (
        "19",
        {("1", "TS-S"): (3, 0, 0, 0), ("2", "MUG-BLUE"): (2, 0, 0, 0)},
    ),
    "order.updated__on-hold-to-processing": ("21", {("4", "MUG-BLUE"): (2, 0, 0, 0)}),
    "order.updated__pending-to-processing": ("20", {("3", "MUG-BLUE"): (1, 0, 0, 0)}),
    "order.updated__processing-to-completed": ("21", {("4", "MUG-BLUE"): (0, 2, 0, 0)}),
    "order.updated__processing-to-pending": ("24", {("7", "MUG-BLUE"): (0, 0, 0, 0)}),
    "order.updated__product-deleted-later": (
        "43",
        {("31", None): (2, 0, 0, 0), ("32", "MUG-BLUE"): (1, 0, 0, 0)},
    ),
    "order.updated__refund-amount-only": (
        "32",
        {("17", "MUG-BLUE"): (3, 0, 0, 0), ("18", "TS-M"): (2, 0, 0, 0)},
    ),
    "order.updated__refund-part-without-restock": (
        "32",
        {("17", "MUG-BLUE"): (3, 0, 0, 0), ("18", "TS-M"): (2, 0, 0, 0)},
    ),
    "order.updated__twin-of-created": (
        "19",
        {("1", "TS-S"): (3, 0, 0, 0), ("2", "MUG-BLUE"): (2, 0, 0, 0)},
    ),
}
"""Per recording: the order, and of each line (id, sku) its (committed, gone, beyond, soft)."""

PRODUCTS: dict[str, tuple[str, str, str, bool, int | None]] = {
    "product.created__not-managed": ("18", "GIFT", "18", False, None),
    "product.created__shared-pool-parent": ("15", "CAP", "15", True, 30),
    "product.created__shared-pool-variation": ("16", "CAP-R", "15", True, None),
    "product.created__simple": ("10", "MUG-BLUE", "10", True, 50),
    "product.created__variable-parent": ("12", "TS", "12", False, None),
    "product.created__variation": ("13", "TS-S", "13", True, 10),
    "product.updated__below-zero-backorder": ("11", "00412", "11", True, -3),
    "product.updated__below-zero-variation": ("14", "TS-M", "14", True, -2),
    "product.updated__caused-by-order": ("10", "MUG-BLUE", "10", True, 42),
    "product.updated__inventory-delta": ("10", "MUG-BLUE", "10", True, 37),
    "product.updated__price-only": ("10", "MUG-BLUE", "10", True, 44),
    "product.updated__same-value": ("10", "MUG-BLUE", "10", True, 44),
    "product.updated__shared-pool-after-order": ("15", "CAP", "15", True, 28),
    "product.updated__shared-pool-stock-set": ("15", "CAP", "15", True, 31),
    "product.updated__stock-set-by-merchant": ("10", "MUG-BLUE", "10", True, 44),
    "product.updated__variation-stock-set": ("13", "TS-S", "13", True, 12),
}
"""Per recording: the listing, its sku, whose number it draws on, managed, and the number shown."""


def facts_of(name: str) -> list[Any]:
    web = channel()
    return [fact for kept in web.minimise(recorded(name)) for fact in web.translate(kept)]


def test_every_recording_has_its_meaning_here() -> None:
    others = ["action.product_set_stock__no-id", "ping__webhook-created"]

    assert sorted([*ORDERS, *PRODUCTS, *others]) == NAMES


@pytest.mark.parametrize("name", ORDERS)
def test_a_recorded_order_takes_what_the_shop_took(name: str) -> None:
    order, lines = ORDERS[name]

    (shown,) = facts_of(name)

    assert isinstance(shown, OrderSnapshot)
    assert shown.order == order
    assert {(one.line, one.sku): units(one) for one in shown.lines} == lines
    assert shown.flags == frozenset()


def test_of_all_recorded_lines_only_the_one_without_a_product_is_in_trouble() -> None:
    troubled = {
        (name, one.line) for name in ORDERS for one in facts_of(name)[0].lines if one.trouble
    }

    assert troubled == {("order.created__line-without-product", "29")}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_recorded_product_shows_its_place_and_its_number(name: str) -> None:
    listing, sku, owner, managed, number = PRODUCTS[name]

    catalogue, *levels = facts_of(name)

    assert isinstance(catalogue, CatalogueChanged)
    (entry,) = catalogue.entries
    assert (entry.listing, entry.sku, entry.owner, entry.managed) == (listing, sku, owner, managed)
    expected = [] if number is None else [Shows(listing=entry.listing, number=number)]
    assert levels == expected


def test_a_recorded_action_is_of_no_concern() -> None:
    (fact,) = facts_of("action.product_set_stock__no-id")

    assert isinstance(fact, Ignored)
