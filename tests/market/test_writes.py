"""Writes into a shop that stumbles: none is repeated blindly, and every number ends right."""

from datetime import timedelta
from typing import Any

import pytest

from stocksync.core.names import Sku
from stocksync.flow import push, turn
from stocksync.sandbox.woocommerce import Fate
from tests.market.cast import MUG, OUTLET, TILL, WEB, Died, Street
from tests.market.conftest import Opens

LIFE = timedelta(seconds=140)
"""How long after it left a write to such a shop may still land."""


@pytest.mark.parametrize("fate", [Fate.TIMED_OUT, Fate.BROKEN, Fate.HTML, Fate.LATE])
def test_after_a_write_without_an_answer_nothing_is_written_until_it_cannot_land_any_more(
    opens: Opens, fate: Fate
) -> None:
    market = opens()
    market.web.knobs.lands_after_s = 100
    market.fail_write(WEB, fate)
    market.adjust(5)
    (lost,) = [one for one in market.web.log.calls if one.method == "POST"]

    market.run(30)
    market.adjust(1)
    market.run(100)
    assert [one for one in market.web.log.writes if one.at > lost.at + timedelta(seconds=100)] == []
    assert len(market.web.log.writes) == (fate in (Fate.TIMED_OUT, Fate.LATE))

    assert market.agreed() == {16}
    last = market.web.log.writes[-1]
    reads = [one.at for one in market.web.log.calls if one.path == "products" and one.at <= last.at]
    assert lost.at + LIFE < reads[-1] <= last.at
    assert market.writes(WEB)[-1] == 16
    assert market.edits() == []


def test_a_write_that_landed_although_nobody_heard_is_found_and_not_written_again(
    market: Street,
) -> None:
    market.fail_write(WEB, Fate.TIMED_OUT)
    market.adjust(5)

    assert market.agreed() == {15}
    assert market.writes(WEB) == [15]
    assert market.edits() == []


def test_an_old_write_that_lands_after_sales_elsewhere_is_put_right_and_is_no_edit(
    market: Street,
) -> None:
    market.web.knobs.lands_after_s = 100
    market.fail_write(WEB, Fate.LATE)
    market.till.sell({"MUG-RED": 1})
    market.run(20)

    market.outlet.buy({"MUG-RED": 6})

    assert market.agreed() == {3}
    market.run(200)
    assert (market.agreed(), market.edits()) == ({3}, [])
    assert 9 in market.writes(WEB)


def test_a_number_far_too_high_is_lowered_at_once_even_while_a_write_is_unanswered(
    market: Street,
) -> None:
    market.fail_write(WEB, Fate.BROKEN)
    market.adjust(5)
    market.run(10)

    market.till.sell({"MUG-RED": 15})
    market.run(15)

    assert market.pool() == 0
    assert market.web.stock("MUG-RED") == 0


def test_a_batch_that_was_half_done_is_read_when_it_cannot_land_and_only_the_rest_is_sent(
    opens: Opens,
) -> None:
    goods = {Sku(f"SKU-{number:02}"): 5 for number in range(25)}
    market = opens(goods, shops=(WEB,))
    market.fail_write(WEB, Fate.HALF_DONE)
    market.adjust_all(1, goods)
    (half,) = [one for one in market.web.log.calls if one.method == "POST"]
    assert (half.items, len(market.web.log.writes)) == (25, 10)

    market.rest()

    assert len(market.web.log.writes) == 25
    assert all(one.at > half.at + LIFE for one in market.web.log.writes[10:])
    assert {market.web.stock(sku) for sku in goods} == {6}


def test_a_batch_that_is_too_large_is_halved_until_the_shop_takes_it(opens: Opens) -> None:
    goods = {Sku(f"SKU-{number:02}"): 5 for number in range(20)}
    market = opens(goods, shops=(WEB,))
    market.web.knobs.batch_max = 6

    market.adjust_all(1, goods)

    assert market.rest() < 60
    assert {market.web.stock(sku) for sku in goods} == {6}
    assert len(market.web.log.writes) == 20


