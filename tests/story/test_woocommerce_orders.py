"""What becomes of an order of a WooCommerce shop: refunds, cancels, trash, drafts, oversell."""

from datetime import timedelta

import pytest
import time_machine

from stocksync.wiring import utc_now
from tests.channels.woocommerce.shop import NOON, line, order
from tests.story import effect
from tests.story.house import House
from tests.story.web import LAMP, MUG, booked, free, mugs, product, unpaid

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
    late = order("pending", line(8, 1, None, **LAMP), id=42, created_via="checkout")
    house.web(unpaid("pending", at="11:58:00"))
    house.web(late | {"date_modified_gmt": "2026-11-27T10:59:00"})  # ran out a minute ago
    assert free(house) == {"MUG-RED": 7, "LAST-LAMP": 1}

    paid = order("processing", line(8, 1, "1", **LAMP), id=42, created_via="checkout")
    house.web(unpaid("processing", at="11:59:00", taken="3"))
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
