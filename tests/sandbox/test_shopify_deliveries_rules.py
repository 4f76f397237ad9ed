"""What the shop's deliveries do to a receiver, rule by rule, over real HTTP."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from stocksync.sandbox.shopify.body_parts import TORONTO
from stocksync.sandbox.shopify.envelopes import OPTIONAL
from stocksync.sandbox.shopify.order_webhook_bodies import notification_for_test
from stocksync.sandbox.shopify.posting import Post
from stocksync.sandbox.shopify.subscriptions import Origin
from tests.sandbox.shopify_receiver import (
    EVENT,
    MORNING,
    MUG,
    SECRET,
    TEE,
    PostOffice,
    level,
    order,
    post_office,
)


def test_e01_the_raw_bytes_are_signed_with_slashes_and_ampersands_escaped(post: PostOffice) -> None:
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(MUG, 1)]))
    post.run()

    [heard] = post.heard
    assert heard.signed_with(SECRET)
    assert rb'"gid:\/\/shopify\/Order\/6749596057001"' in heard.raw
    assert "Mug \\u0026 saucer - Blue – été".encode() in heard.raw
    assert b"/" not in heard.raw.replace(rb"\/", b"")


def test_e01_the_oldest_secret_signs_until_some_time_after_it_is_revoked(post: PostOffice) -> None:
    post.keyring.lag = timedelta(hours=1)
    post.keyring.add("new-secret")
    post.listen("INVENTORY_LEVELS_UPDATE")
    tee = level(TEE, 8)

    post.happened("inventory_levels/update", tee)
    post.run(minutes=1)
    post.keyring.revoke(SECRET, post.clock.now)
    post.happened("inventory_levels/update", tee)
    post.run(hours=1)
    post.happened("inventory_levels/update", tee)
    post.run(minutes=1)

    assert [one.signed_with(SECRET) for one in post.heard] == [True, True, False]
    assert post.heard[2].signed_with("new-secret")
    assert not post.keyring.takes(SECRET)


def test_e01_a_secret_stands_once_and_the_last_one_stays(post: PostOffice) -> None:
    with pytest.raises(ValueError, match="add another one"):
        post.keyring.add(SECRET)
    with pytest.raises(ValueError, match="cannot be revoked"):
        post.keyring.revoke(SECRET, post.clock.now)
    post.keyring.add("new-secret")
    with pytest.raises(LookupError, match="no such client secret"):
        post.keyring.revoke("never-there", post.clock.now)

    assert post.keyring.signing(post.clock.now) == SECRET


def test_e01_a_webhook_made_by_hand_is_signed_with_the_shops_own_secret(post: PostOffice) -> None:
    post.subscriptions.configure("orders/create", f"{post.url}/hand", origin=Origin.ADMIN)

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert post.heard[0].signed_with("store-secret")


@pytest.mark.parametrize("knob", ["webhook_forged", "webhook_reserialised"])
def test_e01_bytes_changed_on_the_way_no_longer_fit_the_signature(
    post: PostOffice, knob: str
) -> None:
    setattr(post.knobs, knob, 1.0)
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert not post.heard[0].signed_with(SECRET)


def test_e02_all_headers_come_in_any_case_with_nanoseconds(post: PostOffice) -> None:
    post.listen("ORDERS_CREATE", name="stocksync-main-orders-create")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    [heard] = post.heard
    assert heard["Content-Type"] == "application/json"
    assert heard["X-Shopify-Topic"] == "orders/create"
    assert heard["X-Shopify-Shop-Domain"] == "example-stocksync.myshopify.com"
    assert heard["X-Shopify-Event-Id"] == EVENT
    assert heard["X-Shopify-Name"] == "stocksync-main-orders-create"
    assert heard["X-Shopify-Order-Id"] == "6749596057001"
    triggered = heard["X-Shopify-Triggered-At"]
    assert len(triggered) == len("2026-11-22T15:00:01.482913377Z")
    assert datetime.fromisoformat(triggered) == MORNING


def test_e02_the_case_of_header_names_is_drawn_anew_for_each_try() -> None:
    posts: list[Post] = []

    def take(one: Post) -> int:
        posts.append(one)
        return 200

    with post_office(deliver=take) as post:
        post.listen("ORDERS_CREATE")
        for _ in range(2):
            post.happened("orders/create", order([(TEE, 1)]))
        post.run()

    first, second = ([name for name in one.headers if "opic" in name.lower()] for one in posts)
    assert first != second
    assert posts[0].headers["x-shopify-topic"] == "orders/create"


def test_e02_optional_headers_may_be_missing_and_a_named_one_is(post: PostOffice) -> None:
    post.knobs.webhook_optional_dropped = 1.0
    post.knobs.webhook_headers_dropped = ("X-Shopify-Webhook-Id",)
    post.listen("ORDERS_CREATE", name="named")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    names = set(post.heard[0].headers)
    assert not names & {name.lower() for name in OPTIONAL}
    assert {name for name in names if name.startswith("x-shopify-")} == {
        "x-shopify-topic",
        "x-shopify-hmac-sha256",
        "x-shopify-shop-domain",
        "x-shopify-api-version",
    }


def test_e03_each_subscription_has_its_own_delivery_and_an_action_one_event(
    post: PostOffice,
) -> None:
    post.listen("INVENTORY_LEVELS_UPDATE", "one")
    post.listen("INVENTORY_LEVELS_UPDATE", "two")
    post.listen("ORDERS_CREATE", "one")

    post.happened("orders/create", order([(TEE, 2), (MUG, 1)]))
    post.happened("inventory_levels/update", level(TEE, 8))
    post.happened("inventory_levels/update", level(MUG, 5))
    post.run(seconds=1)

    assert Counter((one.path, one["X-Shopify-Topic"]) for one in post.heard) == {
        ("/one", "orders/create"): 1,
        ("/one", "inventory_levels/update"): 2,
        ("/two", "inventory_levels/update"): 2,
    }
    assert len({one["X-Shopify-Webhook-Id"] for one in post.heard}) == 5
    assert {one["X-Shopify-Event-Id"] for one in post.heard} == {EVENT}


@pytest.mark.parametrize(("rotate", "ids"), [(False, 1), (True, 3)])
def test_e04_the_webhook_id_of_a_retry_is_stable_or_rotates(
    post: PostOffice, rotate: bool, ids: int
) -> None:
    post.knobs.webhook_ids_rotate = rotate
    post.receiver.status = 503
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run(minutes=3)

    assert len(post.heard) == 3
    assert len({one["X-Shopify-Webhook-Id"] for one in post.heard}) == ids
    assert {one["X-Shopify-Event-Id"] for one in post.heard} == {EVENT}


@pytest.mark.parametrize(
    ("version", "more", "less"),
    [("2027-01", {"added_in_2027_01"}, set()), ("2024-01", set(), {"returns", "line_item_groups"})],
)
def test_e13_the_body_has_the_version_of_the_app_and_its_header_says_so(
    post: PostOffice, version: str, more: set[str], less: set[str]
) -> None:
    post.listen("ORDERS_CREATE")
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()
    post.knobs.webhook_version = version
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    usual, other = (set(one.body) for one in post.heard)
    assert [one["X-Shopify-API-Version"] for one in post.heard] == ["2026-10", version]
    assert (other - usual, usual - other) == (more, less)


def test_e29_the_test_notification_tells_of_an_order_that_never_was(post: PostOffice) -> None:
    post.listen("ORDERS_CREATE")

    body = notification_for_test("orders/create", post.clock.now, TORONTO)
    post.deliveries.notify_for_test("orders/create", body)
    post.run()

    [heard] = post.heard
    assert heard["X-Shopify-Test"] == "true"
    assert heard.body["id"] == 820982911946154508
    assert (heard.body["test"], heard.body["confirmed"]) == (True, False)
    assert heard.body["cancelled_at"] == "2026-11-22T10:00:00-05:00"
    assert len({one["id"] for one in heard.body["line_items"]}) == 2
    assert len({one["sku"] for one in heard.body["line_items"]}) == 1
    with pytest.raises(LookupError, match="not of products/update"):
        notification_for_test("products/update", post.clock.now, TORONTO)


def test_the_same_seed_gives_the_same_day() -> None:
    def day() -> list[tuple[datetime, str, str]]:
        chances = {"webhook_spread_s": 30.0, "webhook_loss": 0.3, "webhook_doubles": 0.3}
        with post_office(deliver=lambda _: 200, **chances) as post:
            post.listen("ORDERS_CREATE")
            for _ in range(20):
                post.happened("orders/create", order([(TEE, 1)]))
            post.run(minutes=1)
            return [(one.at, one.webhook_id, one.ending) for one in post.deliveries.attempts]

    first = day()
    assert first == day()
    assert {ending for _, _, ending in first} == {"sent", "lost"}


def test_include_fields_cut_the_body_and_reach_into_lists(post: PostOffice) -> None:
    post.listen("ORDERS_CREATE", include_fields=["id", "updated_at", "line_items.sku"])

    post.happened("orders/create", order([(TEE, 1), (MUG, 2)]))
    post.run()

    assert json.loads(post.heard[0].raw) == {
        "id": 6749596057001,
        "updated_at": "2026-11-22T10:00:01-05:00",
        "line_items": [{"sku": "TEE-M"}, {"sku": "MUG-01"}],
    }


def test_a_delivery_whose_subscription_is_gone_is_not_sent(post: PostOffice) -> None:
    post.knobs.webhook_delay_s = 5.0
    gone = post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.subscriptions.delete(gone.gid)
    post.run(seconds=5)

    assert post.heard == []
    assert [one.ending for one in post.deliveries.attempts] == ["dropped"]
