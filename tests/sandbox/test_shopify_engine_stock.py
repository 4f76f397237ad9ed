"""What the shop does to its own numbers, by itself and for people: E20 to E24, E28, E30, E31."""

import random
from collections.abc import Iterator

import pytest

from stocksync.sandbox.shopify import OutOfStock, Refusal
from tests.sandbox.shopify_documents import ACTIVATE, LEVELS, LEVELS_ALL_LOCATIONS, SET
from tests.sandbox.shopify_town import Town, town


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as opened:
        yield opened


def three(available: int, committed: int, on_hand: int) -> dict[str, int]:
    return {"available": available, "committed": committed, "on_hand": on_hand}


def test_e20_an_order_moves_units_from_available_to_committed_paid_or_not(web: Town) -> None:
    web.shop.buy({"TEE-M": 2})
    web.shop.buy({"TEE-M": 1}, paid=False)

    assert web.call.numbers("TEE-M") == three(7, 3, 10)


def test_e20_a_draft_order_reserves_and_its_order_commits(web: Town) -> None:
    draft = web.shop.reserve({"TEE-M": 2})
    assert web.call.numbers("TEE-M") == three(8, 0, 10)
    assert web.shop.levels("TEE-M")["Main"]["reserved"] == 2

    web.shop.complete_draft(draft)
    assert web.call.numbers("TEE-M") == three(8, 2, 10)
    assert web.shop.levels("TEE-M")["Main"]["reserved"] == 0


def test_e20_fulfilment_takes_from_committed_and_on_hand_alone(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 3})
    web.shop.fulfil(order, {"TEE-M": 2})

    assert web.call.numbers("TEE-M") == three(7, 1, 8)


def test_e20_a_failed_parcel_ships_nothing_and_an_undone_one_is_waited_for_again(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.shop.fulfil(order, status="failure")
    assert web.call.numbers("TEE-M") == three(8, 2, 10)

    (parcel,) = web.shop.fulfil(order)
    assert web.call.numbers("TEE-M") == three(8, 0, 8)
    web.shop.end_fulfilment(parcel, "cancelled")
    assert web.call.numbers("TEE-M") == three(8, 2, 10)


def test_e20_a_sale_in_the_store_is_handed_over_at_once(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2}, via="pos", location="Back")

    assert web.call.numbers("TEE-M", "Back") == three(1, 0, 1)
    assert web.call.numbers("TEE-M") == three(10, 0, 10)
    told = web.call.order(order)
    assert told["retailLocation"] == {"id": web.call.place("Back")}
    assert told["displayFulfillmentStatus"] == "FULFILLED"
    assert told["closedAt"] is not None


@pytest.mark.parametrize(
    ("restock_type", "shipped", "after"),
    [
        ("cancel", False, (10, 0, 10)),
        ("no_restock", False, (8, 0, 8)),
        ("return", True, (10, 0, 10)),
        ("no_restock", True, (8, 0, 8)),
        ("legacy_restock", False, (10, 0, 10)),
        ("legacy_restock", True, (10, 0, 10)),
    ],
)
def test_e20_a_refund_does_what_its_restock_type_says(
    web: Town, restock_type: str, shipped: bool, after: tuple[int, int, int]
) -> None:
    order = web.shop.buy({"TEE-M": 2})
    if shipped:
        web.shop.fulfil(order)
    web.shop.refund(order, {"TEE-M": 2}, restock_type=restock_type)

    assert web.call.numbers("TEE-M") == three(*after)


def test_e20_an_edit_takes_what_it_adds_and_puts_back_what_it_removes(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 3})

    web.shop.edit_order(order, add={"MUG-01": 2}, remove={"TEE-M": 1})
    assert web.call.numbers("TEE-M") == three(8, 2, 10)
    assert web.call.numbers("MUG-01") == three(4, 2, 6)

    web.shop.edit_order(order, remove={"TEE-M": 1}, restock=False)
    assert web.call.numbers("TEE-M") == three(8, 1, 9)


def test_e20_units_set_aside_are_on_hand_and_not_available(web: Town) -> None:
    web.shop.set_aside("TEE-M", "damaged", 2)

    assert web.call.numbers("TEE-M") == three(8, 0, 10)


