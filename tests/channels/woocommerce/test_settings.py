import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels import kind
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce import WooCommerce, WooCommerceSettings

GOOD = Secret(value="letters_and-digits_1", origin="WOO_WEBHOOK_SECRET")
KEY = Secret(value="ck_0123456789abcdef", origin="WOO_KEY")


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


def reaching(**written: Any) -> WooCommerceSettings:
    return settings(**{"url": "https://shop.example", "key": KEY, "secret": KEY, **written})


def test_with_an_address_and_a_pair_of_keys_the_shop_can_be_reached() -> None:
    written = reaching()

    assert written.url == "https://shop.example"
    assert written.signs == "basic"
    assert written.write_mode == "absolute"
    assert written.poke_every == timedelta(seconds=25)
    assert written.batch_size == 25
    assert written.timeout == timedelta(seconds=60)
    assert written.poll.orders_every == timedelta(seconds=60)
    assert written.poll.overlap == timedelta(seconds=120)
    assert written.poll.products_every == timedelta(minutes=10)
    assert written.poll.webhooks_every == timedelta(minutes=5)


def test_a_shop_without_tls_is_called_with_signed_calls() -> None:
    plain = {"url": "http://shop.local", "allow_insecure": True}

    assert reaching(**plain).signs == "oauth1"
    assert reaching(**plain, auth="query").signs == "query"


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ({"url": "https://shop.example"}, "(key, secret)"),
        ({"url": "https://shop.example", "key": KEY}, "(secret)"),
        ({"key": KEY, "secret": KEY}, "(url)"),
    ],
    ids=["url", "no-secret", "no-url"],
)
def test_half_of_what_it_takes_to_reach_a_shop_is_refused(
    written: dict[str, Any], missing: str
) -> None:
    assert missing in complaint(**written)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"auth": "bearer"}, "'basic', 'query' or 'oauth1'"),
        ({"write_mode": "set"}, "'absolute' or 'delta'"),
        ({"batch_size": 0}, "greater than or equal to 1"),
        ({"batch_size": 101}, "less than or equal to 100"),
        ({"timeout": "4s"}, "must be 5s or more"),
        ({"poke_every": "1s"}, "must be 5s or more"),
        ({"poll": {"orders_every": "1s"}}, "must be 5s or more"),
        ({"poll": {"overlap": "10s"}}, "must be 30s or more"),
        ({"poll": {"webhooks_every": "10s"}}, "must be 30s or more"),
        ({"parallel": 2}, "only 1 is available"),
        ({"url": "https://me:word@shop.example"}, "must not hold a user or password"),
        ({"key": Secret(value="", origin="WOO_KEY")}, "WOO_KEY is empty or holds a space"),
        ({"key": Secret(value="ck_1 2", origin="WOO_KEY")}, "WOO_KEY is empty or holds a space"),
    ],
    ids=range(13),
)
def test_what_no_shop_bears_is_refused_in_words(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        reaching(**written)


def test_poking_and_looking_after_webhooks_can_be_switched_off() -> None:
    written = reaching(poke_every="0", poll={"webhooks_every": "0"})

    assert written.poke_every == timedelta(0)
    assert written.poll.webhooks_every == timedelta(0)


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
    assert "allow_insecure: true" in complaint(url="http://shop.local", key=KEY, secret=KEY)
    assert reaching(url="http://shop.local", allow_insecure=True).url == "http://shop.local"


def test_every_key_is_available() -> None:
    assert WooCommerceSettings.later == frozenset()
