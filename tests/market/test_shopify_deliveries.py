"""What a Shopify shop does to its deliveries, and what stands on our shelf afterwards.

The numbers in brackets are the rules of the emulated shop, which has a test of each alone.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from stocksync.core.names import Sku
from stocksync.sandbox.shopify import OutOfStock, Post, Refusal
from tests.market.cast import MUG
from tests.market.shopify_town import ADDRESS, Town

Towns = Callable[..., Town]
TEE, CAP = Sku("TEE"), Sku("CAP")
LEVELS = "inventory_levels/update"


def topic_of(post: Post) -> str:
    return post.headers["X-Shopify-Topic"]


def test_e3_every_item_of_one_act_is_counted_and_a_second_subscription_counts_nothing_twice(
    towns: Towns,
) -> None:
    web = towns(more=[TEE])
    for topic in ("orders/create", "orders/updated", LEVELS):
        web.shop.subscriptions.configure(topic, f"{ADDRESS}/too")

    kept = sum(web.endings().values())
    before = len(web.shop.deliveries.attempts)

    web.shop.buy({str(MUG): 2, str(TEE): 3})
    web.run(5)

    assert sum(web.endings().values()) - kept == len(web.shop.deliveries.attempts) - before
    told = [one for one in web.shop.deliveries.attempts if one.topic == LEVELS]
    assert len(told) == 4
    assert len({one.event_id for one in told}) == 1
    assert (web.pool(), web.pool(TEE)) == ({"shelf": 8}, {"shelf": 7})


@pytest.mark.parametrize("rotate", [False, True], ids=["same-id", "another-id"])
def test_e4_e6_what_was_heard_and_answered_too_late_comes_again_and_counts_once(
    towns: Towns, *, rotate: bool
) -> None:
    web = towns(knobs={"webhook_ids_rotate": rotate})
    heard: list[str] = []

    def slow(post: Post) -> int | None:
        heard.append(topic_of(post))
        status = web.take_in(post)
        return None if heard.count(topic_of(post)) == 1 else status

    web.door = slow
    web.shop.buy({str(MUG): 3})
    web.run(300)

    assert heard.count("orders/create") == heard.count(LEVELS) == 2
    assert (web.pool(), web.shown()) == ({"shelf": 7}, {"Main": 7})
    assert web.writes() == []


def test_e7_a_creation_that_arrives_hours_after_the_cancel_takes_nothing(towns: Towns) -> None:
    web = towns(every="1h")
    heard: list[str] = []

    def door(post: Post) -> int:
        early = web.market.clock.now < asked_at + timedelta(hours=2)
        if topic_of(post) == "orders/create" and early:
            return 503
        heard.append(topic_of(post))
        return web.take_in(post)

    asked_at = web.market.clock.now
    web.door = door
    order = web.shop.buy({str(MUG): 3})
    web.run(2)
    web.shop.cancel(order, restock=True)
    web.run(4.5 * 3600)

    assert heard.index("orders/create") > heard.index("orders/cancelled")
    assert (web.pool(), web.shown()) == ({"shelf": 10}, {"Main": 10})
    assert (web.edits(), web.incidents(), web.writes()) == ([], [], [])


def test_e8_subscriptions_that_the_shop_dropped_are_asserted_again_and_the_gap_is_closed(
    towns: Towns,
) -> None:
    web = towns(hooked=False, every="24h")
    made = len(web.shop.subscriptions.listed())
    web.door = lambda _: 503
    web.shop.buy({str(MUG): 3})
    web.run(4 * 3600)
    assert web.pool() == {"shelf": 10}

    web.run(1800)

    dropped = {one.topic for one in web.shop.deliveries.removed}
    assert {"orders/create", LEVELS} <= dropped
    assert len(web.shop.subscriptions.listed()) == made
    assert web.pool() == {"shelf": 7}

    web.door = web.take_in
    web.shop.buy({str(MUG): 1})
    web.run(5)
    assert web.pool() == {"shelf": 6}


def test_e9_two_sales_behind_one_notice_are_both_taken(towns: Towns) -> None:
    web = towns(knobs={"webhook_level_window_s": 20, "webhook_level_twice": 1})
    before = len(web.shop.deliveries.attempts)

    web.shop.buy({str(MUG): 1})
    web.run(5)
    web.shop.buy({str(MUG): 2})
    web.run(400)

    told = [one for one in web.shop.deliveries.attempts[before:] if one.topic == LEVELS]
    assert {one.body for one in told} == {told[0].body}
    assert b'"available":7' in told[0].body
    assert (web.pool(), web.shown()) == ({"shelf": 7}, {"Main": 7})
    assert web.edits() == []


@pytest.mark.parametrize(
    "knobs",
    [{"webhook_identical_window_s": 3600}, {"webhook_lost_topics": (LEVELS,)}],
    ids=["same-bodies-dropped", "no-echo-at-all"],
)
def test_e10_a_number_is_confirmed_without_any_echo(towns: Towns, knobs: dict[str, object]) -> None:
    web = towns(knobs=knobs)

    for units in (5, -5, 5):
        web.adjust(units)
        web.run(60)
        row = web.row()
        assert (row.belief.believed, row.belief.at_rest) == (row.wanted, True)

    assert web.writes() == [15, 10, 15]


@pytest.mark.long
def test_e11_a_thousand_numbers_come_back_as_echoes_and_cause_no_other_write(towns: Towns) -> None:
    goods = [Sku(f"SKU-{number:04}") for number in range(1000)]
    web = towns(more=goods)
    web.shop.log.writes.clear()
    before = len(web.shop.deliveries.attempts)

    web.adjust(5, skus=goods)
    web.run(200)

    echoes = [one for one in web.shop.deliveries.attempts[before:] if one.topic == LEVELS]
    assert len(echoes) == 1000
    assert [one.after for one in web.shop.log.writes] == [15] * 1000
    assert web.edits() == []


def test_e14_a_forged_farewell_stops_nothing_and_a_real_one_stops_the_channel(towns: Towns) -> None:
    web = towns()
    web.shop.subscriptions.configure("app/uninstalled", ADDRESS)
    web.shop.buy({str(MUG): 1})
    web.run(5)

    web.shop.deliveries.forge("app/uninstalled")
    web.run(60)
    web.adjust(5)
    web.run(60)

    assert web.link().stopped is None
    assert (web.pool(), web.shown(), web.incidents()) == ({"shelf": 14}, {"Main": 14}, [])

    web.shop.uninstall()
    web.run(60)

    assert "our request for a token" in (web.link().stopped or "")
    assert [kind for kind, _, _ in web.incidents()] == ["channel down"]
    calls = len(web.shop.log.calls)
    web.run(600)
    assert len(web.shop.log.calls) == calls


@pytest.mark.parametrize("topic", ["orders/create", "orders/cancelled"])
def test_e29_the_button_that_sends_a_test_moves_nothing(towns: Towns, topic: str) -> None:
    web = towns()
    before = len(web.shop.deliveries.attempts)

    web.shop.notify_for_test(topic)
    web.run(300)

    assert len(web.shop.deliveries.attempts) == before + 1
    assert web.endings() == {"ignored": 1}
    assert (web.pool(), web.shown()) == ({"shelf": 10}, {"Main": 10})
    assert (web.edits(), web.incidents(), web.writes()) == ([], [], [])


UNKIND = {
    "webhook_delay_s": 0.5,
    "webhook_spread_s": 8,
    "webhook_shuffle": True,
    "webhook_loss": 0.3,
    "webhook_doubles": 0.4,
    "webhook_stale": 0.3,
    "webhook_stale_by_s": 30,
    "webhook_level_twice": 0.5,
    "order_index_lag_s": 1,
}


def trade(web: Town, seed: int) -> None:
    """Let shoppers and staff do what they please with orders, forty times."""
    dice, shop, orders = random.Random(seed), web.shop, list[int]()

    def on_one(act: Callable[[int], object]) -> None:
        if orders:
            act(dice.choice(orders))

    acts: list[Callable[[], object]] = [
        lambda: orders.append(shop.buy({str(MUG): dice.randint(1, 3)})),
        lambda: orders.append(shop.buy([(str(MUG), 1), (str(MUG), 1)], paid=False)),
        lambda: orders.append(shop.buy({str(MUG): 1}, via="pos")),
        lambda: on_one(shop.hold),
        lambda: on_one(lambda order: shop.fulfil(order)),
        lambda: on_one(lambda order: shop.refund(order, {str(MUG): 1}, restock_type="return")),
        lambda: on_one(lambda order: shop.refund(order, {str(MUG): 1}, restock_type="cancel")),
        lambda: on_one(lambda order: shop.refund(order, {str(MUG): 1}, restock_type="no_restock")),
        lambda: on_one(lambda order: shop.refund(order, amount_cents=100)),
        lambda: on_one(lambda order: shop.edit_order(order, add={str(MUG): 1})),
        lambda: on_one(lambda order: shop.edit_order(order, remove={str(MUG): 1})),
        lambda: on_one(lambda order: shop.cancel(order, restock=True)),
    ]
    done = 0
    while done < 40:
        try:
            dice.choices(acts, weights=[8, 3, 2, 1, 5, 3, 2, 1, 1, 2, 1, 2])[0]()
        except (OutOfStock, Refusal):
            continue
        done += 1
        web.run(dice.choice([0, 0, 1, 3, 20]))


@pytest.mark.long
@pytest.mark.parametrize(
    ("knobs", "seed"),
    [({}, 1), (UNKIND, 1), (UNKIND, 2), (UNKIND, 3)],
    ids=["kind", "unkind-1", "unkind-2", "unkind-3"],
)
def test_e5_e20_out_of_order_doubled_and_lost_a_day_ends_with_the_numbers_of_the_shop(
    towns: Towns, knobs: dict[str, object], seed: int
) -> None:
    web = towns({"Main": 60}, knobs=knobs)

    trade(web, seed)
    web.run(900)

    left = web.shop.levels(str(MUG))["Main"]["available"]
    assert web.shop.truth()[str(MUG)].balances
    assert web.pool() == {"shelf": left}
    assert (web.edits(), web.writes()) == ([], [])
