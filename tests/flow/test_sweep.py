"""What no bell announced, and what time alone has changed."""

from datetime import timedelta

import pytest

from stocksync.flow import sweep
from tests.flow.stall import MUG, House, arrival, minutes, order


def test_soft_units_end_by_the_clock_alone(house: House) -> None:
    house.stand({MUG: 10})
    house.hear(order("1", 1, {MUG: 3}, soft_until=minutes(70)))
    before = house.shelf()

    house.now = minutes(70) - timedelta(seconds=1)
    sweep.sweep(house.database, house.trade, house.now)
    just_before = house.shelf()
    house.now = minutes(70)
    sweep.sweep(house.database, house.trade, house.now)

    assert before == just_before == (7, 0, 3, 0)
    assert house.shelf() == (10, 0, 0, 0)


def test_a_hold_that_ended_is_not_swept_again(house: House) -> None:
    house.stand({MUG: 10})
    house.hear(order("1", 1, {MUG: 3}, soft_until=minutes(70)))
    house.now = minutes(80)
    sweep.sweep(house.database, house.trade, house.now)
    before = house.all_rows()

    house.now = minutes(90)
    sweep.sweep(house.database, house.trade, house.now)

    assert house.all_rows() == before


def test_a_paid_order_keeps_its_units_whatever_the_time(house: House) -> None:
    house.stand({MUG: 10})
    house.hear(order("1", 1, {MUG: 3}, soft_until=minutes(70)))
    house.hear(order("1", 2, {MUG: 3}))

    house.now = minutes(100)
    sweep.sweep(house.database, house.trade, house.now)

    assert house.shelf() == (7, 3, 0, 0)


@pytest.mark.parametrize(("age_s", "late"), [(0, False), (2, False), (2.001, True), (600, True)])
def test_only_a_row_that_waits_too_long_calls_for_a_drain(
    house: House, age_s: float, late: bool
) -> None:
    house.put(arrival(order("1", 1, {MUG: 1}), at=house.now - timedelta(seconds=age_s)))

    assert sweep.sweep(house.database, house.trade, house.now) is late


def test_an_empty_inbox_calls_for_nothing(house: House) -> None:
    house.put(arrival(order("1", 1, {MUG: 1}), at=minutes(0)))
    house.drain()

    assert not sweep.sweep(house.database, house.trade, house.now)
