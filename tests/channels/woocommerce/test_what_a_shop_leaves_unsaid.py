"""Orders whose lines carry no `_reduced_stock`: another plugin's cut, and unpaid checkouts."""

from datetime import UTC, datetime, timedelta

import pytest

from stocksync.core.facts import Flag
from tests.channels.woocommerce.shop import line, order, snapshot, units


@pytest.mark.parametrize("status", ["processing", "on-hold"])
def test_where_no_line_says_what_it_took_the_quantity_counts_and_is_flagged(status: str) -> None:
    shown = snapshot(order(status, line(7, quantity=3), line(8, quantity=1)))

    assert [units(one) for one in shown.lines] == [(3, 0, 0, 0), (1, 0, 0, 0)]
    assert shown.flags == {Flag.UNTOLD}


def test_a_computed_order_leaves_the_shelf_when_it_is_completed() -> None:
    shown = snapshot(order("completed", line(quantity=3)))

    assert units(shown.lines[0]) == (0, 3, 0, 0)
    assert shown.lines[0].gone_at == datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
    assert shown.flags == {Flag.UNTOLD}


@pytest.mark.parametrize(
    ("put_back", "committed"), [("1", 2), ("5", 0), ("-2", 3)], ids=["some", "over", "odd"]
)
def test_a_computed_line_takes_its_quantity_less_what_was_put_back(
    put_back: str, committed: int
) -> None:
    shown = snapshot(order("processing", line(quantity=3, put_back=put_back)))

    assert units(shown.lines[0]) == (committed, 0, 0, 0)


def test_a_computed_line_whose_quantity_is_no_number_is_parked() -> None:
    shown = snapshot(order("processing", line(7, quantity="some"), line(8, quantity=1)))

    assert [units(one) for one in shown.lines] == [(0, 0, 0, 0), (1, 0, 0, 0)]
    assert shown.lines[0].trouble == "line 7: its quantity is not a number"


def test_a_silent_line_beside_a_line_that_speaks_took_nothing() -> None:
    shown = snapshot(order("processing", line(7, taken="0"), line(8, quantity=3)))

    assert [units(one) for one in shown.lines] == [(0, 0, 0, 0), (0, 0, 0, 0)]
    assert shown.lines[1].trouble is None
    assert shown.flags == frozenset()


@pytest.mark.parametrize("status", ["cancelled", "refunded", "failed", "trash", "shipped"])
def test_a_silent_order_in_any_other_status_takes_nothing(status: str) -> None:
    """Paid, cancelled, then refunded: an ordinary order that gave all back looks like this."""
    shown = snapshot(order(status, line(), date_paid_gmt="2026-11-27T10:05:00"))

    assert units(shown.lines[0]) == (0, 0, 0, 0)
    assert shown.flags == frozenset()


@pytest.mark.parametrize("made_by", ["checkout", "store-api"])
def test_an_unpaid_checkout_keeps_its_units_for_an_hour_of_its_last_step(made_by: str) -> None:
    shown = snapshot(order("pending", line(quantity=4), created_via=made_by))

    assert units(shown.lines[0]) == (0, 0, 0, 4)
    assert shown.soft_until == datetime(2026, 11, 27, 11, 30, tzinfo=UTC)
    assert shown.flags == frozenset()


def test_an_opened_checkout_keeps_its_units_for_ten_minutes_of_its_last_step() -> None:
    shown = snapshot(order("checkout-draft", line(quantity=4), created_via="store-api"))

    assert units(shown.lines[0]) == (0, 0, 0, 4)
    assert shown.soft_until == datetime(2026, 11, 27, 10, 40, tzinfo=UTC)


@pytest.mark.parametrize("status", ["pending", "checkout-draft"])
def test_the_merchant_says_how_long_unpaid_units_are_kept(status: str) -> None:
    body = order(status, line(quantity=4), created_via="checkout")

    shown = snapshot(body, unpaid_soft_hold=timedelta(minutes=5))

    assert shown.soft_until == datetime(2026, 11, 27, 10, 35, tzinfo=UTC)


@pytest.mark.parametrize("status", ["pending", "checkout-draft"])
def test_without_a_hold_time_unpaid_units_are_not_kept(status: str) -> None:
    body = order(status, line(quantity=4), created_via="checkout")

    shown = snapshot(body, unpaid_soft_hold=timedelta(0))

    assert units(shown.lines[0]) == (0, 0, 0, 0)
    assert shown.soft_until is None


@pytest.mark.parametrize("made_by", ["rest-api", "admin", "a-plugin"])
def test_an_unpaid_order_that_no_shopper_is_making_keeps_nothing(made_by: str) -> None:
    shown = snapshot(order("pending", line(quantity=4), created_via=made_by))

    assert units(shown.lines[0]) == (0, 0, 0, 0)
    assert shown.soft_until is None


def test_an_unpaid_line_of_an_unknown_product_keeps_nothing() -> None:
    body = order("pending", line(7, product=0, sku=None), created_via="checkout")

    assert units(snapshot(body).lines[0]) == (0, 0, 0, 0)


def test_an_unpaid_order_that_already_took_units_keeps_no_more() -> None:
    body = order("pending", line(7, taken="1"), line(8, quantity=2), created_via="checkout")

    shown = snapshot(body)

    assert [units(one) for one in shown.lines] == [(1, 0, 0, 0), (0, 0, 0, 0)]
    assert shown.soft_until is None


def test_the_longest_hold_ends_within_the_calendar() -> None:
    body = order("pending", line(), created_via="checkout", date_modified_gmt="2199-12-31T23:59:59")

    shown = snapshot(body, unpaid_soft_hold=timedelta(days=999_999))

    assert shown.soft_until is not None
    assert shown.soft_until.year == 4937
