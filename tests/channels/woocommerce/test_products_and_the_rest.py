from typing import Any

import pytest

from stocksync.channels.errors import Unreadable
from stocksync.core.facts import (
    AskAgain,
    CatalogueChanged,
    CatalogueEntry,
    Flag,
    Ignored,
    Shows,
    SomethingMissed,
)
from stocksync.core.names import ListingId
from tests.channels.woocommerce.shop import channel, facts_of


def product(**other: Any) -> dict[str, Any]:
    return {
        "id": 10,
        "parent_id": 0,
        "type": "simple",
        "sku": "MUG-RED",
        "manage_stock": True,
        "stock_quantity": 8,
        "date_modified_gmt": "2026-11-27T10:30:00",
        "status": "publish",
        **other,
    }


def entry(
    listing: str, sku: str, owner: str, managed: bool, parent: str | None = None
) -> CatalogueChanged:
    one = CatalogueEntry(
        listing=ListingId(listing),
        sku=sku,
        owner=ListingId(owner),
        managed=managed,
        parent=None if parent is None else ListingId(parent),
        version="2026-11-27T10:30:00",
    )
    return CatalogueChanged(entries=(one,))


def test_a_product_shows_its_entry_and_its_number() -> None:
    assert facts_of(product()) == [
        entry("10", "MUG-RED", "10", managed=True),
        Shows(listing=ListingId("10"), number=8),
    ]


def test_a_number_below_zero_is_a_number() -> None:
    assert facts_of(product(stock_quantity=-3))[1] == Shows(listing=ListingId("10"), number=-3)


def test_null_is_never_zero() -> None:
    assert facts_of(product(stock_quantity=None)) == [entry("10", "MUG-RED", "10", managed=True)]


def test_a_product_without_stock_management_shows_no_number() -> None:
    body = product(manage_stock=False, stock_quantity=8)

    assert facts_of(body) == [entry("10", "MUG-RED", "10", managed=False)]


def test_a_variation_that_sells_from_its_parent_leaves_the_number_to_it() -> None:
    body = product(id=16, parent_id=15, type="variation", sku="CAP-R", manage_stock="parent")

    assert facts_of(body) == [entry("16", "CAP-R", "15", managed=True, parent="15")]


def test_a_variation_with_its_own_number_shows_it() -> None:
    body = product(id=13, parent_id=12, type="variation", sku="TS-S")

    assert facts_of(body) == [
        entry("13", "TS-S", "13", managed=True, parent="12"),
        Shows(listing=ListingId("13"), number=8),
    ]


@pytest.mark.parametrize(
    ("backorders", "unlimited"), [("no", False), ("notify", True), ("yes", True)]
)
def test_a_product_with_backorders_sells_without_limit(backorders: str, unlimited: bool) -> None:
    (changed, _) = facts_of(product(backorders=backorders))

    assert changed.entries[0].unlimited is unlimited


def test_a_number_is_shown_in_the_merchants_decimals() -> None:
    (_, shows) = facts_of(product(stock_quantity=2.5), channel(decimals=1))

    assert shows == Shows(listing=ListingId("10"), number=25)


@pytest.mark.parametrize("number", [2.5, "some", True, [], 10**400])
def test_a_number_that_cannot_be_counted_is_unknown(number: Any) -> None:
    assert len(facts_of(product(stock_quantity=number))) == 1


@pytest.mark.parametrize(
    "odd",
    [{"id": None}, {"id": 0}, {"id": "10"}, {"manage_stock": "yes"}, {"manage_stock": "parent"}],
    ids=["no-id", "zero-id", "text-id", "odd-managed", "no-parent"],
)
def test_a_product_that_cannot_be_placed_is_parked(odd: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as refused:
        facts_of(product(**odd))

    assert refused.value.code == "product-incomplete"
    assert refused.value.status == 200


def test_a_trashed_order_is_asked_again_and_flagged_and_books_nothing() -> None:
    (fact,) = facts_of({"id": 41}, topic="order.deleted")

    assert isinstance(fact, AskAgain)
    assert fact.order == "41"
    assert fact.flag is Flag.TRASH


@pytest.mark.parametrize("topic", ["product.deleted", "coupon.deleted", "customer.deleted"])
def test_any_other_deletion_is_of_no_concern(topic: str) -> None:
    (fact,) = facts_of({"id": 41}, topic=topic)

    assert isinstance(fact, Ignored)


@pytest.mark.parametrize(
    ("body", "topic"),
    [({"id": 41}, ""), ({"id": "41"}, "order.deleted"), ({"id": 0}, "order.deleted")],
    ids=["no-topic", "text-id", "zero"],
)
def test_a_deletion_of_nobody_knows_what_is_parked(body: dict[str, Any], topic: str) -> None:
    with pytest.raises(Unreadable) as refused:
        facts_of(body, topic=topic)

    assert refused.value.code == "deleted-unknown"


@pytest.mark.parametrize(
    "code", ["woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_cannot_view", "plugin_x"]
)
def test_an_error_with_a_good_signature_means_that_something_was_missed(code: str) -> None:
    body = {"code": code, "message": "Invalid ID.", "data": {"status": 404}}

    (fact,) = facts_of(body)

    assert isinstance(fact, SomethingMissed)
    assert code in fact.why


def test_an_action_names_no_order() -> None:
    (fact,) = facts_of({"action": "woocommerce_product_set_stock", "arg": [41]})

    assert isinstance(fact, Ignored)
    assert "woocommerce_product_set_stock" in fact.reason


def test_the_body_says_what_it_is_and_a_wrong_topic_does_not() -> None:
    assert facts_of(product(), topic="order.updated") == facts_of(product(), topic="")
