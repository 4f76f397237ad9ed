"""What a merchant may write, and that a weak or garbled secret never opens the door."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels.till import Till, TillSettings
from tests.channels.till.cast import (
    CURRENT,
    CURRENT_KEY,
    TOKEN,
    event,
    secret,
    settings,
    signed,
    till,
)


def refusal(**keys: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        settings(**keys)
    return str(caught.value)


def whsec(raw: bytes) -> str:
    return "whsec_" + base64.b64encode(raw).decode()


def test_little_is_needed_and_the_rest_is_as_the_guide_says() -> None:
    told = settings()

    assert (told.auth, told.tolerance_seconds, told.max_age_days) == ("standard", 300, 30)
    assert (told.receipt_scope, told.receipt_reset) == (("location", "register"), "never")
    assert (told.sku_match, told.returns.restock_default) == ("exact", False)
    assert (told.timezone, told.counts_include_unshipped, told.ip_allow) == (None, True, ())


def test_a_secret_may_come_without_prefix_and_without_padding() -> None:
    for written in (CURRENT, CURRENT.rstrip("="), CURRENT.removeprefix("whsec_")):
        till(webhook_secret=secret(written)).verify(signed(event()))


def test_a_raw_secret_is_its_text() -> None:
    text = "whsec_this-text-is-the-key-itself"

    channel = till(webhook_secret=secret(text), secret_encoding="raw")

    channel.verify(signed(event(), key=text.encode()))


def test_a_key_of_24_to_64_bytes_is_taken() -> None:
    for length in (24, 64):
        assert settings(webhook_secret=secret(whsec(b"k" * length)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (whsec(b"k" * 23), "is 23 bytes long; it must be 24 to 64"),
        (whsec(b"k" * 65), "is 65 bytes long; it must be 24 to 64"),
        ("whsec_" + base64.urlsafe_b64encode(b"\xff\xfb" * 16).decode(), "URL-safe alphabet"),
        ("whsec_not base64 at all, is it?", "is not base64"),
        ("whsec_סוד", "is not base64"),
        (CURRENT + "\n", "is not base64"),
        ("", "is 0 bytes long"),
    ],
)
def test_a_bad_secret_is_named_by_where_it_came_from_and_never_shown(
    value: str, words: str
) -> None:
    message = refusal(webhook_secret=secret(value))

    assert words in message
    assert "env:TILL_SECRET" in message
    assert not value or value.strip() not in message


def test_a_short_token_is_refused_without_showing_it() -> None:
    message = refusal(auth="shared_token", webhook_secret=secret(TOKEN[:31]))

    assert "is 31 characters long; a token has 32 to 256" in message
    assert TOKEN[:31] not in message


def test_a_token_is_plain_ascii() -> None:
    assert "beyond ASCII" in refusal(auth="shared_token", webhook_secret=secret("ט" * 32))
    assert "beyond ASCII" in refusal(auth="shared_token", webhook_secret=secret(f"{TOKEN} "))


def test_a_secret_written_out_is_refused_without_showing_it() -> None:
    message = refusal(webhook_secret=CURRENT)

    assert "{env: NAME}" in message
    assert CURRENT not in message


def test_a_foreign_secret_is_its_text_and_may_be_longer() -> None:
    assert (
        settings(auth="hmac", hmac={"header": "X-Sig"}, webhook_secret=secret("f" * 128)).key_of(
            secret("f" * 128)
        )
        == b"f" * 128
    )
    assert "is 8 bytes long" in refusal(
        auth="hmac", hmac={"header": "X-Sig"}, webhook_secret=secret("password")
    )
    assert (
        settings(auth="hmac", hmac={"header": "X-Sig"}, secret_encoding="base64").key_of(
            secret(CURRENT)
        )
        == CURRENT_KEY
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"auth": "ip_allow"}, "an address alone proves nothing"),
        ({"auth": "none"}, "standard"),
        ({"tolerance_seconds": 29}, "greater than or equal to 30"),
        ({"tolerance_seconds": 259_201}, "less than or equal to 259200"),
        ({"timezone": "Asia/Jerusalm"}, "no such timezone"),
        ({"receipt_scope": ["shop"]}, "location"),
        ({"receipt_reset": "weekly"}, "never"),
        ({"returns": {"restock": True}}, "Extra inputs"),
        ({"max_age_days": 0}, "greater than or equal to 1"),
        ({"sku_match": "fuzzy"}, "exact"),
        ({"counts_include_unshipped": False}, "not available yet"),
        ({"ip_allow": ["203.0.113.7/24"]}, "write a network"),
        ({"hmac": {"header": "X-Sig"}}, "is only used with `auth: hmac`"),
        ({"tolerance": 300}, "Extra inputs"),
        ({"secrets": []}, "Extra inputs"),
        ({"default_location": "main"}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused(keys: dict[str, Any], words: str) -> None:
    assert words in refusal(**keys)


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        (None, "needs it"),
        ({"header": "X Sig"}, "the name of a header"),
        ({"header": "X-Stocksync-Peer"}, "the name of a header"),
        ({"header": "X-Sig", "digest": "md5"}, "sha256"),
        ({"header": "X-Sig", "template": "{timestamp}"}, "must hold {body}"),
        ({"header": "X-Sig", "template": "{body}{nonce}"}, "holds {nonce}"),
        ({"header": "X-Sig", "template": "{id}{body}"}, "`id_header` must say"),
        ({"header": "X-Sig", "template": "{url}{body}"}, "`url` must say"),
        ({"header": "X-Sig", "id_header": "X-Id"}, "only if `template` holds {id}"),
        ({"header": "X-Sig", "timestamp_header": "X-T"}, "only if `template` holds {timestamp}"),
    ],
)
def test_a_scheme_that_proves_less_than_it_seems_is_refused(
    scheme: dict[str, Any] | None, words: str
) -> None:
    assert words in refusal(
        auth="hmac", webhook_secret=secret("f" * 32), **({"hmac": scheme} if scheme else {})
    )


def test_what_comes_later_is_named_and_not_a_typing_mistake() -> None:
    coming = {"columns", "encoding", "decimal", "date_format", "duplicates", "missing", "delta"}

    assert coming <= TillSettings.later
    assert not TillSettings.later & set(TillSettings.model_fields)


def test_the_class_says_what_the_door_and_the_config_need() -> None:
    assert Till.Settings is TillSettings
    assert till().body_max == 1024 * 1024
    assert till().name == "till-main"