@pytest.mark.parametrize("seed", range(5))
def test_e20_after_any_acts_on_hand_is_the_sum_of_its_states_and_the_books_balance(
    web: Town, seed: int
) -> None:
    chance, shop = random.Random(seed), web.shop
    skus = ("TEE-M", "MUG-01", "CAP-RED")
    open_orders: list[int] = []

    def sell() -> None:
        via = chance.choice(["web", "pos", "draft", "api"])
        behaviour = chance.choice(["BYPASS", "DECREMENT_IGNORING_POLICY"])
        items = {chance.choice(skus): chance.randint(1, 3)}
        open_orders.append(shop.buy(items, via=via, behaviour=behaviour))

    def with_order() -> None:
        order = chance.choice(open_orders)
        line = chance.choice(shop.orders[order].lines).id
        match chance.randint(0, 6):
            case 0:
                shop.fulfil(order, {line: 1})
            case 1:
                kind = chance.choice(["cancel", "return", "no_restock", "legacy_restock"])
                place = chance.choice([None, "Main", "Back"])
                shop.refund(order, {line: 1}, restock_type=kind, location=place)
            case 2:
                shop.cancel(order, restock=chance.random() < 0.5)
            case 3:
                restock = chance.random() < 0.5
                shop.edit_order(order, add={chance.choice(skus): 1}, restock=restock)
            case 4:
                shop.edit_order(order, remove={line: 1}, restock=chance.random() < 0.5)
            case 5:
                shop.move_fulfilment_order(order, "Main", "Back")
            case _:
                shop.end_fulfilment(shop.fulfil(order)[0], "cancelled")

    done = 0
    for _ in range(200):
        try:
            chance.choice([sell, with_order])()
            done += 1
        except (OutOfStock, Refusal, IndexError):
            continue
        if chance.random() < 0.1:
            shop.edit_stock("TEE-M", chance.randint(0, 20), chance.choice(["available", "on_hand"]))

    assert done > 60
    inside = ("available", "committed", "damaged", "quality_control", "reserved", "safety_stock")
    for sku in skus:
        assert shop.truth()[sku].balances, shop.truth()[sku]
        for place, level in shop.levels(sku).items():
            assert level["on_hand"] == sum(level[name] for name in inside)
            waits = sum(
                one.claimed
                for order in shop.orders.values()
                for there in order.fulfilment_orders
                if there.location.name == place
                for one in there.lines
                if one.line.sku == sku
            )
            assert level["committed"] == waits


def test_e21_staff_and_stores_and_lenient_policies_oversell(web: Town) -> None:
    web.shop.buy({"MUG-01": 8}, via="pos")
    assert web.call.numbers("MUG-01") == three(-2, 0, -2)

    web.shop.set_policy("CAP-RED", "CONTINUE")
    web.shop.buy({"CAP-RED": 5})
    web.shop.buy({"CAP-RED": 1}, via="draft")
    assert web.call.numbers("CAP-RED") == three(-2, 6, 4)


def test_e21_an_order_of_another_app_moves_stock_as_it_was_told_to(web: Town) -> None:
    web.shop.buy({"MUG-01": 2}, via="api", behaviour="BYPASS", source_name="marketplace")
    assert web.call.numbers("MUG-01") == three(6, 0, 6)

    web.shop.buy({"MUG-01": 7}, via="api", behaviour="DECREMENT_IGNORING_POLICY")
    assert web.call.numbers("MUG-01") == three(-1, 7, 6)

    with pytest.raises(OutOfStock):
        web.shop.buy({"MUG-01": 1}, via="api", behaviour="DECREMENT_OBEYING_POLICY")
    assert web.call.numbers("MUG-01") == three(-1, 7, 6)


@pytest.mark.parametrize(("restocks", "after"), [(False, 6), (True, 8)])
def test_e21_cancelling_what_was_never_taken_puts_back_nothing_unless_the_knob_says_so(
    web: Town, restocks: bool, after: int
) -> None:
    web.shop.knobs.bypassed_restock = restocks
    order = web.shop.buy({"MUG-01": 2}, via="api", behaviour="BYPASS")

    web.shop.cancel(order)

    assert web.call.numbers("MUG-01") == three(after, 0, after)


def test_e22_the_checkout_sells_what_locations_that_ship_online_hold_together(web: Town) -> None:
    web.shop.buy({"TEE-M": 12})  # 10 at Main and 2 at Back
    assert web.shop.levels("TEE-M")["Main"]["available"] == 0
    assert web.shop.levels("TEE-M")["Back"]["available"] == 1

    with pytest.raises(OutOfStock):
        web.shop.buy({"TEE-M": 2})
    assert web.shop.log.refused == {"TEE-M": 2}


