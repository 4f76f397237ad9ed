"""What each answer of a till makes of the writes that were sent."""

import json
from datetime import timedelta
from typing import Any

import pytest

from stocksync.channels.base import Outcome
from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.http import Answer
from stocksync.channels.till.pushing import Pusher
from stocksync.core.names import ChannelName
from tests.channels.till.counter import answered, batch, failure, outcomes, reaching, write

PUSHER = Pusher(channel=ChannelName("till-main"), decimals=0, compares=True)
BLIND = Pusher(channel=ChannelName("till-main"), decimals=0, compares=False)


def answer(*results: Any, status: int = 200, **more: Any) -> Answer:
    reply = {"batch_id": "push_1", "results": list(results), **more}
    return Answer(status=status, headers={}, body=json.dumps(reply).encode())


def told(result: str, **more: Any) -> dict[str, Any]:
    return {"sku": "MUG-RED", "location": "main", "result": result, **more}


def outcome(pusher: Pusher, one: Answer) -> tuple[Outcome, int | None]:
    (ended,) = pusher.endings(batch(), one)
    return ended.outcome, ended.shown


@pytest.mark.parametrize(
    ("result", "outcome_of_it"),
    [
        (told("applied", previous="10", current="8"), (Outcome.CONFIRMED, 8)),
        (told("applied", current="8.0"), (Outcome.CONFIRMED, 8)),
        (told("applied"), (Outcome.CONFIRMED, None)),
        ({"sku": "MUG-RED", "result": "applied"}, (Outcome.CONFIRMED, None)),
        (told("applied", previous="9", current="8"), (Outcome.UNKNOWN, 8)),
        (told("applied", current="many"), (Outcome.UNKNOWN, None)),
        (told("applied", current="7.5"), (Outcome.UNKNOWN, None)),
        (told("applied", current=True), (Outcome.UNKNOWN, None)),
        (told("unchanged", previous="8", current="8"), (Outcome.STALE, 8)),
        (told("mismatch_lowered", previous="9", current="8"), (Outcome.STALE, 8)),
        (told("mismatch_kept", previous="7", current="7"), (Outcome.STALE, 7)),
        (told("stale", previous="7", current=7), (Outcome.STALE, 7)),
        (told("unknown_sku"), (Outcome.REFUSED, None)),
        (told("unknown_location"), (Outcome.REFUSED, None)),
        (told("rejected", current="10"), (Outcome.REFUSED, 10)),
        (told("perhaps"), (Outcome.UNKNOWN, None)),
        (told("applied", location="north"), (Outcome.UNKNOWN, None)),
        ({"sku": "MUG-RED", "location": "main"}, (Outcome.UNKNOWN, None)),
        ({"sku": 7, "result": "applied"}, (Outcome.UNKNOWN, None)),
        ("applied", (Outcome.UNKNOWN, None)),
    ],
)
def test_each_result_has_its_outcome(result: Any, outcome_of_it: Any) -> None:
    assert outcome(PUSHER, answer(result)) == outcome_of_it


def test_unchanged_confirms_what_was_expected_anyway() -> None:
    (ended,) = PUSHER.endings(batch(write(number=10)), answer(told("unchanged", current="10")))

    assert (ended.outcome, ended.shown) == (Outcome.CONFIRMED, 10)


def test_a_till_that_compares_nothing_is_believed_when_it_says_applied() -> None:
    assert outcome(BLIND, answer(told("applied", previous="9", current="8"))) == (
        Outcome.CONFIRMED,
        8,
    )
    assert outcome(BLIND, answer(told("unchanged", current="8"))) == (Outcome.CONFIRMED, 8)


def test_a_refusal_is_told_in_words_with_a_way_out() -> None:
    def words(result: Any) -> str:
        (ended,) = PUSHER.endings(batch(), answer(result))
        return ended.words

    assert words(told("unknown_sku")) == ("the till knows no SKU MUG-RED at main; add it there")
    assert words(told("unknown_location")) == (
        "the till knows no location main; correct push_location"
    )
    assert words(told("rejected", detail="locked\n until night" + "!" * 999)) == (
        "the till rejects MUG-RED at main: locked until night"
        + "!" * 282
        + "; settle that in the till"
    )


