"""Tills that cannot sign by the standard: a token, a signature of their own, an address."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from stocksync.channels.base import Delivery
from stocksync.channels.errors import Unauthentic
from stocksync.channels.till import Till
from tests.channels.till.cast import NOON, TOKEN, Inbox, delivery, event, receive, secret, till

BEARER = f"Bearer {TOKEN}"
KEY = "the-text-of-a-foreign-secret-is-the-key"


def refusal(channel: Till, one: Delivery) -> tuple[int, str]:
    with pytest.raises(Unauthentic) as caught:
        channel.verify(one)
    return caught.value.status, caught.value.code


def test_a_token_passes_by_header_or_path() -> None:
    channel = till(auth="shared_token")

    channel.verify(delivery(event(), authorization=BEARER))
    channel.verify(delivery(event(), authorization=f"bearer  {TOKEN}"))
    channel.verify(delivery(event(), x_stocksync_token=TOKEN))
    channel.verify(replace(delivery(event()), token=TOKEN))


@pytest.mark.parametrize(
    "one",
    [
        delivery(event()),
        delivery(event(), authorization=f"Basic {TOKEN}"),
        delivery(event(), authorization=TOKEN),
        delivery(event(), authorization=BEARER[:-1]),
        delivery(event(), x_stocksync_token=TOKEN + "x"),
        delivery(event(), x_stocksync_token="טוקן"),
        replace(delivery(event()), token=""),
    ],
    ids=["none", "basic", "bare", "short", "long", "hebrew", "empty path"],
)
def test_a_wrong_token_is_refused(one: Delivery) -> None:
    assert refusal(till(auth="shared_token"), one) == (401, "bad-token")


def test_two_tokens_are_alive_during_a_change() -> None:
    new = "tok_new_0123456789abcdef0123456789abcdef"
    both = [secret(new), secret(TOKEN, not_after=NOON)]
    channel = till(auth="shared_token", webhook_secret=both)

    channel.verify(delivery(event(), authorization=f"Bearer {new}"))
    channel.verify(delivery(event(), authorization=BEARER))

    late = delivery(event(), NOON + timedelta(seconds=1), authorization=BEARER)
    assert refusal(channel, late) == (401, "bad-token")


def test_a_token_is_never_kept() -> None:
    channel = till(auth="shared_token")
    one = replace(delivery(event(), authorization=BEARER, x_stocksync_token=TOKEN), token=TOKEN)

    (kept,) = channel.minimise(one)

    assert kept.token is None
    assert TOKEN not in repr(kept)


def test_without_an_id_the_same_words_are_the_same_event() -> None:
    channel, inbox = till(auth="shared_token"), Inbox()
    again = {**event(), "timestamp": "2026-11-22T10:30:00Z"}

    first = receive(channel, inbox, delivery(event(), authorization=BEARER))
    second = receive(channel, inbox, delivery(again, authorization=BEARER))

    assert (first.status, second.status) == (202, 200)
    assert first.body["id"] == second.body["id"]


def test_the_id_in_the_body_names_the_event() -> None:
    channel = till(auth="shared_token")

    answer = receive(
        channel, Inbox(), delivery({**event(), "id": "inv-7731"}, authorization=BEARER)
    )

    assert answer.body == {"status": "accepted", "id": "inv-7731"}


def test_a_bare_body_signature_in_hex_passes() -> None:
    channel = till(
        auth="hmac",
        webhook_secret=secret(KEY),
        hmac={"header": "X-Till-Signature", "prefix": "sha256="},
    )
    one = delivery(event())
    proof = hmac.new(KEY.encode(), one.body, hashlib.sha256).hexdigest()

    channel.verify(delivery(event(), x_till_signature=f"sha256={proof}"))
    channel.verify(delivery(event(), x_till_signature=f"sha256={proof.upper()}"))

    for wrong in (proof, f"sha1={proof}", f"sha256={proof[:-1]}", f"sha256= {proof}"):
        assert refusal(channel, delivery(event(), x_till_signature=wrong)) == (
            401,
            "bad-signature",
        )
    assert refusal(channel, one) == (400, "missing-header")


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_a_template_of_every_part_passes_in_every_digest(digest: str) -> None:
    url = "https://stock.example/hooks/sneakers-tlv/till-main"
    channel = till(
        auth="hmac",
        webhook_secret=secret(KEY),
        tolerance_seconds=60,
        hmac={
            "header": "X-Sig",
            "digest": digest,
            "encoding": "base64",
            "template": "{url}|{id}|{timestamp}\n{body}",
            "id_header": "X-Event",
            "timestamp_header": "X-Time",
            "url": url,
        },
    )

    def sent(told_id: str, seconds: str) -> Delivery:
        bare = delivery(event(), x_event=told_id, x_time=seconds)
        text = f"{url}|{told_id}|{seconds}\n".encode() + bare.body
        proof = base64.b64encode(hmac.new(KEY.encode(), text, digest).digest()).decode()
        return replace(bare, headers={**bare.headers, "x-sig": proof})

    channel.verify(sent("ev.1/9", "1795341600"))
    channel.verify(sent("ev.1/9", "1795341600123"))

    assert channel.minimise(sent("ev.1/9", "1795341600"))[0].event_id == "ev.1/9"
    assert channel.minimise(sent("ev.1/9", "1795341600"))[0].stated_at == NOON
    assert refusal(channel, sent("ev 1", "1795341600")) == (400, "bad-id")
    assert refusal(channel, sent("ev", "now")) == (401, "bad-timestamp")
    assert refusal(channel, sent("ev", "1795341539")) == (401, "timestamp-out-of-tolerance")
    swapped = sent("ev", "1795341600")
    stolen = replace(swapped, headers={**swapped.headers, "x-event": "other"})
    assert refusal(channel, stolen) == (401, "bad-signature")


def test_braces_in_a_body_are_not_places_of_the_template() -> None:
    channel = till(auth="hmac", webhook_secret=secret(KEY), hmac={"header": "X-Sig"})
    body = '{"a": "{body}{id}{url}"}'
    proof = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest()

    channel.verify(delivery(body, x_sig=proof))


def test_a_right_token_from_a_strange_address_is_refused() -> None:
    channel = till(auth="shared_token", ip_allow=["203.0.113.0/24", "2001:db8::/32"])

    for near in ("203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"):
        channel.verify(delivery(event(), authorization=BEARER, x_stocksync_peer=near))

    for far in ("203.0.114.9", "2001:db9::1", "", "x", "203.0.113.9, 1.1.1.1"):
        one = delivery(event(), authorization=BEARER, x_stocksync_peer=far)
        assert refusal(channel, one) == (401, "bad-address")
    assert refusal(channel, delivery(event(), authorization=BEARER)) == (401, "bad-address")


def test_an_address_alone_proves_nothing() -> None:
    channel = till(auth="shared_token", ip_allow="203.0.113.0/24")

    one = delivery(event(), x_stocksync_peer="203.0.113.9")
    assert refusal(channel, one) == (401, "bad-token")
