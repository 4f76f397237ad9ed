"""A sender's clock is measured, and its times are read on ours."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stocksync.core.skew import SAMPLES, Skew, measure
from tests.core.desk import NOON, minutes


def lags(*seconds: float) -> list[timedelta]:
    return [timedelta(seconds=one) for one in seconds]


def test_nothing_measured_is_no_skew() -> None:
    assert measure([]) == Skew()


def test_a_message_that_arrives_before_it_was_sent_has_a_fast_clock() -> None:
    assert measure(lags(-600, -598, -590)) == Skew(ahead=timedelta(minutes=10))


def test_ordinary_delays_are_no_skew() -> None:
    assert measure(lags(0.2, 40, 3, 0.9)) == Skew()


def test_one_slow_message_says_nothing_of_the_clock() -> None:
    assert measure(lags(7200)) == Skew()


def test_when_even_the_quickest_took_long_the_clock_is_in_doubt() -> None:
    assert measure(lags(610, 602, 700)) == Skew(behind=timedelta(seconds=602))


def test_only_the_newest_messages_count() -> None:
    old = lags(*([-600] * 5))
    new = lags(*([0.5] * SAMPLES))

    assert measure(old + new) == Skew()


def test_a_fast_clocks_sale_is_put_back_to_when_it_was() -> None:
    skew = Skew(ahead=timedelta(minutes=10))

    assert skew.correct(minutes(10), minutes(1)) == NOON


@given(st.lists(st.integers(-10_000, 10_000)), st.integers(-10_000, 10_000))
def test_no_corrected_moment_lies_after_the_receipt(told: list[int], stated: int) -> None:
    moment = measure(lags(*told)).correct(minutes(stated), NOON)

    assert moment <= NOON
