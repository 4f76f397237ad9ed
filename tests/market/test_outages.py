"""Channels that are away, deaf, asleep or shut, and what happens when they are back."""

from stocksync.core.names import Sku
from stocksync.flow import link
from stocksync.sandbox.till import Mishap
from stocksync.sandbox.woocommerce.webhooks import State
from tests.market.cast import MUG, OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens


def test_a_shop_that_lets_us_in_no_more_is_one_incident_and_is_still_listened_to(
    market: Street,
) -> None:
    market.web.knobs.auth_lost = True
    market.till.sell({"MUG-RED": 1})
    market.run(120)
    assert market.incidents() == [("channel down", "web")]
    assert "answered 401" in (market.link(WEB).stopped or "")
    market.forget()

    market.web.buy({"MUG-RED": 2})
    market.run(300)

    assert market.calls(WEB) == []
    assert (market.pool(), market.shown()) == (7, {WEB: 8, OUTLET: 7, TILL: 7})
    assert market.incidents() == [("channel down", "web")]

    market.web.knobs.auth_lost = False
    link.go_live(market.market.outgoing(WEB), market.now, sure=True)
    assert market.agreed() == {7}


def test_a_disabled_webhook_is_switched_on_again_and_what_it_did_not_send_is_pulled(
    opens: Opens,
) -> None:
    market = opens(settings={WEB: {"poll": {"webhooks_every": "30s", "orders_every": "10m"}}})
    for hook in market.web.webhooks.values():
        hook.status = State.DISABLED
    market.web.buy({"MUG-RED": 3})

    market.run(45)

    assert {hook.status for hook in market.web.webhooks.values()} == {State.ACTIVE}
    assert market.agreed() == {7}


def test_without_any_webhook_all_channels_agree_within_two_polls(opens: Opens) -> None:
    market = opens(hooked=False, public_url=None)

    market.web.buy({"MUG-RED": 1})
    market.outlet.buy({"MUG-RED": 2})
    market.till.sell({"MUG-RED": 3})

    assert market.rest() <= 120
    assert market.agreed() == {4}
    assert not market.web.log.attempts


def test_a_shop_that_sends_nothing_until_somebody_comes_is_visited(opens: Opens) -> None:
    rare = {"poke_every": "25s", "poll": {"webhooks_every": 0, "orders_every": "20m"}}
    market = opens(settings={WEB: rare})
    market.run(120)
    market.web.knobs.until_poked = True
    market.web.buy({"MUG-RED": 2})

    market.run(90)

    assert (market.pool(), market.shown()) == (8, {WEB: 8, OUTLET: 8, TILL: 8})
    told = [one for one in market.web.log.attempts if one.topic == "order.created"]
    assert len(told) == 1


def test_a_shop_that_was_away_for_a_day_is_asked_before_it_is_told(opens: Opens) -> None:
    market = opens(settings={WEB: {"poll": {"webhooks_every": "5m"}}})
    market.web.knobs.broken, market.web.knobs.broken_status = 1, 500
    market.web.knobs.webhook_loss = 1
    market.till.sell({"MUG-RED": 4})
    market.web.buy({"MUG-RED": 3})
    market.run(60)
    for hook in market.web.webhooks.values():
        hook.status = State.DISABLED
    market.night(24)
    assert market.shown() == {WEB: 7, OUTLET: 6, TILL: 6}
    market.web.knobs.broken, market.web.knobs.webhook_loss = 0, 0
    market.forget()

    assert market.agreed() == {3}

    told = market.calls(WEB)
    first_write = told.index("POST products/batch")
    hooks, pulled = told.index("GET webhooks"), told.index("GET orders")
    read = first_write - 1 - told[:first_write][::-1].index("GET products")
    assert hooks < pulled < read < first_write, told
    assert market.writes(WEB) == [3]
    assert {hook.status for hook in market.web.webhooks.values()} == {State.ACTIVE}


def test_after_a_night_without_us_nothing_is_written_before_every_number_is_read(
    opens: Opens,
) -> None:
    other = Sku("OTHER")
    market = opens({MUG: 10, other: 10}, settings={WEB: {"poll": {"webhooks_every": "5m"}}})
    market.web.knobs.webhook_loss = 1
    market.web.buy({"MUG-RED": 3})
    market.night(8)
    market.web.buy({"OTHER": 2})
    market.adjust_all(-1, [MUG, other])

    assert (market.agreed(), market.agreed(other)) == ({6}, {7})

    told = market.calls(WEB)
    assert told.index("GET webhooks") < told.index("GET orders") < told.index("GET products")
    assert told.index("GET products") < told.index("POST products/batch"), told
    assert (market.edits(), market.edits(other)) == ([], [])


def test_a_shop_whose_orders_cannot_be_pulled_for_hours_is_lowered_and_not_raised(
    opens: Opens,
) -> None:
    found = Sku("FOUND")
    market = opens({MUG: 10, found: 10})
    market.break_pulls(WEB)
    market.run(600)

    market.adjust(-10)
    market.adjust(5, found)
    market.run(600)

    assert (market.shown()[WEB], market.shown(found)[WEB]) == (0, 10)
    market.mend(WEB)
    assert (market.agreed(), market.agreed(found)) == ({0}, {15})


def test_after_an_outage_what_must_sink_is_written_before_what_may_rise(opens: Opens) -> None:
    sinks, rises = Sku("SINKS"), Sku("RISES")
    market = opens({sinks: 10, rises: 10}, settings={WEB: {"batch_size": 1}})
    market.web.knobs.broken, market.web.knobs.broken_status = 1, 500
    market.adjust(5, rises)
    market.run(5)
    market.adjust(-5, sinks)
    market.run(600)
    market.web.knobs.broken = 0

    market.rest()

    assert [one.sku for one in market.web.log.writes] == ["SINKS", "RISES"]


def test_a_till_that_was_away_hears_the_last_number_only(market: Street) -> None:
    market.till.knobs.push_rates = {Mishap.BROKEN_BEFORE: 1}
    for _ in range(5):
        market.web.buy({"MUG-RED": 1})
        market.run(20)
    assert market.shown() == {WEB: 5, OUTLET: 5, TILL: 10}

    market.till.knobs.push_rates = {}

    assert market.agreed() == {5}
    assert market.writes(TILL)[-1] == 5
