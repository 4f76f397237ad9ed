import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocksync.channels.base import Stored
from stocksync.channels.errors import Unauthentic
from stocksync.channels.settings import Secret
from tests.channels.woocommerce.shop import (
    NAMES,
    NOON,
    SECRET,
    arrived,
    channel,
    recorded,
    recording,
    signed,
    tape,
    tape_secret,
)

SIGNED = [name for name in NAMES if not name.startswith("ping")]
BODY = b'{"id":41}'


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shop_really_sent_is_let_in(name: str) -> None:
    web = channel(recording(name).get("secret") or SECRET)

    web.verify(recorded(name))


@pytest.mark.parametrize("name", SIGNED)
def test_a_flipped_byte_is_refused(name: str) -> None:
    web = channel(recording(name)["secret"])
    came = recorded(name)
    flipped = bytes([came.body[0] ^ 1]) + came.body[1:]

    with pytest.raises(Unauthentic) as refused:
        web.verify(arrived(flipped, came.headers))

    assert refused.value.status == 401
    assert refused.value.code == "bad-signature"


@pytest.mark.parametrize("name", [name for name in SIGNED if "\\/" in recording(name)["raw_body"]])
def test_a_body_written_anew_by_a_proxy_is_refused(name: str) -> None:
    web = channel(recording(name)["secret"])
    came = recorded(name)

    with pytest.raises(Unauthentic):
        web.verify(arrived(came.body.replace(b"\\/", b"/"), came.headers))


def test_every_signed_delivery_of_a_whole_day_is_let_in() -> None:
    web = channel(tape_secret())
    deliveries, truth = tape()

    for delivery in deliveries:
        web.verify(delivery)

    unsigned = [one for one in deliveries if "x-wc-webhook-signature" not in one.headers]
    assert len(unsigned) == truth["counts"]["unsigned_pings"] == 7


@pytest.mark.parametrize(
    "signature",
    [None, "", "garbage", "====", "\u05e9\u05dc\u05d5\u05dd", "\udcff", "0" * 10_000],
    ids=["missing", "empty", "garbage", "no-base64", "hebrew", "raw-byte", "long"],
)
def test_a_wrong_signature_is_refused(signature: str | None) -> None:
    headers = {} if signature is None else {"X-WC-Webhook-Signature": signature}

    with pytest.raises(Unauthentic) as refused:
        channel().verify(arrived(BODY, headers))

    assert refused.value.status == 401


def test_the_hex_digest_is_no_signature() -> None:
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

    with pytest.raises(Unauthentic):
        channel().verify(arrived(BODY, {"X-WC-Webhook-Signature": digest}))


def test_while_rotating_the_old_and_the_new_secret_open_the_door() -> None:
    web = channel("the-new-secret", "the-old-secret")

    web.verify(signed(BODY, secret="the-new-secret"))
    web.verify(signed(BODY, secret="the-old-secret"))
    with pytest.raises(Unauthentic):
        web.verify(signed(BODY, secret="another-secret"))


def test_an_expired_secret_opens_nothing() -> None:
    old = Secret(value="the-old-secret", origin="OLD", not_after=datetime(2026, 11, 1, tzinfo=UTC))
    grace = Secret(value="in-its-grace", origin="GRACE", not_after=NOON)
    web = channel("the-new-secret", old, grace)

    web.verify(signed(BODY, secret="in-its-grace"))
    with pytest.raises(Unauthentic):
        web.verify(signed(BODY, secret="the-old-secret"))


def test_when_all_secrets_have_expired_nothing_is_let_in() -> None:
    old = Secret(value=SECRET, origin="OLD", not_after=datetime(2026, 11, 1, tzinfo=UTC))

    with pytest.raises(Unauthentic):
        channel(old).verify(signed(BODY))


def test_a_secret_of_bytes_that_are_no_text_still_signs() -> None:
    signature = base64.b64encode(hmac.new(b"\xff-bytes", BODY, hashlib.sha256).digest()).decode()

    channel("\udcff-bytes").verify(arrived(BODY, {"X-WC-Webhook-Signature": signature}))


def test_the_unsigned_ping_passes_says_nothing_and_gets_its_200() -> None:
    web = channel()
    ping = recorded("ping__webhook-created")

    web.verify(ping)

    assert web.minimise(ping) == ()
    assert web.answer((), ()).status == 200
    assert web.answer((), ()).body == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"webhook_id=9", "application/json"),
        (b"webhook_id=9&x=1", "application/x-www-form-urlencoded"),
        (b"webhook_id=9\n", "application/x-www-form-urlencoded"),
        (b"webhook_id=", "application/x-www-form-urlencoded"),
        (b'{"id":41}', "application/x-www-form-urlencoded"),
    ],
    ids=["wrong-type", "more-fields", "new-line", "no-id", "json"],
)
def test_nothing_but_the_very_ping_passes_unsigned(body: bytes, form: str) -> None:
    with pytest.raises(Unauthentic):
        channel().verify(arrived(body, {"Content-Type": form}))


def test_a_ping_with_a_wrong_signature_is_refused() -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-WC-Webhook-Signature": "x",
    }

    with pytest.raises(Unauthentic):
        channel().verify(arrived(b"webhook_id=9", headers))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.binary() | st.just(b"webhook_id=9"),
    headers=st.dictionaries(
        st.sampled_from(["x-wc-webhook-signature", "content-type", "x-wc-webhook-topic"]),
        st.text(st.characters()) | st.just("application/x-www-form-urlencoded"),
    ),
)
def test_on_any_bytes_verify_lets_in_only_a_ping_or_says_unauthentic(
    body: bytes, headers: dict[str, str]
) -> None:
    try:
        channel().verify(arrived(body, headers))
    except Unauthentic:
        return

    assert body.startswith(b"webhook_id=")


@pytest.mark.parametrize(
    ("stored", "status"),
    [(Stored.NEW, "accepted"), (Stored.DUPLICATE, "duplicate"), (Stored.REUSED, "parked")],
)
def test_the_answer_is_200_whatever_the_inbox_did(stored: Stored, status: str) -> None:
    web = channel()
    kept = web.minimise(signed(BODY))

    answer = web.answer(kept, (stored,))

    assert answer.status == 200
    assert answer.body == {"status": status}
