"""A sender's time is read on our clock, by its own stamp alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stocksync.core.skew import correct
from tests.core.desk import NOON, minutes

NONE = timedelta(0)


def test_a_message_that_arrives_before_it_was_stamped_has_a_fast_clock() -> None:
    assert correct(minutes(8), minutes(10), NOON) == (minutes(-2), NONE)


def test_a_prompt_message_is_taken_at_its_word() -> None:
    assert correct(minutes(-3), minutes(-0.05), NOON) == (minutes(-3), NONE)


def test_a_message_a_little_late_may_have_a_slow_clock_and_stays_in_doubt() -> None:
    assert correct(minutes(-8), minutes(-4), NOON) == (minutes(-8), timedelta(minutes=4))


def test_a_message_that_waited_for_hours_has_no_slow_clock() -> None:
    assert correct(minutes(-500), minutes(-480), NOON) == (minutes(-500), NONE)


def test_without_a_stamp_only_the_receipt_bounds_it() -> None:
    assert correct(minutes(10), None, NOON) == (NOON, NONE)
    assert correct(minutes(-10), None, NOON) == (minutes(-10), NONE)


@given(st.integers(-10_000, 10_000), st.none() | st.integers(-10_000, 10_000))
def test_nothing_lies_after_the_receipt_not_even_in_doubt(said: int, stamped: int | None) -> None:
    at, doubt = correct(minutes(said), None if stamped is None else minutes(stamped), NOON)

    assert doubt >= NONE
    assert at + doubt <= NOON
