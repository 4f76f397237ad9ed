"""A hold ends once, and its paper takes it over once."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stocksync.core.holds import Hold, HoldState, consume, end, may_take
from stocksync.core.stock import Account
from tests.core.desk import NOON, minutes


def hold(units: int = 4) -> Hold:
    return Hold(units=units, expires_at=minutes(15))


@pytest.mark.parametrize(("free", "granted"), [(4, True), (5, True), (3, False), (0, False)])
def test_a_hold_is_granted_only_if_all_of_it_is_there(free: int, granted: bool) -> None:
    assert may_take(free, 4) is granted


def test_a_hold_of_nothing_is_none() -> None:
    assert not may_take(5, 0)
    with pytest.raises(ValueError, match="1 unit"):
        hold(0)


def test_a_confirmed_hold_is_confirmed_for_good() -> None:
    confirmed, moved = end(hold(), HoldState.CONFIRMED, NOON)
    again, nothing = end(confirmed, HoldState.RELEASED, NOON)

    assert (moved, nothing) == (4, 0)
    assert again.state is HoldState.CONFIRMED


def test_a_confirmation_at_the_deadline_comes_too_late() -> None:
    late, moved = end(hold(), HoldState.CONFIRMED, minutes(15))

    assert late.state is HoldState.EXPIRED
    assert moved == 4


def test_a_hold_does_not_expire_before_its_time() -> None:
    with pytest.raises(ValueError, match="lives until"):
        end(hold(), HoldState.EXPIRED, minutes(14))


@pytest.mark.parametrize(
    ("state", "account"),
    [
        (HoldState.OPEN, Account.HELD),
        (HoldState.CONFIRMED, Account.COMMITTED),
        (HoldState.EXPIRED, None),
        (HoldState.RELEASED, None),
    ],
)
def test_its_paper_takes_it_over_once_whatever_became_of_it(
    state: HoldState, account: Account | None
) -> None:
    ended = (
        hold()
        if state is HoldState.OPEN
        else end(hold(), state, minutes(20 if state is HoldState.EXPIRED else 1))[0]
    )

    taken, source, units = consume(ended, 4)
    again = consume(taken, 4)

    assert (source, units) == (account, 4 if account else 0)
    assert again == (taken, None, 0)


class LifeOfAHold(RuleBasedStateMachine):
    """Whatever is done to a hold in whatever order, its units are somewhere exactly once."""

    def __init__(self) -> None:
        super().__init__()
        self.hold = hold(4)
        self.now = NOON
        self.free, self.held, self.committed = 6, 4, 0

    @rule(units=st.integers(1, 5))
    def its_paper_comes(self, units: int) -> None:
        self.hold, source, given = consume(self.hold, units)
        if source is Account.HELD:
            self.held -= given
            self.committed += given

    @rule(state=st.sampled_from([HoldState.CONFIRMED, HoldState.RELEASED]))
    def somebody_ends_it(self, state: HoldState) -> None:
        self._end(state)

    @rule(by=st.integers(1, 20))
    def time_passes(self, by: int) -> None:
        self.now += timedelta(minutes=by)
        if self.now >= self.hold.expires_at:
            self._end(HoldState.EXPIRED)

    def _end(self, state: HoldState) -> None:
        self.hold, moved = end(self.hold, state, self.now)
        self.held -= moved
        if self.hold.state is HoldState.CONFIRMED:
            self.committed += moved
        else:
            self.free += moved

    @invariant()
    def units_are_conserved(self) -> None:
        assert self.free + self.held + self.committed == 10
        assert min(self.held, self.committed) >= 0
        assert (self.held > 0) == (self.hold.keeps is Account.HELD)


TestLifeOfAHold = LifeOfAHold.TestCase
TestLifeOfAHold.settings = settings(max_examples=200)
