"""What a shop does to its own stock, change by change, and what we book of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stocksync.core.facts import Flag
from tests.channels.woocommerce.shop import line, only_line, order, snapshot, units


@pytest.mark.parametrize("status", ["pending", "failed", "checkout-draft"])
def test_a_new_order_that_is_not_paid_takes_nothing(status: str) -> None:
    assert units(only_line(order(status, line()))) == (0, 0, 0, 0)


@pytest.mark.parametrize("status", ["processing", "on-hold"])
def test_an_accepted_order_takes_its_quantity(status: str) -> None:
    assert units(only_line(order(status, line(quantity=3, taken="3")))) == (3, 0, 0, 0)


def test_a_completed_order_has_left_the_shelf_when_it_was_completed() -> None:
    body = order("completed", line(taken="3"), date_completed_gmt="2026-11-27T10:29:00")

    sold = only_line(body)

    assert units(sold) == (0, 3, 0, 0)
    assert sold.gone_at == datetime(2026, 11, 27, 10, 29, tzinfo=UTC)


def test_a_completed_order_without_that_moment_left_when_it_was_touched() -> None:
    sold = only_line(order("completed", line(taken="3")))

    assert sold.gone_at == datetime(2026, 11, 27, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("status", ["cancelled", "pending"])
def test_a_cancelled_order_or_one_set_back_to_pending_takes_nothing(status: str) -> None:
    assert units(only_line(order(status, line(quantity=3)))) == (0, 0, 0, 0)


def test_an_order_set_back_to_processing_takes_its_full_quantity_again() -> None:
    body = order("processing", line(quantity=3, taken="3", put_back="1"))

    assert units(only_line(body)) == (3, 0, 0, 0)


def test_a_failed_order_keeps_what_it_took_and_is_flagged() -> None:
    shown = snapshot(order("failed", line(taken="3")))

    assert units(shown.lines[0]) == (3, 0, 0, 0)
    assert shown.flags == {Flag.FAILED}


def test_a_refund_by_status_keeps_what_it_took_and_is_flagged() -> None:
    shown = snapshot(order("refunded", line(taken="3")))

    assert units(shown.lines[0]) == (0, 3, 0, 0)
    assert shown.flags == {Flag.REFUNDED}


def test_refunded_units_that_were_put_back_are_no_longer_taken() -> None:
    body = order("processing", line(quantity=3, taken="2", put_back="1"), refunds=[{"id": 31}])

    assert units(only_line(body)) == (2, 0, 0, 0)


def test_refunded_units_that_were_not_put_back_stay_taken() -> None:
    body = order("processing", line(quantity=3, taken="3"), refunds=[{"id": 31}])

    assert units(only_line(body)) == (3, 0, 0, 0)


def test_a_whole_refund_that_put_everything_back_takes_nothing_and_needs_nobody() -> None:
    shown = snapshot(order("refunded", line(quantity=3, taken="0", put_back="3")))

    assert units(shown.lines[0]) == (0, 0, 0, 0)
    assert shown.flags == frozenset()


@pytest.mark.parametrize(("quantity", "taken"), [(5, "5"), (1, "1")], ids=["more", "fewer"])
def test_an_edited_quantity_takes_as_much_as_the_shop_says(quantity: int, taken: str) -> None:
    body = order("processing", line(quantity=quantity, taken=taken))

    assert units(only_line(body)) == (int(taken), 0, 0, 0)


def test_a_deleted_line_is_missing_from_a_complete_order() -> None:
    shown = snapshot(order("processing", line(8, taken="1")))

    assert [one.line for one in shown.lines] == ["8"]
    assert shown.complete


def test_a_trashed_order_keeps_what_it_took_and_is_flagged() -> None:
    shown = snapshot(order("trash", line(taken="3")))

    assert units(shown.lines[0]) == (3, 0, 0, 0)
    assert shown.flags == {Flag.TRASH}


@pytest.mark.parametrize("status", ["failed", "refunded", "trash"])
def test_an_order_that_took_nothing_needs_nobody(status: str) -> None:
    assert snapshot(order(status, line())).flags == frozenset()


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled"])
def test_more_units_put_back_than_were_taken_go_beyond(status: str) -> None:
    shown = only_line(order(status, line(quantity=2, taken="-7", put_back="9")))

    assert units(shown) == (0, 0, 7, 0)


def test_what_a_deleted_product_left_behind_stays_taken_without_a_name() -> None:
    shown = only_line(order("cancelled", line(taken="2", product=0, sku=None)))

    assert units(shown) == (2, 0, 0, 0)
    assert (shown.sku, shown.listing, shown.trouble) == (None, None, None)


def test_a_status_of_a_plugin_is_served_by_what_the_lines_say() -> None:
    assert units(only_line(order("partially-shipped", line(taken="3")))) == (3, 0, 0, 0)


def test_an_order_says_when_it_was_placed_and_which_version_it_is() -> None:
    shown = snapshot(order("processing", line(taken="3")))

    assert shown.order == "41"
    assert shown.version == "2026-11-27T10:30:00"
    assert shown.placed_at == datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "listing"),
    [({"product": 10}, "10"), ({"product": 12, "variation": 13}, "13"), ({"product": 0}, None)],
    ids=["simple", "variation", "none"],
)
def test_a_line_names_the_variation_before_its_product(
    entry: dict[str, Any], listing: str | None
) -> None:
    assert only_line(order("processing", line(taken="1", **entry))).listing == listing


@pytest.mark.parametrize(
    ("written", "sku"),
    [("00412", "00412"), (412, "412"), ("", None), (None, None), (True, None), ({}, None)],
    ids=["zeros", "number", "empty", "null", "true", "object"],
)
def test_a_sku_is_text_and_keeps_its_zeros(written: Any, sku: str | None) -> None:
    assert only_line(order("processing", line(taken="1", sku=written))).sku == sku


@pytest.mark.parametrize("sku", ["A\x00B", "A\ud800B", "A" * 256], ids=["nul", "half", "long"])
def test_a_sku_that_no_database_can_hold_is_left_to_the_listing(sku: str) -> None:
    shown = only_line(order("processing", line(taken="1", sku=sku)))

    assert (shown.sku, shown.listing, shown.committed) == (None, "10", 1)


@pytest.mark.parametrize("taken", ["1.5", 1.5, "1.50"], ids=["text", "number", "zeros"])
def test_fractions_are_counted_in_the_merchants_decimals(taken: Any) -> None:
    body = order("processing", line(quantity=1.5, taken=taken))

    assert units(only_line(body, decimals=2)) == (150, 0, 0, 0)


def test_a_fraction_of_nothing_is_a_whole_number() -> None:
    assert units(only_line(order("processing", line(taken="2.000")))) == (2, 0, 0, 0)


@pytest.mark.parametrize("taken", ["1.5", "some", "", [2], {"a": 1}, True, 10**400, "1e2", "NaN"])
def test_what_cannot_be_counted_parks_its_line_alone(taken: Any) -> None:
    good, bad = line(7, taken="2"), line(8, taken=taken)

    shown = snapshot(order("processing", good, bad))

    assert units(shown.lines[0]) == (2, 0, 0, 0)
    assert shown.lines[0].trouble is None
    assert units(shown.lines[1]) == (0, 0, 0, 0)
    assert shown.lines[1].trouble is not None
    assert shown.lines[1].trouble.startswith("line 8: its _reduced_stock is")
    assert shown.flags == frozenset()


def test_two_different_numbers_on_one_line_park_it() -> None:
    twice = line(taken="2")
    twice["meta_data"].append({"key": "_reduced_stock", "value": "3"})

    shown = only_line(order("processing", twice))

    assert shown.committed == 0
    assert shown.trouble == "line 7: its _reduced_stock stands there twice, with two numbers"


@pytest.mark.parametrize("metas", [None, "x", {"a": 1}, {}], ids=["null", "text", "object", "none"])
def test_a_line_whose_metas_cannot_be_read_is_never_taken_for_silent(metas: Any) -> None:
    odd = {**line(), "meta_data": metas}

    shown = snapshot(order("processing", odd, line(8)))

    assert [units(one) for one in shown.lines] == [(0, 0, 0, 0), (0, 0, 0, 0)]
    assert shown.lines[0].trouble == "line 7: its meta_data is not a list"


def test_a_list_that_php_wrote_as_an_object_is_a_list() -> None:
    told = line(taken="3")
    told["meta_data"] = {"0": told["meta_data"][0], "2": told["meta_data"][1]}
    body = order("processing")
    body["line_items"] = {"1": told}

    assert units(only_line(body)) == (3, 0, 0, 0)


def test_a_line_without_a_product_books_nothing_and_is_reported() -> None:
    nameless = line(29, quantity=1, product=0, sku=None)

    shown = snapshot(order("processing", nameless, line(30, taken="1")))

    assert [units(one) for one in shown.lines] == [(0, 0, 0, 0), (1, 0, 0, 0)]
    trouble = shown.lines[0].trouble
    assert trouble == "line 29: it names no product of the shop; see the order there"


def test_an_order_without_any_product_books_nothing_and_is_reported() -> None:
    shown = snapshot(order("processing", line(29, product=0, sku=None)))

    assert units(shown.lines[0]) == (0, 0, 0, 0)
    assert shown.lines[0].trouble is not None
    assert shown.flags == frozenset()


def test_a_cancelled_line_without_a_product_troubles_nobody() -> None:
    assert only_line(order("cancelled", line(29, product=0, sku=None))).trouble is None


def test_an_order_without_lines_takes_nothing() -> None:
    shown = snapshot(order("processing"))

    assert shown.lines == ()
    assert shown.flags == frozenset()
