"""What a WooCommerce shop does to its deliveries: doubled, swapped, late, lost, forged, mute."""

from datetime import timedelta

import pytest
import time_machine

from stocksync.wiring import utc_now
from tests.channels.woocommerce.shop import NOON, line, order, signed
from tests.story import effect
from tests.story.house import WEB, House, as_bytes, entry
from tests.story.web import LAMP, MUG, booked, free, mugs, product


def test_three_orders_under_one_delivery_id_are_all_booked(house: House) -> None:
    house.count({"MUG-RED": 10})

    for number in (41, 42, 43):
        body = order("processing", line(number, quantity=1, taken="1", **MUG), id=number)
        assert house.web(body, "order.created", delivery_id="the-same") == "accepted"

    assert free(house) == {"MUG-RED": 7}


def test_the_same_body_under_two_delivery_ids_is_booked_once(house: House) -> None:
    house.count({"MUG-RED": 10})

    first = house.web(mugs("processing"), delivery_id="one")
    again = house.web(mugs("processing"), delivery_id="two")

    assert (first, again) == ("accepted", "duplicate")
    assert free(house) == {"MUG-RED": 7}


def test_created_after_updated_is_booked_once(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.web(mugs("completed", at="10:31:00"), "order.updated")
    assert free(house) == {"MUG-RED": 7}
    house.web(mugs("processing", at="10:30:00"), "order.created")

    assert free(house) == {"MUG-RED": 7}
    assert booked(house) == {"7": {"sku": "MUG-RED", "gone": 3}}


def test_an_order_that_was_never_announced_as_created_is_booked(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.web(mugs("processing"), "order.updated")

    assert free(house) == {"MUG-RED": 7}


def test_states_merged_into_one_body_take_the_quantity_once(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.web(mugs("completed"), "order.created")

    assert free(house) == {"MUG-RED": 7}
    assert booked(house) == {"7": {"sku": "MUG-RED", "gone": 3}}


def test_an_older_body_that_comes_late_is_ignored(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.web(mugs("cancelled", taken=None, at="10:32:00"))
    assert free(house) == {"MUG-RED": 10}

    start = effect.before(house)
    house.web(mugs("on-hold", at="10:31:00"))

    assert free(house) == {"MUG-RED": 10}
    assert effect.since(house, start)["movements"] == []


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_two_states_of_one_second_keep_the_units_until_the_order_is_read(
    house: House, swapped: bool, together: bool
) -> None:
    house.count({"MUG-RED": 10})
    sold, cancelled = mugs("processing", taken="1"), mugs("cancelled", taken=None)

    for body in (cancelled, sold) if swapped else (sold, cancelled):
        house.web(body)
        if not together:
            house.work()

    assert free(house) == {"MUG-RED": 9}
    assert effect.standing(house)["asks"] == ["41"]

    house.read(cancelled, began_at=utc_now() + timedelta(seconds=1))
    assert free(house) == {"MUG-RED": 10}
    assert booked(house) == {"7": {}}

    # The read has ended it: neither of the two has a say any more.
    with time_machine.travel(NOON + timedelta(minutes=1), tick=True):
        house.web(sold | {"number": "41"})
        assert free(house) == {"MUG-RED": 10}


def test_the_body_after_a_lost_one_heals_the_loss(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", taken="1", at="10:30:00"))

    # lost on its way: mugs("processing", taken="3", at="10:31:00")
    house.web(mugs("on-hold", taken="2", at="10:32:00"))

    assert free(house) == {"MUG-RED": 8}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("woocommerce_rest_shop_order_invalid_id", 404),
        ("woocommerce_rest_cannot_view", 401),
        ("rest_no_route", 404),
        ("a_plugin_of_somebody", 500),
    ],
)
def test_an_error_body_is_answered_200_books_nothing_and_asks_for_a_pull(
    house: House, code: str, status: int
) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing"))
    house.work()
    error = {"code": code, "message": "Invalid ID.", "data": {"status": status}}

    start = effect.before(house)
    assert house.web(error, "order.created") == "accepted"
    house.work()

    told = effect.since(house, start)
    assert told["movements"] == []
    assert told["available"] == {"MUG-RED": 7}
    assert told["asks"] == ["the whole channel"]
    assert told["parked"] == []


def test_a_ping_is_answered_200_and_makes_no_work(house: House) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = house.post(WEB, b"webhook_id=9", form)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert house.bells.rung == []
    assert effect.standing(house)["ended"] == []


def test_a_flipped_byte_is_refused_and_nothing_is_kept(house: House) -> None:
    one = signed(as_bytes(mugs("processing")))

    answer = house.post(WEB, one.body.replace(b'"quantity":3', b'"quantity":2'), one.headers)

    assert answer.status_code == 401
    assert house.bells.rung == []
    assert effect.standing(house)["ended"] == []


def test_a_body_that_was_parsed_and_written_again_is_refused(house: House) -> None:
    one = signed(as_bytes(mugs("processing") | {"link": "https://shop.example/order/41"}))
    assert b"https:\\/\\/shop.example" in one.body

    answer = house.post(WEB, one.body.replace(b"\\/", b"/"), one.headers)

    assert answer.status_code == 401
    assert effect.standing(house)["ended"] == []


def test_the_echo_of_a_written_number_books_nothing(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.list_goods([entry("10", "MUG-RED")])

    start = effect.before(house)
    house.web(product(10), "product.updated")
    house.web(product(10, date_modified_gmt="2026-11-27T10:31:00"), "product.updated")
    house.work()

    told = effect.since(house, start)
    assert (told["movements"], told["papers"], told["learned"]) == ([], {}, {})
    assert told["available"] == {"MUG-RED": 10}


def test_the_product_body_of_a_sale_before_its_order_sells_once(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.web(product(7), "product.updated")
    assert free(house) == {"MUG-RED": 10}
    with time_machine.travel(NOON + timedelta(seconds=5), tick=True):
        house.web(mugs("processing"), "order.updated")
        assert free(house) == {"MUG-RED": 7}

    (moved,) = [told for told in effect.standing(house)["movements"] if "counted" not in told]
    assert moved == "3 MUG-RED from free to committed: ordered"


def test_a_number_that_no_order_explains_moves_nothing_by_itself(house: House) -> None:
    house.count({"MUG-RED": 10})

    start = effect.before(house)
    house.web(product(4), "product.updated")
    house.work()

    told = effect.since(house, start)
    assert told["movements"] == []
    assert told["available"] == {"MUG-RED": 10}


def test_a_new_product_that_was_already_lowered_opens_by_its_count(house: House) -> None:
    house.web(product(7), "product.created")
    two = order("processing", line(7, quantity=2, taken="2", **MUG))
    house.web(two, "order.created")
    house.work()
    waiting = effect.standing(house)
    assert waiting["available"] == {}
    assert waiting["parked"] == ["order 41, line 7: unknown-sku"]

    house.count({"MUG-RED": 9})

    told = effect.standing(house)
    assert told["changed"] == {"MUG-RED": 9}
    assert told["available"] == {"MUG-RED": 7}
    assert told["papers"] == {"order 41": {"7": {"sku": "MUG-RED", "committed": 2}}}
    assert told["parked"] == []


def test_two_variations_of_one_pool_sell_from_the_parent(house: House) -> None:
    pool = product(30, id=15, type="variable", sku="CAP")
    red = product(30, id=16, type="variation", parent_id=15, sku="CAP-R", manage_stock="parent")
    black = red | {"id": 17, "sku": "CAP-B"}
    for body in (red, black, pool):
        house.web(body, "product.created")
    house.work()
    house.count({"CAP": 31})

    lines = (
        line(9, quantity=2, taken="2", product=15, variation=16, sku="CAP-R"),
        line(10, quantity=1, taken="1", product=15, variation=17, sku="CAP-B"),
    )
    house.web(order("processing", *lines))
    house.web(pool | {"stock_quantity": 28}, "product.updated")

    assert free(house) == {"CAP": 28}
    assert effect.standing(house)["parked"] == []


def test_null_is_not_zero_and_an_unmanaged_line_takes_nothing(house: House) -> None:
    house.count({"MUG-RED": 10, "LAST-LAMP": 1})

    start = effect.before(house)
    house.web(product(None), "product.updated")
    house.web(order("processing", line(7, 2, None, **MUG), line(8, 1, "1", **LAMP)))
    house.work()

    told = effect.since(house, start)
    assert told["available"] == {"MUG-RED": 10, "LAST-LAMP": 0}
    assert told["papers"] == {"order 41": {"7": {}, "8": {"sku": "LAST-LAMP", "committed": 1}}}
    assert told["learned"]["10"] == {"sku": "MUG-RED", "owner": "10", "managed": False}
