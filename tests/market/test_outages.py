"""Channels that are away, deaf, asleep or shut, and what happens when they are back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from stocksync.channels.base import Channel, Finding, Reach
from stocksync.channels.errors import Transient
from stocksync.core.names import Sku
from stocksync.flow import link, pull, push, turn
from stocksync.sandbox.till import Mishap
from stocksync.sandbox.woocommerce import Fate
from stocksync.sandbox.woocommerce.webhooks import State
from tests.market.cast import MUG, OUTLET, TILL, WEB, Died, Street
from tests.market.conftest import Opens


class OneByOne:
    """A channel that shows one number a call."""

    def __init__(self, channel: Channel) -> None:
        assert channel.reach is not None
        self._channel = channel
        self.reach: Reach = replace(channel.reach, reads=1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Unhooked:
    """A channel whose list of webhooks is broken, and nothing else."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def watch(self, hook_url: str | None) -> Sequence[Finding]:
        raise Transient("server-error", "the list of webhooks is broken")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


def be_away(market: Street, seconds: float) -> None:
    """Let the shop answer nothing for so long, and be back."""
    market.web.knobs.broken, market.web.knobs.broken_status = 1, 500
    market.run(seconds)
    market.web.knobs.broken = 0


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


def test_a_shop_whose_webhooks_cannot_be_looked_after_is_pulled_after_a_night_all_the_same(
    opens: Opens,
) -> None:
    market = opens(settings={WEB: {"poll": {"webhooks_every": "5m"}}})
    market.web.knobs.webhook_loss = 1
    market.between(WEB, Unhooked)
    market.night(8)
    market.web.buy({"MUG-RED": 2})

    market.run(30)

    assert (market.pool(), market.shown()) == (8, {WEB: 8, OUTLET: 8, TILL: 8})
    assert (market.link(WEB).failures, market.link(WEB).reads_first) == (0, None)


def test_an_echo_after_a_night_does_not_take_the_place_of_the_reading(market: Street) -> None:
    market.web.knobs.lost_topics = ("order.created", "order.updated")
    market.night(8)
    market.web.buy({"MUG-RED": 2})
    market.forget()
    woke_at = market.now

    market.run(30)

    assert "GET products" in market.calls(WEB)
    assert market.listing(WEB).agreed_at >= woke_at
    assert market.agreed() == {8}


def test_a_number_read_before_a_night_does_not_stand_for_the_reading_after_it(
    market: Street,
) -> None:
    pull.reconcile(market.market.outgoing(WEB))
    market.turn(WEB)
    assert market.listing(WEB).belief.reading is not None
    market.night(8)
    market.forget()

    market.adjust(-1)
    assert market.agreed() == {9}

    told = market.calls(WEB)
    wrote_at = told.index("POST products/batch")
    assert told[:wrote_at].count("GET products") == 2


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


def test_many_raises_that_must_wait_do_not_hide_what_must_sink(opens: Opens) -> None:
    sinks = Sku("ZINC")
    rises = [Sku(f"SKU-{number:02}") for number in range(20)]
    market = opens(dict.fromkeys([*rises, sinks], 10), settings={WEB: {"batch_size": 1}})
    market.break_pulls(WEB)
    market.run(400)
    market.adjust_all(5, rises)
    market.run(5)

    market.adjust(-10, sinks)
    market.run(10)

    assert market.shown(sinks) == {WEB: 0, OUTLET: 0, TILL: 0}
    assert {market.web.stock(sku) for sku in rises} == {10}


def test_raises_that_must_wait_are_each_looked_at_once_however_long_that_takes(
    opens: Opens,
) -> None:
    rises = [Sku(f"SKU-{number:02}") for number in range(12)]
    market = opens(dict.fromkeys(rises, 10), shops=(WEB,), tills=())
    market.fail_write(WEB, Fate.BROKEN)
    market.adjust_all(5, rises)
    assert {len(row.belief.flights) for row in market.rows()} == {1}
    market.night(10 / 3600)
    ticks = 0

    def slow() -> datetime:
        nonlocal ticks
        ticks += 1
        assert ticks < 200
        return market.now + timedelta(seconds=ticks)

    one = market.market.outgoing(WEB)
    slow_one = replace(one, reach=replace(one.reach, batch=1), clock=slow)

    assert not push.push(slow_one, market.link(WEB))

    assert ticks > len(rises)


def test_orders_that_break_again_right_after_a_comeback_still_let_numbers_sink(
    opens: Opens,
) -> None:
    found = Sku("FOUND")
    market = opens({MUG: 10, found: 10})
    be_away(market, 900)
    before = market.link(WEB).pulled_at
    market.after_read(WEB, lambda: market.break_pulls(WEB))
    while market.link(WEB).pulled_at == before:
        market.run(5)
    assert market.link(WEB).reads_first is not None

    market.adjust(-10)
    market.adjust(5, found)
    market.run(720)

    assert (market.shown()[WEB], market.shown(found)[WEB]) == (0, 10)
    market.mend(WEB)
    assert (market.agreed(), market.agreed(found)) == ({0}, {15})
    assert market.link(WEB).reads_first is None


def test_a_full_reading_of_more_than_ten_minutes_ends_and_orders_are_pulled_meanwhile(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = {Sku(f"SKU-{number:02}"): 10 for number in range(25)}
    market = opens(goods, shops=(WEB,))
    monkeypatch.setattr(turn, "_STEPS", 1)  # what is heard is booked between two slow calls
    market.between(WEB, OneByOne)
    be_away(market, 900)
    market.web.knobs.latency_s = slow = 30
    market.forget()
    back_at = market.now

    while market.link(WEB).reads_first is not None or market.link(WEB).failures:
        assert market.now < back_at + timedelta(minutes=40)
        market.run(10)
    assert market.now > back_at + timedelta(minutes=10)
    market.till.sell({"SKU-07": 10})
    market.run(300)

    assert market.shown(Sku("SKU-07")) == {WEB: 0, TILL: 0}
    pulls = [one.at for one in market.web.log.calls if one.path == "orders"]
    idle = max(b - a for a, b in pairwise([*pulls, market.now]))
    assert idle <= 2 * timedelta(seconds=60) + 2 * timedelta(seconds=slow)


def test_a_worker_that_dies_behind_the_pull_of_a_comeback_leaves_all_numbers_to_be_read_first(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Sku("OTHER")
    market = opens({MUG: 10, other: 10}, shops=(WEB,))
    market.between(WEB, OneByOne)
    pulled = pull.pull

    def dies(*told: Any) -> int:
        pulled(*told)
        raise Died

    market.night(8)
    monkeypatch.setattr(pull, "pull", dies)
    with pytest.raises(Died):
        market.turn(WEB)
    monkeypatch.undo()
    market.forget()

    market.adjust(-1)
    assert (market.agreed(), market.agreed(other)) == ({9}, {10})

    assert market.writes(WEB) == [9]
    wrote_at = market.calls(WEB).index("POST products/batch")
    read = [one.query["sku"] for one in market.web.log.calls[:wrote_at] if one.path == "products"]
    assert sorted(read) == [MUG, MUG, other]