def test_a_shop_that_asks_for_a_pause_gets_it_and_then_the_number(market: Street) -> None:
    market.web.knobs.retry_after_s = 40
    market.fail_write(WEB, Fate.THROTTLED)
    market.adjust(5)
    asked_at = market.now

    market.run(39)
    assert [one for one in market.web.log.calls if one.at > asked_at] == []

    assert market.agreed() == {15}
    assert market.writes(WEB) == [15]
    assert market.web.log.writes[0].at < asked_at + timedelta(seconds=50)


def test_what_is_sold_between_our_read_and_our_write_is_found_at_the_next_poll(
    market: Street,
) -> None:
    def shopper(product: int) -> None:
        market.web.race(None)
        market.web.buy({"MUG-RED": 2})

    market.web.race(shopper)
    market.till.sell({"MUG-RED": 1})

    assert market.agreed() == {7}
    market.run(200)
    assert (market.agreed(), market.edits(), market.incidents()) == ({7}, [], [])
    assert market.drift() == [(WEB, 2)]


def test_a_number_typed_right_behind_our_write_is_told_as_drift(market: Street) -> None:
    def type_(product: int) -> None:
        market.web.race(None)
        market.during_call(WEB, lambda: market.web.edit_stock(MUG, 12))

    market.web.race(type_)
    market.till.sell({"MUG-RED": 1})

    assert market.agreed() == {9}
    assert (market.edits(), market.drift()) == ([], [(WEB, 3)])


def test_a_write_that_cannot_be_repeated_is_claimed_anew_if_it_did_not_leave_at_once(
    market: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = push._launch

    def asleep(*told: Any) -> None:
        launch(*told)
        if told[1].name == WEB:
            market.night(11 / 3600)

    with monkeypatch.context() as patched:
        patched.setattr(push, "_launch", asleep)
        market.adjust(5)

    assert market.writes(WEB) == []
    kept = market.listing(WEB).belief
    assert (kept.flights, kept.exposure, kept.doubt) == ((), 10, False)
    assert market.rest() <= 30
    assert market.agreed() == {15}


def test_while_one_shop_thinks_the_others_are_served(market: Street) -> None:
    seen: list[dict[str, int]] = []

    def meanwhile() -> None:
        for name in (TILL, OUTLET):
            turn.turn(market.market.outgoing(name), "another worker")
        seen.append({str(name): shown for name, shown in market.shown().items()})

    market.during_call(WEB, meanwhile)
    market.adjust(5)

    assert seen == [{"web": 10, "outlet": 15, "till": 15}]
    assert market.agreed() == {15}


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_worker_that_dies_before_it_hears_the_answer_leaves_a_write_that_is_waited_out(
    market: Street, landed: bool, restarted: bool
) -> None:
    market.die_in_push(WEB, landed=landed)
    with pytest.raises(Died):
        market.adjust(5)
    died_at = market.now
    if restarted:
        market.restart()

    market.run(139)
    assert market.writes(WEB) == [15] * landed
    assert market.listing(WEB).belief.exposure >= 15

    assert market.agreed() == {15}
    assert market.writes(WEB) == [15]
    assert landed or market.web.log.writes[0].at > died_at + LIFE
    assert market.edits() == []
    assert market.drift() == [(WEB, 5)] * landed


def test_a_write_whose_worker_died_leaves_orders_and_questions_of_its_shop_their_turn(
    market: Street,
) -> None:
    market.run((market.link(WEB).reconcile_at - market.now).total_seconds() - 20)
    told = market.web.buy({"MUG-RED": 1})
    market.rest()
    market.die_in_push(WEB, landed=False)
    with pytest.raises(Died):
        market.adjust(5)
    market.forget()
    before = market.link(WEB).calls

    market.web.trash(told)
    market.run(1)
    market.web.knobs.webhook_loss = 1
    market.web.buy({"MUG-RED": 2})
    market.night(25 / 3600)
    assert not market.turn(WEB).more
    market.run(42)

    assert [one.waiting for one in market.listing(WEB).belief.flights] == [False]
    assert (market.pool(), market.shown()[OUTLET], market.shown()[TILL]) == (12, 12, 12)
    asked, calls = f"GET orders/{told}", market.calls(WEB)
    assert calls.count(asked) == 1
    assert set(calls) == {"GET orders", "GET products", asked}
    assert market.link(WEB).calls - before == len(calls) <= 25, calls