def test_half_the_results_leave_the_other_half_unknown() -> None:
    two = batch(write(), write("LAMP", 0, 1, 2))

    ended = PUSHER.endings(two, answer(told("applied", previous="10", current="8")))

    assert outcomes(ended) == [
        ("MUG-RED", Outcome.CONFIRMED, 8),
        ("LAMP", Outcome.UNKNOWN, None),
    ]


def test_two_results_for_one_sku_confirm_nothing() -> None:
    twice = answer(told("applied", current="8"), told("mismatch_kept", current="7"))

    assert outcome(PUSHER, twice) == (Outcome.UNKNOWN, None)


def test_results_for_other_skus_confirm_nothing() -> None:
    others = answer({**told("applied"), "sku": "OTHER"}, {**told("applied"), "sku": "mug-red"})

    assert outcome(PUSHER, others) == (Outcome.UNKNOWN, None)


def test_one_sku_at_two_locations_has_two_results() -> None:
    north = write(number=3, expected=3, location="north")

    ended = PUSHER.endings(
        batch(write(), north),
        answer(told("unchanged", location="north", current="3"), told("applied", current="8")),
    )

    assert [one.outcome for one in ended] == [Outcome.CONFIRMED, Outcome.CONFIRMED]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, b""),
        (202, b'{"batch_id":"push_1"}'),
        (202, b"<p>thanks</p>"),
        (204, b""),
        (200, b""),
        (200, b"{}"),
        (200, b'{"results":null}'),
    ],
)
def test_an_answer_without_results_is_accepted_and_not_yet_confirmed(
    status: int, body: bytes
) -> None:
    with answered(status, body) as (_, channel):
        ended = channel.push(batch(write(), write("LAMP", 0, 1, 2)))

    assert [one.outcome for one in ended] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><h1>Please log in</h1>",
        b"[]",
        b'"ok"',
        b'{"results":{}}',
        b'{"results":[',
        b'{"batch_id":"push_2","results":[]}',
        b'{"batch_id":null,"results":[]}',
        b'{"results":[{"sku":"MUG-RED","result":"applied","current":NaN}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_cannot_be_read_leaves_all_unknown(body: bytes) -> None:
    with answered(200, body) as (_, channel):
        assert type(failure(channel)) is Unknown


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Shut),
        (307, Shut),
        (400, Refused),
        (401, Shut),
        (403, Shut),
        (404, Shut),
        (405, Shut),
        (408, Unknown),
        (409, Unknown),
        (410, Shut),
        (413, Refused),
        (422, Refused),
        (425, Transient),
        (429, Transient),
        (500, Unknown),
        (502, Unknown),
        (503, Unknown),
        (504, Unknown),
    ],
)
def test_each_status_says_what_happens_next(status: int, kind: type[CallError]) -> None:
    with answered(status, headers={"Retry-After": "7"}) as (stub, channel):
        error = failure(channel)

    assert type(error) is kind
    assert len(stub.came) == 1
    waits = status in (408, 409, 425, 429) or status >= 500
    assert error.retry_after == (timedelta(seconds=7) if waits else None)


def test_a_refused_batch_says_why_in_the_words_of_the_till() -> None:
    body = json.dumps({"title": "Bad", "detail": "item 3 has no price group"})
    headers = {"Content-Type": "application/problem+json"}

    with answered(422, body, headers) as (_, channel):
        error = failure(channel)

    assert (error.code, error.detail) == (
        "http-422",
        "127.0.0.1 answered 422: item 3 has no price group",
    )


def test_nobody_there_is_surely_not_sent() -> None:
    channel = reaching("http://127.0.0.1:9")

    assert type(failure(channel)) is Transient
