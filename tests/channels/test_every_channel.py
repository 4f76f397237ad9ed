"""One contract over every kind: what the door and the inbox rely on."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Protocol, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.channels import KINDS
from stocksync.channels.base import Channel, Delivery, Stored
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.channels.settings import Secret
from stocksync.core.facts import Fact

NOON = datetime(2026, 11, 22, 10, tzinfo=UTC)
CANARY = "canary-4711@example.test"

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


class Sender(Protocol):
    """What each kind brings to the contract: `tests/channels/<kind>/sender.py`."""

    SECRETS: tuple[str, str]

    def channel(self, *secrets: Secret) -> Channel: ...

    def sale(self, number: int, canary: str) -> bytes: ...

    def send(self, body: bytes, secret: str, at: datetime) -> Delivery: ...


def sender_of(kind: str) -> Sender:
    return cast(Sender, import_module(f"tests.channels.{kind}.sender"))


def secret(value: str, not_after: datetime | None = None) -> Secret:
    return Secret(value=value, origin="env:SECRET", not_after=not_after)


def opened(kind: str) -> tuple[Sender, Channel]:
    sender = sender_of(kind)
    return sender, sender.channel(*(secret(value) for value in sender.SECRETS))


def facts_of(channel: Channel, kept: Sequence[Delivery]) -> list[Fact]:
    return [fact for one in kept for fact in channel.translate(one)]


@every_kind
def test_what_the_channel_signed_comes_in_whichever_live_secret_it_used(kind: str) -> None:
    sender, channel = opened(kind)

    for value in sender.SECRETS:
        channel.verify(sender.send(sender.sale(1, ""), value, NOON))


@every_kind
def test_a_secret_opens_until_its_date_and_not_after(kind: str) -> None:
    sender = sender_of(kind)
    first, second = sender.SECRETS
    channel = sender.channel(secret(first), secret(second, not_after=NOON))
    later = NOON + timedelta(seconds=1)

    channel.verify(sender.send(sender.sale(1, ""), second, NOON))
    channel.verify(sender.send(sender.sale(1, ""), first, later))
    with pytest.raises(Unauthentic):
        channel.verify(sender.send(sender.sale(1, ""), second, later))


@every_kind
def test_a_changed_body_or_a_missing_signature_stays_outside(kind: str) -> None:
    sender, channel = opened(kind)
    good = sender.send(sender.sale(1, ""), sender.SECRETS[0], NOON)
    bare = {
        name: value for name, value in good.headers.items() if not re.search("signature|hmac", name)
    }

    for bad in (replace(good, body=good.body + b" "), replace(good, headers=bare)):
        with pytest.raises(Unauthentic):
            channel.verify(bad)


@every_kind
@given(body=st.binary(max_size=200), noise=st.text(max_size=40), place=st.integers(0, 20))
def test_on_any_bytes_and_headers_verify_raises_only_unauthentic(
    kind: str, body: bytes, noise: str, place: int
) -> None:
    sender, channel = opened(kind)
    good = sender.send(sender.sale(1, ""), sender.SECRETS[0], NOON)
    names = sorted(good.headers)
    headers = {**good.headers, names[place % len(names)]: noise}

    for bad in (replace(good, body=body), replace(good, headers=headers)):
        with suppress(Unauthentic):  # anything else is the failure
            channel.verify(bad)


@every_kind
@settings(max_examples=150)
@given(told=st.one_of(st.binary(max_size=60), JSON))
def test_on_any_signed_body_minimise_and_translate_raise_only_unreadable(
    kind: str, told: object
) -> None:
    sender, channel = opened(kind)
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    delivery = sender.send(body, sender.SECRETS[0], NOON)

    with suppress(Unreadable):  # anything else is the failure
        facts_of(channel, [one for one in channel.minimise(delivery) if one.trouble is None])


@every_kind
def test_the_same_message_enters_once_and_another_one_beside_it(kind: str) -> None:
    sender, channel = opened(kind)

    def event(number: int) -> tuple[str, str]:
        body = sender.sale(number, CANARY)
        [kept] = channel.minimise(sender.send(body, sender.SECRETS[0], NOON))
        return kept.event_id, kept.content

    assert event(1) == event(1)
    assert event(1)[0] != event(2)[0]
    assert event(1)[1] != event(2)[1]


@every_kind
def test_no_word_about_a_customer_is_kept(kind: str) -> None:
    sender, channel = opened(kind)

    kept = channel.minimise(sender.send(sender.sale(1, CANARY), sender.SECRETS[0], NOON))

    assert [CANARY in f"{one.body!r} {one.headers}" for one in kept] == [False]
    assert CANARY not in repr(facts_of(channel, kept))


@every_kind
def test_what_is_kept_says_the_same_whenever_it_is_read(kind: str) -> None:
    sender, channel = opened(kind)
    kept = channel.minimise(sender.send(sender.sale(1, CANARY), sender.SECRETS[0], NOON))

    facts = facts_of(channel, kept)

    assert facts
    assert facts_of(channel, kept) == facts


@every_kind
def test_new_and_doubled_are_both_answered_well(kind: str) -> None:
    sender, channel = opened(kind)
    kept = channel.minimise(sender.send(sender.sale(1, ""), sender.SECRETS[0], NOON))

    for state in (Stored.NEW, Stored.DUPLICATE):
        assert 200 <= channel.answer(kept, [state]).status < 300


@every_kind
def test_a_secret_shows_in_no_output(kind: str) -> None:
    sender, channel = opened(kind)

    shown = repr(channel) + repr(vars(channel) if hasattr(channel, "__dict__") else "")

    assert [value in shown for value in sender.SECRETS] == [False, False]
