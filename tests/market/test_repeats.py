"""Writes that are sent again under their key: how late the last one leaves, and when all end."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from stocksync.flow import push
from stocksync.sandbox.till import Mishap
from stocksync.store import links
from tests.market.cast import NAME, TILL, Died, Street

LIFE = timedelta(seconds=120)
"""How long after it left a write to the till may still land."""


def sent(market: Street) -> list[list[datetime]]:
    """Return when each batch was sent to the till, and again, in order."""
    calls = [one for one in market.till.log.calls if one.path == "/stock"]
    return [[one.at for one in tries] for _, tries in groupby(calls, key=lambda one: one.key)]


def stop(market: Street) -> None:
    """Stop what is written to the till, as too many edits do."""
    with market.market.database.begin() as tx:
        links.change(tx, NAME, TILL, halted="too many at once")


def shadow(market: Street) -> None:
    """Have the till's numbers decided and not written."""
    channels: dict[str, Any] = market.config["channels"]
    market.activate(channels={**channels, "till": {**channels["till"], "push": "shadow"}})


def test_no_repeat_leaves_so_late_that_it_lands_after_its_flight_is_over(market: Street) -> None:
    market.till.knobs.push_rates = {Mishap.CUT_BEFORE: 1}
    market.adjust(5)

    market.run(178)

    (tries,) = sent(market)
    assert len(tries) > 4
    assert tries[-1] <= tries[0] + LIFE / 2
    (flight,) = market.listing(TILL).belief.flights
    assert (flight.number, market.listing(TILL).belief.exposure) == (15, 15)
    market.run(4)
    assert flight not in market.listing(TILL).belief.flights

    market.till.knobs.push_rates = {}
    assert market.agreed() == {15}
    assert sent(market)[1][0] > tries[0] + 1.5 * LIFE


@pytest.mark.parametrize("away", [61, 110, 175])
def test_a_batch_that_nobody_was_awake_to_repeat_in_time_is_not_sent_again(
    market: Street, away: float
) -> None:
    market.till.knobs.next_pushes = [Mishap.CUT_BEFORE]
    market.adjust(5)
    (tries,) = sent(market)

    market.night(away / 3600)
    market.run(179 - away)

    assert sent(market) == [tries]
    assert market.agreed() == {15}


@pytest.mark.parametrize("landed", [False, True])
def test_a_batch_whose_worker_died_is_sent_again_under_its_key_within_seconds(
    market: Street, landed: bool
) -> None:
    market.die_in_push(TILL, landed=landed)
    with pytest.raises(Died):
        market.adjust(5)

    assert market.rest() <= 30

    assert market.agreed() == {15}
    (tries,) = sent(market)
    assert len(tries) == 1 + landed
    assert market.writes(TILL)[-1] == 15


def test_a_batch_whose_worker_died_is_not_sent_again_once_half_its_life_is_over(
    market: Street,
) -> None:
    market.die_in_push(TILL, landed=False)
    with pytest.raises(Died):
        market.adjust(5)

    market.night(61 / 3600)
    market.run(110)

    assert sent(market) == []
    assert market.listing(TILL).belief.exposure >= 15
    assert market.agreed() == {15}
    assert len(sent(market)) == 1


def test_a_worker_that_slept_before_its_first_call_does_not_send_and_does_not_know(
    market: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = push._launch

    def asleep(*told: Any) -> None:
        launch(*told)
        if told[1].name == TILL:
            market.night(61 / 3600)

    with monkeypatch.context() as patched:
        patched.setattr(push, "_launch", asleep)
        market.adjust(5)

    assert sent(market) == []
    kept = market.listing(TILL).belief
    assert [(one.number, one.waiting) for one in kept.flights] == [(15, False)]
    assert (kept.exposure, kept.doubt) == (15, True)
    assert market.agreed() == {15}


@pytest.mark.parametrize("silence", [stop, shadow])
def test_nothing_is_repeated_on_a_channel_that_is_not_to_be_written_to(
    market: Street, silence: Any
) -> None:
    market.till.knobs.push_rates = {Mishap.CUT_BEFORE: 1}
    market.adjust(5)
    market.run(5)
    assert len(sent(market)[0]) > 1

    silence(market)
    market.till.knobs.push_rates = {}
    market.forget()
    market.run(200)

    assert (sent(market), market.shown()[TILL]) == ([], 10)
    assert market.listing(TILL).belief.flights == ()
