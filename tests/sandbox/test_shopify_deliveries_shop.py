"""Which deliveries the acts of a whole shop cause: writes, sales, cancels, uninstalls."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.sandbox.shopify_documents import HOOK_LIST, SHOP
from tests.sandbox.shopify_town import Town, town

LEVEL = "inventory_levels/update"


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as one:
        yield one


def topics(web: Town) -> Counter[str]:
    return Counter(one.headers["X-Shopify-Topic"] for one in web.ear.posts)


def test_e11_our_own_write_is_told_once_for_each_pair_that_changed(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")

    web.call.set(web.call.pair("TEE-M", 7, 10), web.call.pair("MUG-01", 6, 6), key="push-1")
    web.run(60)

    [told] = web.ear.bodies(LEVEL)
    assert told["inventory_item_id"] == web.shop.ids("TEE-M")[2]
    assert told["available"] == 7


def test_e11_a_write_that_changes_nothing_or_is_refused_is_not_told(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")

    web.call.set(web.call.pair("TEE-M", 10, 10), key="same")
    web.call.refused(web.call.pair("TEE-M", 9, 4), key="stale")
    web.run(60)

    assert web.ear.posts == []


def test_e11_a_repeated_key_is_not_told_again(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")

    for _ in range(2):
        web.call.set(web.call.pair("TEE-M", 7, 10), key="push-1")
        web.run(60)

    assert len(web.ear.posts) == 1


def test_e11_all_pairs_of_one_write_share_its_event(web: Town) -> None:
    web.listen("INVENTORY_LEVELS_UPDATE")

    web.call.set(web.call.pair("TEE-M", 7, 10), web.call.pair("MUG-01", 5, 6), key="push-1")
    web.run(60)

    assert len(web.ear.posts) == 2
    assert len({one.headers["X-Shopify-Event-Id"] for one in web.ear.posts}) == 1
    assert len({one.headers["X-Shopify-Webhook-Id"] for one in web.ear.posts}) == 2


def test_e12_a_sale_tells_the_order_the_level_and_the_noise_of_its_product(web: Town) -> None:
    web.listen("ORDERS_CREATE", "ORDERS_UPDATED", "INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE")

    order = web.shop.buy({"TEE-M": 2})
    web.run(60)

    assert topics(web)["orders/create"] == 1
    assert topics(web)["products/update"] == 1
    assert topics(web)[LEVEL] == 1
    assert len({one.headers["X-Shopify-Event-Id"] for one in web.ear.posts}) == 1
    [body] = web.ear.bodies("orders/create")
    assert (body["id"], body["line_items"][0]["quantity"]) == (order, 2)
    assert web.ear.bodies(LEVEL)[0]["available"] == 8


def test_e12_every_change_of_an_order_is_told_as_an_update(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2, "MUG-01": 1})
    web.listen("ORDERS_UPDATED", "ORDERS_EDITED", "FULFILLMENTS_CREATE")

    for act in (
        lambda: web.shop.hold(order),
        lambda: web.shop.release(order),
        lambda: web.shop.edit_order(order, add={"CAP-RED": 1}),
        lambda: web.shop.fulfil(order, {"TEE-M": 1}),
    ):
        act()
        web.run(60)

    assert topics(web) == {"orders/updated": 4, "orders/edited": 1, "fulfillments/create": 1}
    assert web.ear.bodies("orders/edited")[0]["order_edit"]["order_id"] == order
    parcels = [one["fulfillments"] for one in web.ear.bodies("orders/updated")]
    assert parcels[-1] == web.ear.bodies("fulfillments/create")


def test_e12_a_refund_comes_in_the_order_and_by_its_own_topic_under_one_id(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.shop.fulfil(order)
    web.run(60)
    web.listen("ORDERS_UPDATED", "REFUNDS_CREATE", "INVENTORY_LEVELS_UPDATE")

    refund = web.shop.refund(order, [("TEE-M", 1)], location="Back")
    web.run(60)

    [by_topic] = web.ear.bodies("refunds/create")
    [inside] = web.ear.bodies("orders/updated")[-1]["refunds"]
    assert by_topic["id"] == refund
    assert inside == by_topic
    [line] = by_topic["refund_line_items"]
    assert (line["restock_type"], line["location_id"]) == ("return", web.shop.location_id("Back"))
    assert [one["available"] for one in web.ear.bodies(LEVEL)] == [4]


def test_e12_a_cancel_with_restock_tells_the_order_its_refund_and_the_level(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.run(60)
    web.listen("ORDERS_CANCELLED", "REFUNDS_CREATE", "INVENTORY_LEVELS_UPDATE")

    web.shop.cancel(order)
    web.run(60)

    assert topics(web) == {"orders/cancelled": 1, "refunds/create": 1, LEVEL: 1}
    assert web.ear.bodies("orders/cancelled")[0]["cancelled_at"] is not None
    assert web.ear.bodies(LEVEL)[0]["available"] == 10


def test_e13_the_version_of_bodies_is_the_apps_whatever_the_url_says(web: Town) -> None:
    web.shop.knobs.webhook_version = "2027-01"
    web.listen("ORDERS_CREATE")

    web.shop.buy({"TEE-M": 1})
    web.run()

    [post] = web.ear.posts
    assert post.headers["X-Shopify-API-Version"] == "2027-01"
    [node] = web.call.data(HOOK_LIST, after=None)["webhookSubscriptions"]["nodes"]
    assert node["apiVersion"]["handle"] == "2027-01"


def test_e14_after_an_uninstall_the_token_is_dead_and_only_that_is_told(web: Town) -> None:
    web.listen("APP_UNINSTALLED", "ORDERS_CREATE")
    assert web.call.post(SHOP).status_code == 200

    web.shop.uninstall()
    web.shop.buy({"TEE-M": 1})
    web.run(18_000)

    assert topics(web) == {"app/uninstalled": 1}
    assert web.call.post(SHOP).status_code == 401
    assert web.shop.subscriptions.listed() == []


def test_e14_a_forged_uninstall_leaves_the_token_alive(web: Town) -> None:
    web.listen("ORDERS_CREATE")
    web.shop.buy({"TEE-M": 1})
    web.run()

    web.shop.deliveries.forge("app/uninstalled")
    web.run()

    assert topics(web) == {"orders/create": 1, "app/uninstalled": 1}
    assert web.call.post(SHOP).status_code == 200


def test_e29_the_test_button_moves_no_number(web: Town) -> None:
    web.listen("ORDERS_CREATE", "INVENTORY_LEVELS_UPDATE")

    web.shop.notify_for_test("orders/create")
    web.run(60)

    assert topics(web) == {"orders/create": 1}
    assert web.shop.stock("TEE-M", "Main") == 10
    assert web.shop.orders == {}


def test_e50_the_list_over_graphql_shows_only_those_made_by_api(web: Town) -> None:
    web.listen("ORDERS_CREATE")
    web.shop.subscriptions.configure("orders/create", "https://sync.example.com/toml")

    nodes = web.call.data(HOOK_LIST, after=None)["webhookSubscriptions"]["nodes"]

    assert [(one["topic"], one["uri"]) for one in nodes] == [
        ("ORDERS_CREATE", "https://sync.example.com/ORDERS_CREATE")
    ]


GOODS = (
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "INVENTORY_ITEMS_CREATE",
    "INVENTORY_ITEMS_UPDATE",
    "INVENTORY_LEVELS_CONNECT",
    "INVENTORY_LEVELS_UPDATE",
)


def test_a_new_product_tells_itself_its_item_and_each_level_in_one_act(web: Town) -> None:
    web.listen(*GOODS)

    web.shop.add_product("VASE-01", {"Main": 3, "Back": 2})
    web.run(60)

    assert topics(web) == {
        "products/create": 1,
        "inventory_items/create": 1,
        "inventory_levels/connect": 2,
    }
    assert len({one.headers["X-Shopify-Event-Id"] for one in web.ear.posts}) == 1
    [item] = web.ear.bodies("inventory_items/create")
    assert (item["id"], item["sku"]) == (web.shop.ids("VASE-01")[2], "VASE-01")
    told = web.ear.bodies("inventory_levels/connect")
    assert {(one["location_id"], one["available"]) for one in told} == {
        (web.shop.location_id("Main"), 3),
        (web.shop.location_id("Back"), 2),
    }


def test_what_staff_changes_of_goods_is_told(web: Town) -> None:
    web.listen(*GOODS)

    for act, told in (
        (lambda: web.shop.add_variant("TEE-M", "as a gift"), {"products/update": 1}),
        (lambda: web.shop.activate("MUG-01", "Back"), {"inventory_levels/connect": 1}),
        (
            lambda: web.shop.rename("MUG-01", "MUG-02"),
            {"inventory_items/update": 1, "products/update": 1},
        ),
        (
            lambda: web.shop.set_tracked("MUG-02", False),
            {"inventory_items/update": 1, "products/update": 1},
        ),
    ):
        act()
        web.run(60)
        assert topics(web) == told
        web.ear.posts.clear()
