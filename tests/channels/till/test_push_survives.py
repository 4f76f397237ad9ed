"""What a push must survive, against a till over real HTTP."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.wrappers import Response

from stocksync.channels.base import Outcome
from stocksync.channels.errors import Shut, Transient, Unknown
from stocksync.sandbox.till import Knobs, Mishap
from tests.channels.till.cast import secret
from tests.channels.till.counter import (
    Stub,
    answered,
    batch,
    failure,
    open_till,
    outcomes,
    served_at,
    wait_until,
    write,
)

TEN = {"MUG-RED": 10}
MUG = "MUG-RED"


def test_row_19_the_reply_is_lost_and_the_till_shows_one_write() -> None:
    with open_till(knobs=Knobs(next_pushes=[Mishap.CUT_AFTER])) as (till, channel):
        till.put(TEN)
        lost = failure(channel)
        again = channel.push(batch())

    assert type(lost) is Unknown
    assert outcomes(again) == [(MUG, Outcome.CONFIRMED, 8)]
    assert [one.result for one in till.log.writes] == ["applied"]
    assert till.log.calls[0].body == till.log.calls[1].body


def test_row_19_a_sale_in_between_is_not_undone_by_the_repeat() -> None:
    with open_till(knobs=Knobs(next_pushes=[Mishap.CUT_AFTER])) as (till, channel):
        till.put(TEN)
        failure(channel)
        till.sell({MUG: 3}, tell=False)
        channel.push(batch())

    assert int(till.shows(MUG)) == 5


def test_row_20_an_unseen_sale_stops_a_raise_and_its_event_mends_it() -> None:
    began = datetime.now(UTC)
    with open_till() as (till, channel):
        till.put(TEN)
        receipt = till.sell({MUG: 1}, tell=False)
        raised = channel.push(batch(write(number=12)))
        shown = int(till.shows(MUG))
        page = channel.pull(channel.cursor_at(began - timedelta(seconds=1)), datetime.now(UTC))
        after = channel.push(batch(write(number=11, expected=9, sequence=2), key="push_2"))

    assert outcomes(raised) == [(MUG, Outcome.STALE, 9)]
    assert (shown, raised[0].words) == (9, "mismatch_kept")
    assert [receipt in one.body.decode() for one in page.deliveries if receipt] == [True]
    assert outcomes(after) == [(MUG, Outcome.CONFIRMED, 11)]


def test_row_20_an_unseen_sale_does_not_stop_a_lowering() -> None:
    with open_till() as (till, channel):
        till.put(TEN)
        till.sell({MUG: 1}, tell=False)
        lowered = channel.push(batch(write(number=2)))

    assert outcomes(lowered) == [(MUG, Outcome.STALE, 2)]
    assert int(till.shows(MUG)) == 2


def test_row_21_a_push_that_was_overtaken_is_stale() -> None:
    older, newer = write(number=9, sequence=1), write(number=4, sequence=2)
    with open_till() as (till, channel):
        till.put(TEN)
        first = channel.push(batch(newer, key="push_2"))
        late = channel.push(batch(older, key="push_1"))

    assert outcomes(first) == [(MUG, Outcome.CONFIRMED, 4)]
    assert outcomes(late) == [(MUG, Outcome.STALE, 4)]
    assert int(till.shows(MUG)) == 4


def test_row_21_a_write_that_lands_late_is_waited_for_under_its_key() -> None:
    knobs = Knobs(next_pushes=[Mishap.LATE], late_by=timedelta(seconds=0.3))
    with open_till(knobs=knobs) as (till, channel):
        till.put(TEN)
        cut = failure(channel)
        waiting = failure(channel)
        till.start(every_s=0.02)
        wait_until(lambda: till.next_due is None)
        till.stop()
        landed = channel.push(batch())

    assert (type(cut), type(waiting)) == (Unknown, Unknown)
    assert (waiting.code, waiting.retry_after) == ("in-progress", timedelta(seconds=1))
    assert outcomes(landed) == [(MUG, Outcome.CONFIRMED, 8)]
    assert len(till.log.writes) == 1


def test_row_22_a_page_of_html_confirms_nothing() -> None:
    with open_till(knobs=Knobs(next_pushes=[Mishap.HTML])) as (till, channel):
        till.put(TEN)
        error = failure(channel)
        again = channel.push(batch())

    assert (type(error), error.code) == (Unknown, "unreadable")
    assert outcomes(again) == [(MUG, Outcome.CONFIRMED, 8)]


@pytest.mark.parametrize(
    ("mishap", "first"),
    [(Mishap.HALF, Outcome.CONFIRMED), (Mishap.FOREIGN, Outcome.UNKNOWN)],
)
def test_row_22_what_the_answer_does_not_hold_is_unknown(mishap: Mishap, first: Outcome) -> None:
    two = batch(write(), write("LAMP", 0, 1))
    with open_till(knobs=Knobs(next_pushes=[mishap])) as (till, channel):
        till.put({**TEN, "LAMP": 1})
        ended = channel.push(two)
        again = channel.push(two)

    assert [one.outcome for one in ended] == [first, Outcome.UNKNOWN]
    assert [one.outcome for one in again] == [Outcome.CONFIRMED, Outcome.CONFIRMED]
    assert len(till.log.writes) == 2


def test_row_23_a_redirect_to_another_host_is_not_followed() -> None:
    elsewhere = Stub(Response(b"{}", 200), name="elsewhere")
    with served_at(elsewhere) as url:
        knobs = Knobs(next_pushes=[Mishap.REDIRECT], redirect_to=f"{url}/stock")
        with open_till(knobs=knobs) as (till, channel):
            till.put(TEN)
            error = failure(channel)

    assert type(error) is Shut
    assert elsewhere.came == []
    assert int(till.shows(MUG)) == 10


def test_row_24_no_secret_is_in_an_error_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = "token-0123456789-never-to-be-seen"
    with answered(401, token, push_auth="bearer", push_secret=secret(token)) as (stub, channel):
        error = failure(channel)

    assert stub.came[0].headers["Authorization"] == f"Bearer {token}"
    assert token not in str(error) + repr(error) + caplog.text


def test_a_till_that_answers_too_late_may_have_taken_it() -> None:
    with open_till(knobs=Knobs(latency_s=1.3), settings={"timeout": "1s"}) as (till, channel):
        till.put(TEN)
        error = failure(channel)
        till.knobs.latency_s = 0.0
        wait_until(lambda: bool(till.log.writes))
        again = channel.push(batch())

    assert (type(error), error.code) == (Unknown, "timed-out")
    assert outcomes(again) == [(MUG, Outcome.CONFIRMED, 8)]
    assert len(till.log.writes) == 1


@pytest.mark.parametrize("mishap", [Mishap.BROKEN_BEFORE, Mishap.BROKEN_AFTER, Mishap.CUT_BEFORE])
def test_nobody_can_tell_whether_a_broken_till_took_it(mishap: Mishap) -> None:
    with open_till(knobs=Knobs(next_pushes=[mishap])) as (till, channel):
        till.put(TEN)
        error = failure(channel)
        again = channel.push(batch())

    assert type(error) is Unknown
    assert outcomes(again) == [(MUG, Outcome.CONFIRMED, 8)]
    assert len(till.log.writes) == 1


def test_a_throttled_push_was_not_taken_and_says_when_to_come_back() -> None:
    knobs = Knobs(next_pushes=[Mishap.THROTTLED], retry_after="30")
    with open_till(knobs=knobs) as (till, channel):
        till.put(TEN)
        error = failure(channel)

    assert (type(error), error.retry_after) == (Transient, timedelta(seconds=30))
    assert till.log.writes == []


def test_an_accepted_push_is_confirmed_by_nobody_yet() -> None:
    with open_till(knobs=Knobs(next_pushes=[Mishap.ACCEPTED])) as (till, channel):
        till.put(TEN)
        ended = channel.push(batch())

    assert outcomes(ended) == [(MUG, Outcome.ACCEPTED, None)]


def test_what_the_till_does_not_know_or_does_not_want_is_refused_alone() -> None:
    three = batch(write("NO-SUCH", 1, 0), write("LAMP", 0, 1), write())
    with open_till(knobs=Knobs(refused={"LAMP": "locked"})) as (till, channel):
        till.put({**TEN, "LAMP": 1})
        ended = channel.push(three)

    assert outcomes(ended) == [
        ("NO-SUCH", Outcome.REFUSED, None),
        ("LAMP", Outcome.REFUSED, 1),
        (MUG, Outcome.CONFIRMED, 8),
    ]


def test_the_clock_of_a_try_is_signed_and_not_that_of_the_batch() -> None:
    with open_till() as (till, channel):
        till.put(TEN)
        ended = channel.push(batch(sent_at=datetime(2020, 1, 1, tzinfo=UTC)))

    assert outcomes(ended) == [(MUG, Outcome.CONFIRMED, 8)]


@pytest.mark.parametrize(
    ("proof", "keys"),
    [
        ("bearer", {"push_auth": "bearer"}),
        ("basic", {"push_auth": "basic"}),
        ("header", {"push_auth": "header", "push_header": "X-Api-Key"}),
    ],
)
def test_a_till_that_cannot_verify_a_signature_is_shown_a_secret(
    proof: str, keys: dict[str, str]
) -> None:
    word = "shop:open-sesame-1234"
    settings = {**keys, "push_secret": secret(word)}
    with open_till(proof=proof, push_secret=word, settings=settings) as (till, channel):
        till.put(TEN)
        ended = channel.push(batch())
        shown = channel.read([batch().writes[0].target])

    assert outcomes(ended) == [(MUG, Outcome.CONFIRMED, 8)]
    assert list(shown.values()) == [8]
