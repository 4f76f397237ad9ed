"""Orders that no webhook told whole: they are asked for, and shop and pool agree afterwards."""

from datetime import timedelta

from stocksync.sandbox.woocommerce.webhooks import FAILURES_MAX, State
from tests.market.cast import OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens


def test_an_order_whose_webhooks_were_all_lost_is_found_within_one_poll(market: Street) -> None:
    market.web.knobs.webhook_loss = 1
    market.web.buy({"MUG-RED": 2})

    market.run(75)

    assert (market.pool(), market.shown()) == (8, {WEB: 8, OUTLET: 8, TILL: 8})


def test_an_order_that_was_placed_and_cancelled_in_one_second_is_read_before_it_counts(
    market: Street,
) -> None:
    market.web.knobs.webhook_doubles = 1
    order = market.web.buy({"MUG-RED": 2})
    market.run(0)
    market.web.set_status(order, "cancelled")

    assert market.agreed() == {10}
    assert market.edits() == []


def test_a_trash_that_a_save_made_is_read_and_gives_its_units_back(market: Street) -> None:
    order = market.web.buy({"MUG-RED": 2})
    assert market.agreed() == {8}

    market.web.trash(order)
    market.run(120)
    assert market.agreed() == {8}

    market.web.set_status(order, "cancelled")
    market.run(120)
    assert (market.agreed(), market.edits()) == ({10}, [])


def test_error_bodies_in_place_of_orders_make_us_pull_and_read(opens: Opens) -> None:
    market = opens(settings={WEB: {"poll": {"webhooks_every": 0, "orders_every": "20m"}}})
    market.web.knobs.webhook_error_bodies = 1
    market.web.buy({"MUG-RED": 2})

    market.run(60)

    assert (market.pool(), market.shown()) == (8, {WEB: 8, OUTLET: 8, TILL: 8})


def test_an_order_deleted_for_good_keeps_its_units_and_the_shop_stays_as_it_is(
    market: Street,
) -> None:
    order = market.web.buy({"MUG-RED": 2})
    assert market.agreed() == {8}

    market.web.force_delete(order)
    market.run(timedelta(minutes=11).total_seconds())

    assert (market.agreed(), market.edits()) == ({8}, [])


def test_a_shop_that_oversold_stands_below_zero_and_the_others_show_nothing(
    market: Street,
) -> None:
    market.web.buy({"MUG-RED": 12}, oversell=True)
    market.rest()

    assert (market.pool(), market.shown()) == (-2, {WEB: -2, OUTLET: 0, TILL: 0})
    assert market.incidents() == [("oversell", "shelf")]
    assert market.writes(WEB) == []
    assert (market.writes(OUTLET), market.writes(TILL)) == ([0], [0])


def test_a_webhook_that_fails_again_after_it_was_woken_is_made_anew(opens: Opens) -> None:
    market = opens(settings={WEB: {"poll": {"webhooks_every": "30s"}}})
    hook = next(one for one in market.web.webhooks.values() if one.topic == "order.created")
    hook.status, hook.failures = State.DISABLED, FAILURES_MAX + 1
    market.run(60)
    assert (hook.status, hook.failures) == (State.ACTIVE, FAILURES_MAX + 1)

    hook.failed()
    market.run(60)

    assert hook.id not in market.web.webhooks
    anew = [one for one in market.web.webhooks.values() if one.topic == "order.created"]
    assert [(one.status, one.failures) for one in anew] == [(State.ACTIVE, 0)]
