"""What is still told once the app is uninstalled, and what anyone can pretend."""

from collections.abc import Iterator

import pytest

from stocksync.sandbox.shopify.happenings import App
from stocksync.sandbox.shopify.posting import Post
from tests.sandbox.shopify_receiver import EVENT, SECRET, TEE, PostOffice, level, order, post_office

APP = App(
    shop_id=548380009,
    shop_name="Example Stocksync",
    scopes=("read_orders",),
    primary_location_id=75596366001,
)


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with post_office() as office:
        for topic in ("ORDERS_CREATE", "INVENTORY_LEVELS_UPDATE", "APP_UNINSTALLED"):
            office.listen(topic)
        yield office


def test_e14_the_uninstall_is_the_last_that_is_told(post: PostOffice) -> None:
    post.happened("inventory_levels/update", level(TEE, 8))
    post.happened("app/uninstalled", APP)
    post.happened("orders/create", order([(TEE, 1)]))
    post.run(hours=5)

    assert post.receiver.topics == ["app/uninstalled"]
    assert post.heard[0].body["myshopify_domain"] is None
    assert post.subscriptions.listed() == []
    assert [(one.topic, one.ending) for one in post.deliveries.attempts] == [
        ("inventory_levels/update", "dropped"),
        ("app/uninstalled", "sent"),
    ]


def test_e14_the_last_word_too_is_tried_for_hours(post: PostOffice) -> None:
    post.receiver.status = 503

    post.happened("app/uninstalled", APP)
    post.run(hours=5)

    assert post.receiver.topics == ["app/uninstalled"] * 9
    assert post.deliveries.waiting == 0


def test_e14_a_retry_from_before_the_uninstall_is_not_sent(post: PostOffice) -> None:
    post.knobs.webhook_survives_uninstall = True
    post.receiver.status = 503
    post.happened("orders/create", order([(TEE, 1)]))
    post.run(seconds=30)

    post.receiver.status = 200
    post.happened("app/uninstalled", APP)
    post.run(hours=5)

    assert post.receiver.topics == ["orders/create", "app/uninstalled"]
    assert len(post.subscriptions.listed()) == 3


def test_e14_a_try_that_fails_during_the_uninstall_is_not_repeated() -> None:
    topics: list[str] = []

    def leave_meanwhile(one: Post) -> int:
        topics.append(one.headers["X-Shopify-Topic"])
        if topics == ["orders/create"]:
            office.happened("app/uninstalled", APP)
            return 500
        return 200

    with post_office(deliver=leave_meanwhile, webhook_survives_uninstall=True) as office:
        office.listen("ORDERS_CREATE")
        office.listen("APP_UNINSTALLED")
        office.happened("orders/create", order([(TEE, 1)]))
        office.run(hours=5)

    assert topics == ["orders/create", "app/uninstalled"]


def test_e14_an_app_installed_again_hears_by_what_it_subscribes_to_anew(post: PostOffice) -> None:
    by_file = post.subscriptions.configure("orders/create", f"{post.url}/toml")
    post.happened("app/uninstalled", APP)
    post.run()

    post.deliveries.installed()
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert list(post.subscriptions) == [by_file]
    assert [one.path for one in post.heard] == ["/hooks", "/toml"]


def test_e14_the_compliance_topics_come_after_the_uninstall_too(post: PostOffice) -> None:
    post.subscriptions.configure("shop/redact", f"{post.url}/toml")

    post.happened("app/uninstalled", APP)
    post.run(hours=48)
    post.happened("shop/redact", APP)
    post.run()

    assert post.receiver.topics == ["app/uninstalled", "shop/redact"]
    assert post.heard[1].body == {
        "shop_id": 548380009,
        "shop_domain": "example-stocksync.myshopify.com",
    }


def test_e14_a_forged_uninstall_is_well_signed_and_nothing_else_changed(post: PostOffice) -> None:
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    post.deliveries.forge("app/uninstalled")
    post.run()

    real, forged = post.heard
    assert forged["X-Shopify-Topic"] == "app/uninstalled"
    assert forged.raw == real.raw
    assert forged.signed_with(SECRET)
    assert forged["X-Shopify-Webhook-Id"] != real["X-Shopify-Webhook-Id"]
    assert forged["X-Shopify-Event-Id"] != EVENT
    assert len(post.subscriptions.listed()) == 3


def test_e14_only_what_left_the_shop_can_be_caught_and_forged(post: PostOffice) -> None:
    post.knobs.webhook_lost_topics = ("orders/create",)
    post.happened("inventory_levels/update", level(TEE, 8))
    post.run(seconds=1)
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    post.deliveries.forge("app/uninstalled")
    post.run()

    assert post.receiver.topics == ["inventory_levels/update", "app/uninstalled"]
    assert post.heard[0].raw == post.heard[1].raw
