"""Which deliveries each act of the shop fires, and in which order."""

import json
from collections.abc import Callable

import pytest

from stocksync.sandbox.woocommerce import Shop
from stocksync.sandbox.woocommerce.webhooks import State
from tests.sandbox.street import NOON, TOPICS, Street, street

Act = Callable[[Shop, int], object]


def told(web: Street) -> list[tuple[str, object]]:
    """Return what was delivered: each topic with the SKU or the order's status."""
    heard = []
    for topic, post in zip(web.ear.topics, web.ear.signed, strict=True):
        body = json.loads(post.body)
        heard.append((topic, body.get("sku", body.get("status"))))
    return heard


ORDER, PRODUCT = "order.updated", "product.updated"
ACTS: dict[str, tuple[Act, list[tuple[str, object]]]] = {
    "an order over REST": (
        lambda shop, _: shop.create_order({"SHIRT-S": 3, "MUG": 2}),
        [
            ("order.created", "processing"),
            (ORDER, "processing"),
            (PRODUCT, "SHIRT-S"),
            (PRODUCT, "MUG"),
        ],
    ),
    "the block checkout": (
        lambda shop, _: shop.buy({"MUG": 1}),
        [(ORDER, "processing"), ("order.created", "processing"), (PRODUCT, "MUG")],
    ),
    "a draft": (
        lambda shop, _: shop.open_checkout({"MUG": 1}),
        [(ORDER, "checkout-draft")],
    ),
    "the same number again": (lambda shop, _: shop.edit_stock("MUG", 46), [(PRODUCT, "MUG")]),
    "a sale of a sharing variation": (
        lambda shop, _: shop.buy({"CAP-R": 1}),
        [(ORDER, "processing"), ("order.created", "processing"), (PRODUCT, "CAP")],
    ),
    "a refund with restock": (
        lambda shop, order: shop.refund(order, {"MUG": 1}),
        [(PRODUCT, "MUG"), (ORDER, "processing")],
    ),
    "a refund without": (
        lambda shop, order: shop.refund(order, {"MUG": 1}, restock=False),
        [(ORDER, "processing")],
    ),
    "a refund by amount": (
        lambda shop, order: shop.refund(order, amount_cents=100),
        [(ORDER, "processing")],
    ),
    "a line added": (
        lambda shop, order: shop.add_line(order, "SHIRT-S", 1),
        [(PRODUCT, "SHIRT-S"), (ORDER, "processing")],
    ),
    "a line edited": (
        lambda shop, order: shop.edit_line(order, "MUG", 1),
        [(PRODUCT, "MUG"), (ORDER, "processing")],
    ),
    "a line deleted": (
        lambda shop, order: shop.delete_line(order, "MUG"),
        [(PRODUCT, "MUG"), (ORDER, "processing")],
    ),
    "a note": (lambda shop, order: shop.note(order, "ring"), [(ORDER, "processing")]),
    "completed": (
        lambda shop, order: shop.set_status(order, "completed"),
        [(ORDER, "completed")],
    ),
    "cancelled": (
        lambda shop, order: shop.set_status(order, "cancelled"),
        [(ORDER, "cancelled"), (PRODUCT, "MUG")],
    ),
    "back to pending": (
        lambda shop, order: shop.set_status(order, "pending"),
        [(ORDER, "pending"), (PRODUCT, "MUG")],
    ),
    "all of it refunded": (
        lambda shop, order: shop.refund(order, {"MUG": 4}),
        [(PRODUCT, "MUG"), (ORDER, "refunded")],
    ),
    "a refund deleted": (
        lambda shop, order: shop.delete_refund(order, shop.orders[order].refunds[0].id),
        [],
    ),
    "trash": (lambda shop, order: shop.trash(order), [("order.deleted", None)]),
    "force": (lambda shop, order: shop.force_delete(order), []),
    "a product in the trash": (
        lambda shop, _: shop.delete_product("MUG"),
        [("product.deleted", None)],
    ),
    "a product deleted": (lambda shop, _: shop.delete_product("MUG", force=True), []),
    "a new product": (lambda shop, _: shop.add_product("NEW", 3), [("product.created", "NEW")]),
}


@pytest.mark.parametrize("act", sorted(ACTS))
def test_each_act_fires_its_deliveries_in_order(web: Street, act: str) -> None:
    web.shop.add_product("MUG", 50)
    web.shop.add_variable("SHIRT", variations={"SHIRT-S": 10})
    web.shop.add_variable("CAP", 30, variations={"CAP-R": "parent"})
    order = web.shop.create_order({"MUG": 5})
    web.shop.refund(order, {"MUG": 1})
    web.listen(*TOPICS)
    does, expected = ACTS[act]

    does(web.shop, order)
    web.run()

    assert told(web) == expected


def test_a_restored_order_is_told_and_takes_nothing_again(web: Street) -> None:
    web.shop.add_product("MUG", 50)
    order = web.shop.create_order({"MUG": 5})
    web.shop.trash(order)
    web.listen(*TOPICS)

    web.shop.restore(order)
    web.run()

    assert told(web) == [("order.restored", "processing")]
    assert web.shop.stock("MUG") == 45


def test_a_draft_that_becomes_an_order_is_created_then(web: Street) -> None:
    web.shop.add_product("MUG", 50)
    draft = web.shop.open_checkout({"MUG": 5})
    web.listen(*TOPICS)

    web.shop.pay(draft)
    web.run()

    assert told(web) == [
        ("order.updated", "processing"),
        ("order.created", "processing"),
        ("product.updated", "MUG"),
    ]


def test_a_paused_webhook_hears_nothing_and_one_deleted_meanwhile_neither(web: Street) -> None:
    web.shop.add_product("MUG", 50)
    web.listen("order.created", "order.updated")
    web.shop.knobs.webhook_delay_s = 5

    web.shop.create_order({"MUG": 1})
    web.shop.webhooks[1].status = State.PAUSED
    web.run(5)

    assert web.ear.topics == ["order.updated"]
    assert [one.ending for one in web.shop.log.attempts[-2:]] == ["dropped", "sent"]


def test_what_was_flushed_by_hand_hastens_nothing_later(web: Street) -> None:
    web.shop.add_product("MUG", 50)
    web.listen("product.updated")
    web.shop.knobs.webhook_delay_s = 30

    web.shop.edit_stock("MUG", 40)
    web.run(10)
    web.shop.flush()
    assert len(web.ear.posts) == 1
    web.shop.edit_stock("MUG", 30)

    web.run(25)
    assert len(web.ear.posts) == 1
    assert web.shop.waiting == 1
    web.run(5)
    assert len(web.ear.posts) == 2


def test_the_same_seed_gives_the_same_day() -> None:
    def day() -> list[tuple[float, str]]:
        one = street(webhook_delay_s=4.0, webhook_spread="exponential", webhook_loss=0.3)
        one.shop.add_product("MUG", 50)
        one.listen("order.created", "order.updated", "product.updated")
        for _ in range(20):
            one.shop.buy({"MUG": 1})
            one.run(1)
        one.run(100)
        return [((one.at - NOON).total_seconds(), one.ending) for one in one.shop.log.attempts]

    assert day() == day()
    assert {ending for _, ending in day()} == {"ping", "sent", "lost"}
