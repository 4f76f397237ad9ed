"""Standard Webhooks: what opens the door, and that nothing else does."""

import base64
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from stocksync.channels.base import Delivery
from stocksync.channels.errors import Unauthentic
from stocksync.channels.till import Till
from tests.channels.till.cast import (
    CURRENT,
    CURRENT_KEY,
    NOON,
    OLD,
    OLD_KEY,
    delivery,
    event,
    secret,
    signed,
    till,
)

TILL = till()
UNKNOWN_KEY = b"a-key-that-nobody-gave-us-00000!"


def refusal(channel: Till, one: Delivery) -> tuple[int, str]:
    with pytest.raises(Unauthentic) as caught:
        channel.verify(one)
    return caught.value.status, caught.value.code


def with_header(one: Delivery, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(one, headers={**one.headers, **named})


def test_a_flipped_byte_is_refused() -> None:
    one = signed(event())
    broken = replace(one, body=one.body.replace(b"MUG-RED", b"MUG-REE"))

    assert refusal(TILL, broken) == (401, "bad-signature")


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_missed(name: str) -> None:
    one = signed(event())
    bare = replace(one, headers={k: v for k, v in one.headers.items() if k != name})

    assert refusal(TILL, bare) == (400, "missing-header")
    assert refusal(TILL, with_header(one, **{name: ""})) == (400, "missing-header")


@pytest.mark.parametrize("told", ["msg.1", "a b", "é", "x" * 129, "msg\n", "../x", "٣"])
def test_an_id_that_makes_the_signed_text_ambiguous_is_refused(told: str) -> None:
    assert refusal(TILL, signed(event(), event_id=told)) == (400, "bad-id")


@pytest.mark.parametrize(
    "told",
    [
        "1_795_341_600",
        "+1795341600",
        " 1795341600",
        "1795341600 ",
        "1795341600.0",
        "-5",
        "0x6B",
        "١٧٩٥٣٤١٦٠٠",
        "1795341600\n",
        "1" * 13,
        "NaN",
        "1e9",
    ],
)
def test_a_timestamp_is_digits_only(told: str) -> None:
    one = with_header(signed(event()), webhook_timestamp=told)

    assert refusal(TILL, one) == (401, "bad-timestamp")


@pytest.mark.parametrize(
    "told",
    [
        "garbage",
        "v1",
        "v1,",
        "v1,====",
        "v1,é",
        "v1a,AAAA",
        "v2,x v3,y",
        ",",
        " ",
        "v1,a,b",
        "v1,w5O/\tGi7e",
        "\x00",
    ],
)
def test_garbage_in_the_signature_header_is_only_a_bad_signature(told: str) -> None:
    one = with_header(signed(event()), webhook_signature=told)

    assert refusal(TILL, one) == (401, "bad-signature")


def test_the_true_signature_counts_among_the_first_ten_only() -> None:
    one = signed(event())
    wrong = "v1," + base64.b64encode(bytes(32)).decode()
    true = one.headers["webhook-signature"]

    TILL.verify(with_header(one, webhook_signature=" ".join([wrong] * 9 + [true])))
    TILL.verify(with_header(one, webhook_signature=" ".join(["v1a,x"] * 40 + [true])))

    late = with_header(one, webhook_signature=" ".join([wrong] * 10 + [true]))
    assert refusal(TILL, late) == (401, "bad-signature")


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_clock_at_the_edge_of_the_tolerance_passes(skew: int) -> None:
    TILL.verify(signed(event(), seconds=1795341600 + skew))


@pytest.mark.parametrize("skew", [-301, 301])
def test_a_clock_beyond_the_tolerance_is_told_how_far_it_is_off(skew: int) -> None:
    with pytest.raises(Unauthentic) as caught:
        TILL.verify(signed(event(), seconds=1795341600 + skew))

    assert (caught.value.status, caught.value.code) == (401, "timestamp-out-of-tolerance")
    assert caught.value.extra == {"skew_seconds": skew, "server_time": "2026-11-22T10:00:00Z"}


def test_a_stranger_does_not_learn_our_time() -> None:
    with pytest.raises(Unauthentic) as caught:
        TILL.verify(signed(event(), seconds=1, key=UNKNOWN_KEY))

    assert caught.value.code == "bad-signature"
    assert caught.value.extra == {}


def test_the_byte_order_mark_is_part_of_the_signed_bytes() -> None:
    with_mark = signed(b"\xef\xbb\xbf" + signed(event()).body)

    TILL.verify(with_mark)

    assert len(TILL.minimise(with_mark)) == 1
    without = replace(with_mark, body=with_mark.body[3:])
    assert refusal(TILL, without) == (401, "bad-signature")


def test_both_secrets_pass_until_the_old_one_ends() -> None:
    end = NOON + timedelta(hours=1)
    channel = till(webhook_secret=[secret(CURRENT), secret(OLD, not_after=end)])

    channel.verify(signed(event(), key=OLD_KEY, at=NOON))
    channel.verify(signed(event(), key=OLD_KEY, at=end, seconds=1795345200))

    late = signed(event(), key=OLD_KEY, at=end + timedelta(seconds=1), seconds=1795345201)
    assert refusal(channel, late) == (401, "bad-signature")
    channel.verify(signed(event(), key=CURRENT_KEY, at=late.received_at, seconds=1795345201))


def test_where_every_secret_has_ended_nothing_passes() -> None:
    channel = till(webhook_secret=secret(CURRENT, not_after=NOON - timedelta(seconds=1)))

    assert refusal(channel, signed(event())) == (401, "bad-signature")


# The package of the Standard Webhooks authors, as an oracle in both directions.

ids = st.text(string.ascii_letters + string.digits + "_-:", min_size=1, max_size=128)
bodies = st.text(max_size=200).map(str.encode)
seconds = st.one_of(
    st.integers(1795341600 - 302, 1795341600 + 302), st.integers(0, 999_999_999_999)
)


def entry(one: Delivery, kind: str) -> str:
    true = one.headers["webhook-signature"]
    other = signed(
        one.body,
        event_id=one.headers["webhook-id"],
        seconds=int(one.headers["webhook-timestamp"]),
        key=UNKNOWN_KEY,
    ).headers["webhook-signature"]
    shapes = {
        "true": true,
        "other": other,
        "ed25519": true.replace("v1,", "v1a,"),
        "short": "v1," + base64.b64encode(base64.b64decode(true[3:])[:20]).decode(),
        "zeros": "v1," + base64.b64encode(bytes(32)).decode(),
        "unpadded": true.rstrip("="),
    }
    return shapes[kind]


def opinion_of_the_package(one: Delivery) -> bool | None:
    """Return its verdict, or None where it crashes."""
    with time_machine.travel(one.received_at, tick=False):
        try:
            Webhook(CURRENT).verify(one.body, dict(one.headers), json_parse=False)
        except WebhookVerificationError:
            return False
        except (ValueError, OverflowError):
            return None
    return True


def our_opinion(channel: Till, one: Delivery) -> bool:
    try:
        channel.verify(one)
    except Unauthentic:
        return False
    return True


@given(
    event_id=ids,
    told_at=seconds,
    body=bodies,
    kinds=st.lists(
        st.sampled_from(["true", "other", "ed25519", "short", "zeros", "unpadded"]),
        min_size=1,
        max_size=10,
    ),
    flip=st.booleans(),
)
def test_our_verdict_is_that_of_the_standardwebhooks_package(
    event_id: str, told_at: int, body: bytes, kinds: list[str], flip: bool
) -> None:
    channel = till(webhook_secret=secret(CURRENT))
    one = signed(body, event_id=event_id, seconds=told_at)
    one = with_header(one, webhook_signature=" ".join(entry(one, kind) for kind in kinds))
    one = replace(one, body=one.body + b" ") if flip else one

    theirs = opinion_of_the_package(one)

    if theirs is not None:
        assert our_opinion(channel, one) is theirs


@given(event_id=ids, body=bodies, signed_at=st.integers(1795341600 - 400, 1795341600 + 400))
def test_what_the_package_signs_we_read_alike(event_id: str, body: bytes, signed_at: int) -> None:
    stamp = datetime.fromtimestamp(signed_at, UTC)
    proof = Webhook(CURRENT).sign(event_id, stamp, body.decode())

    ours = signed(body, event_id=event_id, seconds=signed_at)

    assert ours.headers["webhook-signature"] == proof
    assert our_opinion(TILL, ours) is (abs(signed_at - 1795341600) <= 300)


@given(
    body=st.binary(max_size=300),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "authorization",
                "x-stocksync-token",
                "x-signature",
                "x-id",
                "x-time",
                "x-stocksync-peer",
            ]
        ),
        st.one_of(
            st.text(st.characters(), max_size=60),
            st.sampled_from(["msg_1", "1795341600", "v1,AAAA v1,", "Bearer x", "sha256=00"]),
        ),
    ),
    token=st.one_of(st.none(), st.text(st.characters(), max_size=40)),
)
def test_on_any_bytes_and_headers_verify_raises_only_unauthentic(
    body: bytes, headers: dict[str, str], token: str | None
) -> None:
    one = Delivery(body=body, headers=headers, received_at=NOON, token=token)
    scheme: dict[str, Any] = {
        "header": "X-Signature",
        "prefix": "sha256=",
        "template": "{id}{timestamp}{body}",
        "id_header": "X-Id",
        "timestamp_header": "X-Time",
    }

    for channel in (
        TILL,
        till(auth="shared_token", ip_allow="10.0.0.0/8"),
        till(auth="hmac", hmac=scheme),
        till(auth="hmac", hmac={**scheme, "encoding": "base64", "prefix": ""}),
    ):
        with pytest.raises(Unauthentic):
            channel.verify(one)


def test_without_any_header_there_is_nothing_to_check() -> None:
    assert refusal(TILL, delivery(event())) == (400, "missing-header")
