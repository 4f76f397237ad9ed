"""What an ending that comes late, after nobody waited for it any more, does to a belief."""

from collections.abc import Callable

import pytest

from stocksync.core import belief, flights, reads
from stocksync.core.belief import Belief, Way
from tests.core.desk import NOON, minutes

RAISED = flights.claim(belief.opened(5), 1, Way.COMPARED, 8, NOON)
"""Five are shown, and a write to eight is on its way."""
SILENT = flights.unanswered(RAISED, 1)
"""Nobody heard what became of it; it is sent again under its key."""

Ends = Callable[[Belief], Belief]


def refused(before: Belief) -> Belief:
    return flights.refused(before, 1)


def stale(before: Belief) -> Belief:
    return flights.refused(before, 1, stale=True)


def unsent(before: Belief) -> Belief:
    return flights.unsent(before, 1)


@pytest.mark.parametrize("end", [refused, stale, unsent])
def test_a_write_that_surely_did_nothing_gives_its_room_back(end: Ends) -> None:
    assert RAISED.exposure == 8

    ended = end(RAISED)

    assert (ended.believed, ended.exposure, ended.flights) == (5, 5, ())


@pytest.mark.parametrize("end", [refused, stale, unsent])
def test_a_repeat_that_did_nothing_says_nothing_of_the_first_try(end: Ends) -> None:
    ended = end(SILENT)

    assert (ended.believed, ended.exposure, ended.flights) == (5, 8, ())
    assert ended.doubt


@pytest.mark.parametrize("end", [refused, stale, unsent])
def test_the_room_of_a_write_whose_repeat_did_nothing_comes_back_with_a_read(end: Ends) -> None:
    asked = reads.asked(end(SILENT), minutes(1))
    settled = reads.settle(reads.answered(asked, minutes(1), 5, minutes(1)))

    assert settled.agreed
    assert (settled.belief.believed, settled.belief.exposure) == (5, 5)


@pytest.mark.parametrize("end", [refused, stale, unsent])
def test_what_the_first_try_let_a_shop_sell_unheard_is_still_counted_after_a_late_no(
    end: Ends,
) -> None:
    """The first try landed, eight were shown and all were sold; then its repeat was refused."""
    ended = end(SILENT)

    heard = belief.sold(ended, 8)

    assert (heard.believed, heard.exposure) == (-3, 0)


def test_only_a_compare_that_surely_kept_the_number_leaves_no_doubt() -> None:
    assert not flights.refused(RAISED, 1, stale=True, kept=True).doubt
    assert flights.refused(RAISED, 1, stale=True).doubt
    assert flights.refused(RAISED, 1).doubt
    assert flights.refused(SILENT, 1, stale=True, kept=True).doubt
