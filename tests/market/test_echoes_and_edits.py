"""A number that changed in a shop: our own echo, a sale that is told late, or somebody's hand."""

from datetime import timedelta
from typing import Any

import pytest

from stocksync.core.edits import Verdict
from stocksync.core.names import Sku
from stocksync.core.rules import ManualEdits
from stocksync.flow import apply, link, settle
from tests.market.cast import LAMP, MUG, OUTLET, WEB, Street
from tests.market.conftest import Opens


def test_the_echo_of_our_own_write_moves_nothing_and_causes_no_call(market: Street) -> None:
    market.outlet.knobs.webhook_delay_s = 20
    market.web.buy({"MUG-RED": 1})
    market.run(19)
    assert market.writes(OUTLET) == [9]
    market.forget()

    market.run(30)

    (echo,) = [one for one in market.outlet.log.attempts if one.topic == "product.updated"]
    assert echo.status == 200
    assert not any("products" in call for call in market.calls(OUTLET))
    assert (market.agreed(), market.edits()) == ({9}, [])


def test_a_product_body_five_seconds_before_its_order_takes_the_units_once_and_is_no_edit(
    market: Street,
) -> None:
    market.web.knobs.topic_delay_s = {"order.created": 5, "order.updated": 5}

    market.web.buy({"MUG-RED": 2})

    assert market.agreed() == {8}
    market.run(120)
    assert (market.agreed(), market.edits()) == ({8}, [])


def test_a_typed_number_is_taken_over_after_two_looks_a_minute_apart(market: Street) -> None:
    market.web.edit_stock("MUG-RED", 14)

    market.run(50)
    assert (market.pool(), market.edits()) == (10, [])
    assert market.listing(WEB).belief.suspicion is not None

    assert market.agreed() == {14}
    (edit,) = market.edits()
    assert (edit.verdict, edit.residual, edit.number) == (Verdict.ADOPT, 4, 14)
    assert edit.read_at >= edit.since + timedelta(seconds=60)
    assert market.writes(WEB) == []


def test_a_typed_number_is_written_over_where_the_merchant_wants_that(opens: Opens) -> None:
    market = opens(settings={WEB: {"manual_edits": ManualEdits.OVERWRITE.value}})

    market.web.edit_stock("MUG-RED", 14)

    market.run(200)
    assert market.agreed() == {10}
    assert [edit.verdict for edit in market.edits()] == [Verdict.OVERWRITE]
    assert market.writes(WEB) == [10]


def test_a_typed_number_waits_for_a_person_where_the_merchant_wants_to_be_asked(
    opens: Opens,
) -> None:
    market = opens(settings={WEB: {"manual_edits": ManualEdits.ALERT.value}})

    market.web.edit_stock("MUG-RED", 14)
    market.run(300)

    assert (market.pool(), market.web.stock("MUG-RED")) == (10, 14)
    assert [edit.verdict for edit in market.edits()] == [Verdict.ASK]
    assert market.incidents() == [("edit", "web")]
    assert "somebody changed it by +4 to 14" in (market.listing(WEB).parked or "")
    assert market.writes(WEB) == []


def test_a_number_that_waits_for_a_person_still_waits_after_its_shop_is_linked_again(
    opens: Opens,
) -> None:
    market = opens(settings={WEB: {"manual_edits": ManualEdits.ALERT.value}})
    market.web.edit_stock("MUG-RED", 14)
    market.run(200)
    asked = market.listing(WEB).parked
    assert asked is not None

    for _ in link.Linking(one=market.market.outgoing(WEB), learn=False).run():
        pass
    market.run(120)

    assert market.listing(WEB).parked == asked
    assert (market.pool(), market.web.stock("MUG-RED"), market.writes(WEB)) == (10, 14, [])
    assert market.incidents() == [("edit", "web")]


