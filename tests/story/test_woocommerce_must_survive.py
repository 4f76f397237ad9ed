"""Rows of the table "must survive" of WooCommerce, as far as they concern what arrives."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stocksync.wiring import utc_now
from tests.channels.woocommerce.shop import NOON, line, order, signed
from tests.story import effect
from tests.story.house import WEB, House, as_bytes, entry

MUG = {"product": 10, "sku": "MUG-RED"}
LAMP = {"product": 11, "sku": "LAST-LAMP"}


def mugs(
    status: str, taken: str | None = "3", *, at: str = "10:30:00", put_back: str | None = None
) -> dict[str, Any]:
    """Return order 41, made of one line for 3 mugs, as it was at a time of this morning."""
    one = line(7, quantity=3, taken=taken, put_back=put_back, **MUG)
    return order(status, one, date_modified_gmt=f"2026-11-27T{at}")


def product(number: int | None, **other: Any) -> dict[str, Any]:
    """Return the body of the simple product MUG-RED, showing this number."""
    return {
        "id": 10,
        "type": "simple",
        "parent_id": 0,
        "sku": "MUG-RED",
        "manage_stock": number is not None,
        "stock_quantity": number,
        "date_modified_gmt": "2026-11-27T10:30:00",
        "status": "publish",
        **other,
    }


def free(house: House) -> dict[str, int]:
    """Apply what waits, and return what can be sold."""
    house.work()
    told: dict[str, int] = effect.standing(house)["available"]
    return told


def booked(house: House, paper: str = "order 41") -> dict[str, Any]:
    """Return what is booked of each line of an order."""
    told: dict[str, Any] = effect.standing(house)["papers"][paper]
    return told


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


REFUND = {"refunds": [{"id": 31, "reason": "", "total": "-10.00"}]}


@pytest.mark.parametrize(
    ("quantity", "taken", "left", "released"),
    [
        pytest.param(3, "3", "2", 1, id="restocked"),
        pytest.param(3, "3", "3", 0, id="not restocked, or by amount only"),
        pytest.param(2, "2", "-7", 9, id="more than was ordered"),
    ],
)
def test_a_refund_releases_what_the_shop_put_back(
    house: House, quantity: int, taken: str, left: str, released: int
) -> None:
    house.count({"MUG-RED": 10})
    house.web(order("processing", line(7, quantity, taken, **MUG)))
    before = free(house)["MUG-RED"]

    refunded = order("processing", line(7, quantity, left, **MUG), **REFUND)
    house.web(refunded | {"date_modified_gmt": "2026-11-27T10:31:00"})

    assert free(house)["MUG-RED"] - before == released


def test_what_was_put_back_beyond_the_order_is_flagged_and_taken_again_by_a_cancel(
    house: House,
) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", taken="2", at="10:30:00"))
    house.web(mugs("processing", taken="-7", at="10:31:00"))
    assert free(house) == {"MUG-RED": 17}
    assert effect.standing(house)["findings"] == ["order 41, line 7: 7 beyond"]

    start = effect.before(house)
    house.web(mugs("cancelled", taken=None, at="10:32:00"))

    assert free(house) == {"MUG-RED": 10}
    told = effect.since(house, start)
    assert told["movements"] == ["7 MUG-RED from free to adjusted: corrected"]
    assert told["findings"] == []


def test_a_cancel_after_a_refund_releases_the_rest_and_a_restore_takes_all_again(
    house: House,
) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.web(mugs("processing", taken="2", put_back="1", at="10:31:00"))
    assert free(house) == {"MUG-RED": 8}

    house.web(mugs("cancelled", taken=None, at="10:32:00"))
    assert free(house) == {"MUG-RED": 10}

    house.web(mugs("processing", taken="3", at="10:33:00"))
    assert free(house) == {"MUG-RED": 7}


@pytest.mark.parametrize(
    ("status", "account"), [("failed", "committed"), ("refunded", "gone"), ("trash", "committed")]
)
def test_a_status_that_ends_without_restock_releases_nothing_and_is_flagged(
    house: House, status: str, account: str
) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.work()

    house.web(mugs(status, at="10:31:00"))

    assert free(house) == {"MUG-RED": 7}
    assert booked(house) == {"7": {"sku": "MUG-RED", account: 3}}
    assert effect.standing(house)["findings"] == [f"order 41: 3 {status}"]


def test_an_order_in_the_trash_keeps_its_units_is_flagged_and_asked_for(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.work()

    house.web({"id": 41}, "order.deleted")

    assert free(house) == {"MUG-RED": 7}
    told = effect.standing(house)
    assert (told["findings"], told["asks"]) == (["order 41: 3 trash"], ["41"])

    house.web(mugs("processing", at="10:32:00"), "order.restored")
    assert free(house) == {"MUG-RED": 7}
    assert effect.standing(house)["findings"] == []


def test_a_trash_left_by_a_save_still_has_its_question_to_be_found_by(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.web({"id": 41}, "order.deleted")
    house.work()

    # The shop gave 3 back; all that it says of it is a product with a higher number.
    house.web(product(10), "product.updated")

    assert free(house) == {"MUG-RED": 7}
    assert effect.standing(house)["asks"] == ["41"]

    house.read(mugs("cancelled", taken=None, at="10:33:00"), began_at=utc_now())
    assert free(house) == {"MUG-RED": 10}
    assert effect.standing(house)["findings"] == []


def test_a_deleted_line_is_released(house: House) -> None:
    house.count({"MUG-RED": 10, "LAST-LAMP": 1})
    mug, lamp = line(7, 3, "3", **MUG), line(8, 1, "1", **LAMP)
    house.web(order("processing", mug, lamp))
    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 0}

    house.web(order("processing", mug, date_modified_gmt="2026-11-27T10:31:00"))

    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 1}


def test_a_product_deleted_after_its_sale_stays_booked_even_after_a_cancel(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing", at="10:30:00"))
    house.work()

    forgotten = line(7, 3, "3", product=0, sku=None)
    for status, at in (("processing", "10:31:00"), ("cancelled", "10:32:00")):
        house.web(order(status, forgotten, date_modified_gmt=f"2026-11-27T{at}"))
        assert free(house) == {"MUG-RED": 7}

    assert booked(house) == {"7": {"sku": "MUG-RED", "committed": 3}}


def test_a_line_that_never_named_a_product_is_reported_and_the_others_are_booked(
    house: House,
) -> None:
    house.count({"MUG-RED": 10})

    house.web(order("processing", line(7, 1, None, product=0, sku=None), line(8, 2, "2", **MUG)))

    assert free(house) == {"MUG-RED": 8}
    assert effect.standing(house)["parked"] == ["order 41, line 7: unreadable-line"]


def test_an_unknown_sku_is_parked_alone_and_booked_once_it_is_counted(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(order("processing", line(7, 2, "2", **MUG), line(8, 1, "1", **LAMP)))
    assert free(house) == {"MUG-RED": 8}
    assert effect.standing(house)["parked"] == ["order 41, line 8: unknown-sku"]

    house.count({"LAST-LAMP": 1})

    assert free(house) == {"MUG-RED": 8, "LAST-LAMP": 0}
    assert effect.standing(house)["parked"] == []


def unpaid(status: str, at: str, taken: str | None = None) -> dict[str, Any]:
    return mugs(status, taken=taken, at=at) | {"created_via": "checkout"}


@pytest.mark.parametrize(("status", "minutes"), [("pending", 60), ("checkout-draft", 10)])
def test_an_unpaid_checkout_is_no_sale_and_its_hold_ends_by_the_clock_alone(
    house: House, status: str, minutes: int
) -> None:
    house.count({"MUG-RED": 10})
    house.web(unpaid(status, at="11:59:00"))
    assert free(house) == {"MUG-RED": 7}
    assert booked(house) == {"7": {"sku": "MUG-RED", "soft": 3}}
    assert effect.standing(house)["changed"] == {"MUG-RED": 10}
    ends = NOON.replace(hour=11, minute=59) + timedelta(minutes=minutes)

    with time_machine.travel(ends - timedelta(seconds=5), tick=True):
        house.sweep()
        assert free(house) == {"MUG-RED": 7}
    with time_machine.travel(ends, tick=True):
        house.sweep()
        assert free(house) == {"MUG-RED": 10}
    assert booked(house) == {"7": {}}


def test_an_unpaid_checkout_that_the_shop_cancels_gives_its_units_back(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(unpaid("pending", at="11:58:00"))
    assert free(house) == {"MUG-RED": 7}

    house.web(unpaid("cancelled", at="11:59:00"))

    assert free(house) == {"MUG-RED": 10}


def test_a_checkout_that_is_paid_sells_once_whether_its_hold_has_ended_or_not(
    house: House,
) -> None:
    house.count({"MUG-RED": 10, "LAST-LAMP": 1})
    house.web(unpaid("pending", at="11:58:00"))
    late = order("pending", line(8, 1, None, **LAMP), id=42, created_via="checkout")
    house.web(late | {"date_modified_gmt": "2026-11-27T10:59:00"})  # ran out a minute ago
    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 1}

    house.web(unpaid("processing", at="11:59:00", taken="3"))
    house.web(order("processing", line(8, 1, "1", **LAMP), id=42, created_via="checkout"))

    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 1}
    paid = order("processing", line(8, 1, "1", **LAMP), id=42, created_via="checkout")
    house.web(paid | {"date_modified_gmt": "2026-11-27T11:59:00"})
    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 0}
    assert booked(house) == {"7": {"sku": "MUG-RED", "committed": 3}}
    assert booked(house, "order 42") == {"8": {"sku": "LAST-LAMP", "committed": 1}}


def test_an_order_deleted_by_force_stays_booked_and_the_channel_is_asked(house: House) -> None:
    house.count({"MUG-RED": 10})
    house.web(mugs("processing"))
    house.work()

    gone = {"code": "woocommerce_rest_shop_order_invalid_id", "data": {"status": 404}}
    house.web(gone, "order.updated")

    assert free(house) == {"MUG-RED": 7}
    assert booked(house) == {"7": {"sku": "MUG-RED", "committed": 3}}
    assert effect.standing(house)["asks"] == ["the whole channel"]


def test_an_oversell_in_the_shop_is_an_incident_of_its_size_until_it_is_mended(
    house: House,
) -> None:
    house.count({"LAST-LAMP": 1})
    three = line(7, 3, "3", **LAMP)
    house.web(order("processing", three))
    house.web(product(-2, id=11, sku="LAST-LAMP"), "product.updated")
    assert free(house) == {"LAST-LAMP": -2}
    assert effect.standing(house)["incidents"] == ["oversell of 2 LAST-LAMP"]

    house.web(order("cancelled", line(7, 3, None, **LAMP), date_modified_gmt="2026-11-27T10:31:00"))

    assert free(house) == {"LAST-LAMP": 1}
    assert effect.standing(house)["incidents"] == []


ROWS = """
Delivery-ID reuse
same body twice
created after updated; created never
merged states
older body late
same second, other state
lost delivery
disabled webhook
re-activated, one more failure
error body
ping
wrong signature; re-serialised body
echo of our write
product body before order body
manual edit
lowered product.created
shared pool
write to a "parent" variation
unmanaged or null
refund restock / none / amount / over-refund
cancel after refund, then restore
failed, refunded, trash
trash left by a save
line deleted; product deleted; unknown SKU
draft, unpaid, expired
force delete
oversell in the shop
sale between read and write
batch half done, then time-out
413, 429, 503, 504, HTML with 200
auth lost
slow shop
quiet shop
"""

TOLD_BY: Mapping[str, tuple[Callable[..., None], ...]] = {
    "Delivery-ID reuse": (test_three_orders_under_one_delivery_id_are_all_booked,),
    "same body twice": (test_the_same_body_under_two_delivery_ids_is_booked_once,),
    "created after updated; created never": (
        test_created_after_updated_is_booked_once,
        test_an_order_that_was_never_announced_as_created_is_booked,
    ),
    "merged states": (test_states_merged_into_one_body_take_the_quantity_once,),
    "older body late": (test_an_older_body_that_comes_late_is_ignored,),
    "same second, other state": (
        test_two_states_of_one_second_keep_the_units_until_the_order_is_read,
    ),
    "lost delivery": (test_the_body_after_a_lost_one_heals_the_loss,),
    "error body": (test_an_error_body_is_answered_200_books_nothing_and_asks_for_a_pull,),
    "ping": (test_a_ping_is_answered_200_and_makes_no_work,),
    "wrong signature; re-serialised body": (
        test_a_flipped_byte_is_refused_and_nothing_is_kept,
        test_a_body_that_was_parsed_and_written_again_is_refused,
    ),
    "echo of our write": (test_the_echo_of_a_written_number_books_nothing,),
    "product body before order body": (
        test_the_product_body_of_a_sale_before_its_order_sells_once,
    ),
    "manual edit": (test_a_number_that_no_order_explains_moves_nothing_by_itself,),
    "lowered product.created": (test_a_new_product_that_was_already_lowered_opens_by_its_count,),
    "shared pool": (test_two_variations_of_one_pool_sell_from_the_parent,),
    "unmanaged or null": (test_null_is_not_zero_and_an_unmanaged_line_takes_nothing,),
    "refund restock / none / amount / over-refund": (
        test_a_refund_releases_what_the_shop_put_back,
        test_what_was_put_back_beyond_the_order_is_flagged_and_taken_again_by_a_cancel,
    ),
    "cancel after refund, then restore": (
        test_a_cancel_after_a_refund_releases_the_rest_and_a_restore_takes_all_again,
    ),
    "failed, refunded, trash": (
        test_a_status_that_ends_without_restock_releases_nothing_and_is_flagged,
        test_an_order_in_the_trash_keeps_its_units_is_flagged_and_asked_for,
    ),
    "trash left by a save": (
        test_a_trash_left_by_a_save_still_has_its_question_to_be_found_by,
    ),
    "line deleted; product deleted; unknown SKU": (
        test_a_deleted_line_is_released,
        test_a_product_deleted_after_its_sale_stays_booked_even_after_a_cancel,
        test_a_line_that_never_named_a_product_is_reported_and_the_others_are_booked,
        test_an_unknown_sku_is_parked_alone_and_booked_once_it_is_counted,
    ),
    "draft, unpaid, expired": (
        test_an_unpaid_checkout_is_no_sale_and_its_hold_ends_by_the_clock_alone,
        test_an_unpaid_checkout_that_the_shop_cancels_gives_its_units_back,
        test_a_checkout_that_is_paid_sells_once_whether_its_hold_has_ended_or_not,
    ),
    "force delete": (test_an_order_deleted_by_force_stays_booked_and_the_channel_is_asked,),
    "oversell in the shop": (
        test_an_oversell_in_the_shop_is_an_incident_of_its_size_until_it_is_mended,
    ),
}

LATER: Mapping[str, str] = {
    "lost delivery": "the poll that finds it without a later body comes with pulling",
    "disabled webhook": "webhooks are looked after by calls to the shop, and the gap is pulled",
    "re-activated, one more failure": "the webhook is made anew by a call to the shop",
    "error body": "the drift behind it is found by reconciling, which reads the shop",
    "echo of our write": "that it answers no push with a push can be shown once there are pushes",
    "manual edit": "the policy `manual_edits` acts after a pull and a read",
    'write to a "parent" variation': "a push, and what its reply says",
    "unmanaged or null": "that null is never sent is a promise of pushing",
    "same second, other state": "who reads the order that is asked for: pulling",
    "trash left by a save": "who reads the order that is asked for: pulling",
    "force delete": "the daily check of ids reads the shop",
    "oversell in the shop": "the clamp at 0 is a promise of pushing",
    "sale between read and write": "needs a write",
    "batch half done, then time-out": "needs a write",
    "413, 429, 503, 504, HTML with 200": "answers to calls of ours, which come with pulling",
    "auth lost": "answers to calls of ours, which come with pulling",
    "slow shop": "a slow answer to calls of ours, which come with pulling",
    "quiet shop": "poking is a call of ours, which comes with pulling",
}


def test_every_row_of_the_table_has_its_test_or_its_reason() -> None:
    rows = set(ROWS.strip().splitlines())

    assert len(rows) == 33
    assert TOLD_BY.keys() | LATER.keys() == rows
    for tests in TOLD_BY.values():
        assert all(globals()[one.__name__] is one for one in tests)
