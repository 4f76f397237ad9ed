"""What orders show while they change, and what the shop tells of it: E25 to E27, E29."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stocksync.sandbox.shopify import Refusal
from tests.sandbox.shopify_documents import ORDER_LOCATIONS
from tests.sandbox.shopify_town import MORNING, Town, town


@pytest.fixture
def web() -> Iterator[Town]:
    with town() as opened:
        yield opened


def test_e25_quantity_stays_and_current_quantity_loses_all_that_was_refunded(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 4})
    web.shop.fulfil(order, {"TEE-M": 2})
    web.shop.refund(order, {"TEE-M": 1}, restock_type="return")
    web.shop.refund(order, {"TEE-M": 1}, restock_type="no_restock")
    web.shop.edit_order(order, remove={"TEE-M": 1})

    line = web.call.line(order)
    assert (line["quantity"], line["currentQuantity"], line["unfulfilledQuantity"]) == (4, 1, 1)
    refunded = [
        (one["quantity"], one["restockType"], one["restocked"])
        for refund in web.call.order(order)["refunds"]
        for one in refund["refundLineItems"]["nodes"]
    ]
    assert refunded == [(1, "RETURN", True), (1, "NO_RESTOCK", False)]


def test_e25_an_order_on_hold_can_ship_nothing_and_takes_all_the_same(web: Town) -> None:
    web.listen("ORDERS_UPDATED")
    order = web.shop.buy({"TEE-M": 2})
    web.run()
    web.shop.hold(order)
    web.run()

    body = web.ear.bodies("orders/updated")[-1]
    assert body["line_items"][0]["fulfillable_quantity"] == 0
    assert body["line_items"][0]["current_quantity"] == 2
    assert web.call.numbers("TEE-M")["committed"] == 2
    with pytest.raises(Refusal, match="on hold"):
        web.shop.fulfil(order)

    web.shop.release(order)
    web.run()
    assert web.ear.bodies("orders/updated")[-1]["line_items"][0]["fulfillable_quantity"] == 2


def test_e25_two_versions_of_one_second_have_the_same_date(web: Town) -> None:
    web.clock.now = MORNING + timedelta(milliseconds=100)
    order = web.shop.buy({"TEE-M": 2})
    first = web.call.order(order)["updatedAt"]
    web.clock.forward(0.8)
    web.shop.hold(order)

    assert first == web.call.order(order)["updatedAt"] == "2026-11-22T15:00:00Z"


def test_e25_a_cancelled_order_is_closed_too(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.clock.forward(60)
    web.shop.cancel(order, reason="inventory")

    told = web.call.order(order)
    assert told["cancelledAt"] == told["closedAt"] == "2026-11-22T15:01:00Z"
    assert told["cancelReason"] == "INVENTORY"
    with pytest.raises(Refusal, match="cancelled already"):
        web.shop.cancel(order)


def test_e26_cancelled_at_comes_first_and_the_refund_a_moment_later(web: Town) -> None:
    web.shop.knobs.cancel_takes_s = 3
    order = web.shop.buy({"TEE-M": 2})
    web.shop.cancel(order)

    told = web.call.order(order)
    assert told["cancelledAt"] is not None
    assert told["refunds"] == []
    assert web.call.numbers("TEE-M")["available"] == 8

    web.run(3)
    (refund,) = web.call.order(order)["refunds"]
    (line,) = refund["refundLineItems"]["nodes"]
    assert (line["quantity"], line["restockType"]) == (2, "CANCEL")
    assert line["location"] == {"id": web.call.place()}
    assert web.call.numbers("TEE-M") == {"available": 10, "committed": 0, "on_hand": 10}


def test_e26_a_cancel_without_restock_leaves_no_refund_and_no_units(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.shop.cancel(order, restock=False)

    assert web.call.order(order)["refunds"] == []
    assert web.call.line(order)["currentQuantity"] == 2
    assert web.call.numbers("TEE-M") == {"available": 8, "committed": 0, "on_hand": 8}


def test_e26_an_unpaid_order_of_a_closed_location_restocks_nowhere(web: Town) -> None:
    order = web.shop.buy({"MUG-01": 2}, paid=False)
    web.shop.deactivate_location("Main")
    web.shop.cancel(order, restock=True)

    (refund,) = web.call.order(order)["refunds"]
    (line,) = refund["refundLineItems"]["nodes"]
    assert (line["restockType"], line["restocked"], line["location"]) == ("NO_RESTOCK", False, None)
    assert web.shop.levels("MUG-01")["Main"]["available"] == 4


def test_e27_one_line_may_come_in_several_refund_lines_each_with_its_own_place(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 5})
    web.shop.fulfil(order, {"TEE-M": 3})
    line_id = web.shop.orders[order].lines[0].id
    web.shop.refund(order, [(line_id, 1), (line_id, 1)], restock_type="return", location="Back")
    web.shop.refund(order, {"TEE-M": 1}, restock_type="cancel")

    lines = [
        one
        for refund in web.call.order(order)["refunds"]
        for one in refund["refundLineItems"]["nodes"]
    ]
    assert len({one["id"] for one in lines}) == 3
    assert [one["location"]["id"] for one in lines] == [
        web.call.place("Back"),
        web.call.place("Back"),
        web.call.place("Main"),
    ]
    assert web.call.numbers("TEE-M") == {"available": 6, "committed": 1, "on_hand": 7}
    assert web.call.numbers("TEE-M", "Back") == {"available": 5, "committed": 0, "on_hand": 5}


def test_e27_a_line_shipped_from_two_places_is_put_back_at_both(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 12})
    web.shop.cancel(order)

    (refund,) = web.call.order(order)["refunds"]
    lines = refund["refundLineItems"]["nodes"]
    assert [(one["quantity"], one["location"]["id"]) for one in lines] == [
        (10, web.call.place("Main")),
        (2, web.call.place("Back")),
    ]


def test_e27_money_alone_moves_nothing_and_units_come_back_without_money(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2}, paid=False)
    web.shop.refund(order, amount_cents=500)
    assert web.call.numbers("TEE-M")["available"] == 8
    assert web.call.order(order)["refunds"][0]["refundLineItems"]["nodes"] == []

    web.shop.refund(order, {"TEE-M": 1}, restock_type="cancel")
    assert web.shop.orders[order].refunds[1].amount_cents == 0
    assert web.call.numbers("TEE-M")["available"] == 9


def test_e27_more_units_than_there_are_cannot_be_refunded(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    with pytest.raises(Refusal):
        web.shop.refund(order, {"TEE-M": 1}, restock_type="return")
    with pytest.raises(Refusal):
        web.shop.refund(order, {"TEE-M": 3}, restock_type="cancel")

    assert web.call.numbers("TEE-M") == {"available": 8, "committed": 2, "on_hand": 10}


def test_e27_removals_by_an_edit_are_shown_as_a_refund_where_the_knob_says_so(web: Town) -> None:
    web.shop.knobs.edits_refund = True
    order = web.shop.buy({"TEE-M": 3})
    web.shop.edit_order(order, remove={"TEE-M": 1})

    assert web.call.line(order)["currentQuantity"] == 2
    assert len(web.call.order(order)["refunds"]) == 1


def test_e28_the_fulfilment_orders_say_which_location_is_to_ship(web: Town) -> None:
    order = web.shop.buy({"TEE-M": 2})
    web.shop.move_fulfilment_order(order, "Main", "Back")
    web.shop.fulfil(order, {"TEE-M": 1})

    told = web.call.data(ORDER_LOCATIONS, id=f"gid://shopify/Order/{order}")["order"]
    (there,) = told["fulfillmentOrders"]["nodes"]
    assert there["assignedLocation"]["location"]["id"] == web.call.place("Back")
    (line,) = there["lineItems"]["nodes"]
    assert (line["totalQuantity"], line["remainingQuantity"]) == (2, 1)
    assert there["status"] == "IN_PROGRESS"


def test_e29_the_test_button_tells_of_an_order_that_never_was(web: Town) -> None:
    web.listen("ORDERS_CREATE")
    web.shop.notify_for_test()
    web.run()

    (body,) = web.ear.bodies("orders/create")
    assert (body["id"], body["test"], body["confirmed"]) == (820982911946154508, True, False)
    assert body["cancelled_at"] is not None
    assert len({one["sku"] for one in body["line_items"]}) == 1
    assert web.shop.orders == {}
    assert web.call.numbers("TEE-M") == {"available": 10, "committed": 0, "on_hand": 10}


def test_e12_a_sale_is_told_as_an_order_a_change_of_its_level_and_noise_of_its_product(
    web: Town,
) -> None:
    topics = ("ORDERS_CREATE", "ORDERS_UPDATED", "INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE")
    web.listen(*topics)
    web.shop.buy({"TEE-M": 1, "MUG-01": 1})
    web.run(5)

    told = sorted(one.headers["X-Shopify-Topic"] for one in web.ear.posts)
    assert told == [
        *["inventory_levels/update"] * 2,
        "orders/create",
        "orders/updated",
        *["products/update"] * 2,
    ]
    assert len({one.headers["X-Shopify-Event-Id"] for one in web.ear.posts}) == 1


def test_lines_may_be_custom_and_variants_deleted(web: Town) -> None:
    order = web.shop.buy([("Gift wrap", 1), ("CAP-RED", 1), ("CAP-RED", 1)], via="api")
    web.shop.delete_product("CAP-RED")

    lines = web.call.order(order)["lineItems"]["nodes"]
    assert [one["variant"] for one in lines] == [None, None, None]
    assert [one["sku"] for one in lines] == [None, "CAP-RED", "CAP-RED"]