def test_e22_pushing_zero_stops_sales(web: Town) -> None:
    web.call.set(web.call.pair("MUG-01", 0, 6), key="k1")

    with pytest.raises(OutOfStock):
        web.shop.buy({"MUG-01": 1})


def test_e22_a_location_that_ships_nothing_online_or_is_closed_sells_nothing_online(
    web: Town,
) -> None:
    web.shop.add_location("Store", fulfils_online=False)
    web.shop.add_product("PIN", {"Store": 5})
    with pytest.raises(OutOfStock):
        web.shop.buy({"PIN": 1})
    web.shop.buy({"PIN": 1}, via="pos", location="Store")

    web.shop.deactivate_location("Main")
    with pytest.raises(OutOfStock):
        web.shop.buy({"MUG-01": 1})


def test_e23_what_is_not_tracked_has_no_numbers_and_sells_for_ever(web: Town) -> None:
    web.shop.set_tracked("MUG-01", False)

    web.shop.buy({"MUG-01": 1000})

    level = web.call.level("MUG-01")
    assert level is not None
    assert level["quantities"] == []
    assert web.shop.stock("MUG-01") is None


def test_e24_an_inactive_level_takes_writes_sells_nothing_and_keeps_its_number(web: Town) -> None:
    web.shop.deactivate("MUG-01")
    written = web.call.set(web.call.pair("MUG-01", 9, 6), key="k1")
    assert written["data"]["inventorySetQuantities"]["userErrors"] == []

    with pytest.raises(OutOfStock):
        web.shop.buy({"MUG-01": 1})
    level = web.call.level("MUG-01")
    assert level is not None
    assert level["isActive"] is False
    hidden = LEVELS.replace(", includeInactive: true", "")
    told = web.call.data(hidden, ids=[web.call.item("MUG-01")], loc=web.call.place())
    assert told["nodes"][0]["inventoryLevel"] is None

    told = web.call.data(ACTIVATE, item=web.call.item("MUG-01"), loc=web.call.place(), key="a1")
    assert told["inventoryActivate"]["userErrors"] == []
    assert web.call.numbers("MUG-01") == three(9, 0, 9)
    web.shop.buy({"MUG-01": 9})


def test_e24_a_write_where_an_item_was_never_stocked_is_kept_and_not_sold(web: Town) -> None:
    assert web.call.level("MUG-01", "Back") is None

    web.call.set(web.call.pair("MUG-01", 5, None, "Back"), key="k1")

    told = web.call.data(LEVELS_ALL_LOCATIONS, ids=[web.call.item("MUG-01")])
    levels = told["nodes"][0]["inventoryLevels"]["nodes"]
    assert [(one["isActive"], one["quantities"][0]["quantity"]) for one in levels] == [
        (True, 6),
        (False, 5),
    ]
    with pytest.raises(OutOfStock):
        web.shop.buy({"MUG-01": 7})


def test_e28_moving_a_fulfilment_order_moves_what_it_took_between_locations(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})

    web.shop.move_fulfilment_order(order, "Main", "Back")

    assert web.call.numbers("TEE-M") == three(10, 0, 10)
    assert web.call.numbers("TEE-M", "Back") == three(1, 2, 3)
    web.shop.fulfil(order)
    assert web.call.numbers("TEE-M", "Back") == three(1, 0, 1)


def test_e30_staff_set_available_or_on_hand(web: Town) -> None:
    web.shop.buy({"MUG-01": 2})

    web.shop.edit_stock("MUG-01", 50)
    assert web.call.numbers("MUG-01") == three(50, 2, 52)

    web.shop.edit_stock("MUG-01", 10, "on_hand")
    assert web.call.numbers("MUG-01") == three(8, 2, 10)


def test_e31_a_sale_inside_the_call_makes_the_swap_stale_and_relists_nothing(web: Town) -> None:
    web.shop.race(lambda sku, place: web.shop.buy({"MUG-01": 1}))

    told = web.call.data(
        SET,
        input={
            "name": "available",
            "reason": "correction",
            "quantities": [web.call.pair("MUG-01", 9, 6)],
        },
        key="k1",
    )

    errors = told["inventorySetQuantities"]["userErrors"]
    assert [one["code"] for one in errors] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert web.call.numbers("MUG-01") == three(5, 1, 6)
