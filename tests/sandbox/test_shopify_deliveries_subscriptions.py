"""Who may subscribe to what, under which name and address."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stocksync.sandbox.shopify.subscriptions import (
    NotTaken,
    Origin,
    Subscription,
    Subscriptions,
    Wish,
)
from stocksync.sandbox.shopify.topics import TOPICS, enum_of

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
HOOK = "https://sync.example.com/hooks/acme/web"


@pytest.fixture
def shop() -> Subscriptions:
    return Subscriptions(clock=lambda: NOON)


def create(shop: Subscriptions, topic: str = "ORDERS_CREATE", **wish: Any) -> Subscription:
    return shop.create(topic, Wish(**{"uri": HOOK, **wish}))


def refusal(
    shop: Subscriptions, *, topic: str = "ORDERS_CREATE", **wish: Any
) -> list[tuple[tuple[str, ...], str]]:
    """Return what is said against a subscription, having seen that none was made."""
    before = list(shop)
    with pytest.raises(NotTaken) as raised:
        create(shop, topic, **wish)
    assert list(shop) == before
    return [(one.field, one.message) for one in raised.value.complaints]


ADDRESS = ("webhookSubscription", "callbackUrl")
NAME = ("webhookSubscription", "name")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://sync.example.com/hooks", "Address protocol http:// is not supported"),
        ("ftp://sync.example.com/hooks", "Address protocol ftp:// is not supported"),
        ("https://other.myshopify.com/x", "Address cannot be a Shopify or an internal domain"),
        ("https://localhost/hooks", "Address cannot be a Shopify or an internal domain"),
        ("https://127.0.0.1:8000/hooks", "Address cannot be a Shopify or an internal domain"),
        ("https://10.1.2.3/hooks", "Address cannot be a Shopify or an internal domain"),
        ("https://shop.internal/hooks", "Address cannot be a Shopify or an internal domain"),
        ("not an address", "Address is invalid"),
        ("https://[::1/hooks", "Address is invalid"),
        ("", "Address can't be blank"),
        ("   ", "Address can't be blank"),
    ],
)
def test_e50_an_address_is_public_and_https(shop: Subscriptions, uri: str, message: str) -> None:
    assert refusal(shop, uri=uri) == [(ADDRESS, message)]


def test_e50_a_receiver_on_the_same_machine_can_be_allowed() -> None:
    shop = Subscriptions(clock=lambda: NOON, any_address=True)

    made = create(shop, uri="http://127.0.0.1:8000/hooks")

    assert shop.listed() == [made]
    assert refusal(shop, uri="") == [(ADDRESS, "Address can't be blank")]


def test_e50_topic_address_and_format_stand_once(shop: Subscriptions) -> None:
    taken = [(ADDRESS, "Address for this topic has already been taken")]
    create(shop)

    assert refusal(shop) == taken
    assert refusal(shop, name="another-name") == taken
    create(shop, "ORDERS_UPDATED")
    create(shop, uri=f"{HOOK}/2")
    create(shop, filter="source_name:web")
    assert len(shop.listed()) == 4


def test_e50_a_name_stands_once_whatever_its_case(shop: Subscriptions) -> None:
    create(shop, name="stocksync-main")

    told = refusal(shop, topic="ORDERS_UPDATED", name="StockSync-Main")

    assert told == [(NAME, "Name already exists, no duplicate allowed")]


def test_e50_a_name_may_stand_once_a_topic_instead(shop: Subscriptions) -> None:
    shop.names_across_topics = False
    create(shop, name="stocksync-main")

    create(shop, "ORDERS_UPDATED", name="stocksync-main")

    told = refusal(shop, uri=f"{HOOK}/2", name="stocksync-MAIN")
    assert told == [(NAME, "Name already exists, no duplicate allowed")]


@pytest.mark.parametrize("name", ["", "two words", "dot.ted", "café"])
def test_e50_a_name_has_only_letters_digits_and_two_signs(shop: Subscriptions, name: str) -> None:
    assert refusal(shop, name=name) == [
        (
            NAME,
            "Name name field can only contain alphanumeric characters, underscores, and hyphens",
        )
    ]


def test_e50_the_format_is_json(shop: Subscriptions) -> None:
    message = "Format 'xml' is invalid for this webhook topic. Allowed formats: json"

    assert refusal(shop, format="XML") == [(("webhookSubscription", "format"), message)]


def test_e50_every_broken_rule_is_told_at_once(shop: Subscriptions) -> None:
    assert [message for _, message in refusal(shop, uri="", name="no no")] == [
        "Address can't be blank",
        "Name name field can only contain alphanumeric characters, underscores, and hyphens",
    ]


def test_e50_the_list_has_no_toml_ones_and_they_cannot_be_touched(shop: Subscriptions) -> None:
    by_file = shop.configure("orders/create", HOOK, name="same")
    by_hand = shop.configure("orders/create", HOOK, origin=Origin.ADMIN)
    by_api = create(shop, name="same")

    assert shop.listed() == [by_api]
    assert list(shop) == [by_file, by_hand, by_api]
    for other in (by_file, by_hand):
        with pytest.raises(NotTaken, match="Webhook subscription does not exist"):
            shop.delete(other.gid)
        with pytest.raises(NotTaken, match="Webhook subscription does not exist"):
            shop.update(other.gid, Wish(uri=f"{HOOK}/2"))
        assert not shop.remove(other.id)
    assert list(shop) == [by_file, by_hand, by_api]


def test_e50_an_update_changes_only_what_it_mentions(shop: Subscriptions) -> None:
    made = create(shop, name="stocksync-main", include_fields=["id", "updated_at"])
    later = NOON + timedelta(hours=1)
    shop.clock = lambda: later

    moved = shop.update(made.gid, Wish(uri=f"{HOOK}/new"))

    assert moved.uri == f"{HOOK}/new"
    assert (moved.name, moved.include_fields) == ("stocksync-main", ("id", "updated_at"))
    assert (moved.created_at, moved.updated_at) == (NOON, later)
    assert shop.listed() == [moved]


def test_e50_an_update_keeps_the_rules_but_may_repeat_its_own(shop: Subscriptions) -> None:
    create(shop, name="first")
    second = create(shop, uri=f"{HOOK}/2", name="second")

    assert shop.update(second.gid, Wish(uri=f"{HOOK}/2", name="Second")).name == "Second"
    with pytest.raises(NotTaken, match="Name already exists"):
        shop.update(second.gid, Wish(name="FIRST"))
    with pytest.raises(NotTaken, match="already been taken"):
        shop.update(second.gid, Wish(uri=HOOK))
    assert [one.uri for one in shop.listed()] == [HOOK, f"{HOOK}/2"]


def test_e50_what_was_deleted_is_gone_and_its_name_free(shop: Subscriptions) -> None:
    made = create(shop, name="stocksync-main")

    assert shop.delete(made.gid) == "gid://shopify/WebhookSubscription/1280000000001"

    assert shop.listed() == []
    with pytest.raises(NotTaken) as raised:
        shop.delete(made.gid)
    assert raised.value.complaints[0].field == ("id",)
    assert create(shop, name="stocksync-main").id == made.id + 1


def test_e50_topics_are_those_of_the_api_and_no_compliance_ones(shop: Subscriptions) -> None:
    assert all(enum_of(path) == name for name, path in TOPICS.items())
    with pytest.raises(LookupError, match="CUSTOMERS_REDACT"):
        shop.create("CUSTOMERS_REDACT", Wish(uri=HOOK))
    with pytest.raises(LookupError, match="customers/redact"):
        enum_of("customers/redact")
    assert shop.configure("customers/redact", HOOK).origin is Origin.TOML
    with pytest.raises(LookupError, match="orders/nonsense"):
        shop.configure("orders/nonsense", HOOK)
