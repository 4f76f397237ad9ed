from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels import kind
from stocksync.channels.base import Secret
from stocksync.channels.woocommerce import WooCommerce, WooCommerceSettings

GOOD = Secret(value="letters_and-digits_1", origin="WOO_WEBHOOK_SECRET")


def settings(**written: Any) -> WooCommerceSettings:
    return WooCommerceSettings(kind="woocommerce", **{"webhook_secret": GOOD, **written})


def complaint(**written: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        settings(**written)
    (error,) = refused.value.errors()
    return error["msg"]


def test_the_registry_knows_the_kind() -> None:
    assert kind("woocommerce") is WooCommerce
    assert kind("woocommerce").Settings is WooCommerceSettings


def test_a_secret_is_all_that_a_receiving_channel_needs() -> None:
    written = settings()

    assert written.webhook_secret == (GOOD,)
    assert written.unpaid_soft_hold == timedelta(minutes=60)


def test_the_keys_of_the_coming_outgoing_half_are_accepted() -> None:
    written = settings(url="https://shop.example", key=GOOD, secret=GOOD, allow_private=True)

    assert written.url == "https://shop.example"
    assert written.key is GOOD


def test_without_a_webhook_secret_there_is_no_channel() -> None:
    with pytest.raises(ValidationError, match="webhook_secret"):
        WooCommerceSettings.model_validate({"kind": "woocommerce"})


def test_a_secret_in_plain_text_is_refused() -> None:
    assert "by reference" in complaint(webhook_secret="plain")
    assert "by reference" in complaint(key="ck_plain")


@pytest.mark.parametrize("letter", ["&", "<", ">", '"', "'"])
def test_a_secret_that_woocommerce_would_rewrite_is_refused(letter: str) -> None:
    odd = Secret(value=f"abc{letter}def", origin="WOO_WEBHOOK_SECRET")

    said = complaint(webhook_secret=[GOOD, odd])

    assert "WOO_WEBHOOK_SECRET" in said
    assert "use letters, digits, _ and -" in said
    assert "abc" not in said


@pytest.mark.parametrize("value", ["", "  \n"], ids=["empty", "blank"])
def test_an_empty_secret_is_refused(value: str) -> None:
    assert "WOO_FILE is empty" in complaint(webhook_secret=Secret(value=value, origin="WOO_FILE"))


def test_a_shop_without_tls_needs_a_word_of_consent() -> None:
    assert "allow_insecure: true" in complaint(url="http://shop.local")
    assert settings(url="http://shop.local", allow_insecure=True).url == "http://shop.local"


def test_keys_of_the_outgoing_half_are_known_as_coming() -> None:
    assert {"buffer", "push", "manual_edits", "poll", "write_mode"} <= WooCommerceSettings.later
