"""Rows of the contract's table of hard situations, as far as a channel alone can tell."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from stocksync.channels.errors import Unauthentic, Unreadable
from tests.channels.till.cast import (
    CURRENT,
    NOON,
    OLD,
    OLD_KEY,
    Inbox,
    event,
    kept,
    paper,
    receive,
    secret,
    signed,
    till,
)

TILL = till()


def test_row_2_the_same_receipt_under_fifty_ids_has_one_key_and_one_content() -> None:
    copies = [kept(TILL, event(), event_id=f"msg_{n}") for n in range(50)]

    facts = {TILL.translate(one)[0] for one in copies}

    assert len({one.event_id for one in copies}) == 50
    assert len(facts) == 1


def test_row_6_a_clock_twenty_minutes_off_is_told_so_and_passes_with_a_wider_tolerance() -> None:
    late = signed(event(), seconds=1795341600 - 1200)

    with pytest.raises(Unauthentic) as caught:
        TILL.verify(late)
    assert caught.value.extra["skew_seconds"] == -1200

    till(tolerance_seconds=1200).verify(late)


def test_row_7_signed_once_and_sent_eight_hours_later() -> None:
    sent_at = NOON + timedelta(hours=8)
    spooled = signed(event(), at=sent_at, seconds=1795341600)
    with pytest.raises(Unauthentic, match="behind"):
        TILL.verify(spooled)

    wide, inbox = till(tolerance_seconds=28_800), Inbox()
    first = receive(wide, inbox, spooled)
    replay = receive(wide, inbox, spooled)

    assert (first.status, replay.status) == (202, 200)
    assert replay.body["status"] == "duplicate"


def test_row_8_old_and_new_secret_pass_until_the_old_one_ends() -> None:
    end = datetime.fromisoformat("2026-12-31T00:00:00Z")
    channel = till(webhook_secret=[secret(CURRENT), secret(OLD, not_after=end)])

    channel.verify(signed(event(), key=OLD_KEY))
    channel.verify(signed(event()))

    late, seconds = end + timedelta(seconds=1), 1798675201
    channel.verify(signed(event(), at=late, seconds=seconds))
    with pytest.raises(Unauthentic) as caught:
        channel.verify(signed(event(), at=late, seconds=seconds, key=OLD_KEY))
    assert caught.value.code == "bad-signature"


@pytest.mark.parametrize(
    "body",
    [b"\x00", b"\xff" * 50, b"[" * 1000, b'{"type":"sale.completed"', b"null", b'"\xf0\x9f"'],
)
def test_row_9_hostile_bodies_are_refused_and_never_break_us(body: bytes) -> None:
    one = signed(body)

    TILL.verify(one)
    with pytest.raises(Unreadable) as caught:
        TILL.minimise(one)
    assert 400 <= caught.value.status < 500


def test_row_12_numbers_that_restart_daily_are_two_receipts_with_the_setting() -> None:
    daily = till(receipt_reset="daily")
    monday, tuesday = "2026-11-16T12:00:00+02:00", "2026-11-17T12:00:00+02:00"

    with_setting = {paper(daily, event(occurred_at=at)).key for at in (monday, tuesday)}
    without = {paper(TILL, event(occurred_at=at)).key for at in (monday, tuesday)}

    assert with_setting == {"//2026-11-16/R-1", "//2026-11-17/R-1"}
    assert without == {"//R-1"}


def test_row_13_decimals_are_exact() -> None:
    body = (
        '{"type":"sale.completed","timestamp":"2026-11-22T10:00:00Z","data":{"receipt_id":"R-1",'
        '"occurred_at":"2026-11-22T11:59:58+02:00","lines":[{"sku":"A","quantity":0.1},'
        '{"sku":"A","quantity":0.2},{"sku":"A","quantity":"2.0"},{"sku":"A","quantity":1e2}]}}'
    )

    units = [line.units for line in paper(till(decimals=1), body).lines]

    assert units == [1, 2, 20, 1000]


def test_row_14_a_sku_that_lost_its_zeros_is_not_guessed() -> None:
    as_number = paper(TILL, event(lines=[{"sku": 123, "quantity": 1}]))
    as_text = paper(TILL, event(lines=[{"sku": "00123", "quantity": 1}]))

    assert as_number.lines[0].sku == "123"
    assert as_text.lines[0].sku == "00123"


def test_what_is_too_old_is_booked_once_a_person_approves_it() -> None:
    old = kept(TILL, event(occurred_at="2026-01-01T10:00:00Z"))
    with pytest.raises(Unreadable):
        TILL.translate(old)

    (fact,) = TILL.translate(replace(old, headers={"x-approved": "yes"}))

    assert getattr(fact, "occurred_at") == datetime.fromisoformat("2026-01-01T10:00:00Z")  # noqa: B009


def test_a_sender_cannot_approve_itself() -> None:
    one = signed(event(occurred_at="2026-01-01T10:00:00Z"))
    one = replace(one, headers={**one.headers, "x-approved": "yes"})

    with pytest.raises(Unreadable) as caught:
        TILL.translate(TILL.minimise(one)[0])

    assert caught.value.code == "too-old"