@pytest.mark.parametrize("typed", [6, 11])
def test_a_sale_booked_between_the_second_look_and_the_booking_begins_the_looks_again(
    market: Street, monkeypatch: pytest.MonkeyPatch, typed: int
) -> None:
    adopt = settle._adopt
    seen: list[int] = []

    def late(*told: Any) -> None:
        if not seen:
            market.web.buy({"MUG-RED": 1})
            market.web.run_due()
            own = market.market
            apply.drain(own.database, own.trade, own.channels, own.clock, wake=len, lingers_most=0)
        adopt(*told)
        seen.append(len(market.edits()))

    monkeypatch.setattr(settle, "_adopt", late)
    market.web.edit_stock("MUG-RED", typed)

    assert market.agreed() == {typed - 1}
    assert seen == [0, 1]
    (edit,) = market.edits()
    assert (edit.verdict, edit.residual) == (Verdict.ADOPT, typed - 10)


def test_a_second_raise_of_one_sku_in_another_shop_within_a_day_is_one_delivery_typed_twice(
    market: Street,
) -> None:
    market.web.edit_stock("MUG-RED", 15)
    market.run(200)
    assert market.agreed() == {15}

    market.outlet.edit_stock("MUG-RED", 20)
    market.run(200)

    assert market.agreed() == {15}
    first, second = market.edits()
    assert (first.verdict, second.verdict) == (Verdict.ADOPT, Verdict.OVERWRITE)
    assert second.why == "the same SKU was raised by hand on another channel within a day"


def test_the_same_number_typed_into_two_shops_at_once_is_taken_over_once(market: Street) -> None:
    market.web.edit_stock("MUG-RED", 13)
    market.outlet.edit_stock("MUG-RED", 13)

    market.run(200)

    assert market.agreed() == {13}
    assert [edit.residual for edit in market.edits()] == [3]


def test_units_that_two_people_took_out_in_two_shops_are_both_gone(market: Street) -> None:
    market.web.edit_stock("MUG-RED", 8)
    market.run(200)
    market.outlet.edit_stock("MUG-RED", 5)
    market.run(200)

    assert market.agreed() == {5}


def test_too_many_skus_at_zero_stop_what_is_written_there_and_are_one_incident(
    opens: Opens,
) -> None:
    goods = {Sku(f"SKU-{number}"): 10 for number in range(8)}
    market = opens(goods)

    for sku in goods:
        market.web.edit_stock(sku, 0)
    market.run(300)

    assert market.incidents() == [("too many edits", "web")]
    assert market.link(WEB).halted == "8 of 8 SKUs went to 0 in ten minutes"
    assert {market.pool(sku) for sku in goods} == {10}
    market.till.sell({"SKU-1": 1})
    market.run(60)
    assert (market.writes(WEB, Sku("SKU-1")), market.writes(OUTLET, Sku("SKU-1"))) == ([], [9])


def test_a_stopped_shop_has_no_number_taken_over_until_a_person_lets_it_go_on(
    opens: Opens,
) -> None:
    goods = {Sku(f"SKU-{number}"): 10 for number in range(8)}
    market = opens(goods)
    for sku in goods:
        market.web.edit_stock(sku, 0)
    market.run(200)
    market.night(0.3)

    market.web.edit_stock("SKU-1", 6)
    market.run(200)
    assert market.pool(Sku("SKU-1")) == 10

    link.go_live(market.market.outgoing(WEB), market.now, sure=True)
    market.run(60)
    assert market.agreed(Sku("SKU-1")) == {10}


def test_an_order_that_comes_after_its_number_was_taken_for_an_edit_takes_its_units_back(
    market: Street,
) -> None:
    market.web.knobs.lost_topics = ("order.created", "order.updated")
    market.web.knobs.order_index_lag_s = 400
    market.web.buy({"MUG-RED": 3})

    market.run(250)
    assert [edit.residual for edit in market.edits()] == [-3]
    assert market.pool() == 7

    market.run(300)
    (edit,) = market.edits()
    assert edit.taken_back == -3
    assert market.agreed() == {7}
    assert market.listing(WEB).belief.believed == 7
    assert market.listing(WEB).belief.exposure == 7


@pytest.mark.parametrize("number", [0, 3])
def test_a_lamp_and_a_mug_are_judged_apart(opens: Opens, number: int) -> None:
    market = opens({MUG: 10, LAMP: 5})

    market.web.edit_stock("LAST-LAMP", number)
    market.run(200)

    assert market.agreed(LAMP) == {number}
    assert market.agreed(MUG) == {10}
