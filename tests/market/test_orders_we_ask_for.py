"""Orders that no webhook told whole: they are asked for, and shop and pool agree afterwards."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from stocksync.channels.base import Channel, Delivery, Page
from stocksync.channels.errors import Transient
from stocksync.core.names import PaperKey
from stocksync.sandbox.woocommerce import Fate
from stocksync.sandbox.woocommerce.webhooks import FAILURES_MAX, State
from tests.market.cast import OUTLET, TILL, WEB, Died, Street
from tests.market.conftest import Opens


class Spoilt:
    """A channel that fails whenever one order is asked for; `asked` are all such calls."""

    def __init__(self, channel: Channel, order: int, rest: timedelta | None = None) -> None:
        self._channel = channel
        self._order = PaperKey(str(order))
        self._rest = rest
        self.asked: list[tuple[datetime, Sequence[PaperKey]]] = []

    def fetch(self, orders: Sequence[PaperKey], now: datetime) -> Sequence[Delivery]:
        if self._order not in orders:
            return self._channel.fetch(orders, now)
        self.asked.append((now, list(orders)))
        raise Transient("server-error", "answered 500", retry_after=self._rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Cut:
    """A channel whose next pull of more than one page breaks off, once, behind its first."""

    def __init__(self, channel: Channel, by: BaseException) -> None:
        self._channel = channel
        self._by: BaseException | None = by
        self._walks = False

    def pull(self, cursor: str, now: datetime) -> Page:
        by = self._by
        if self._walks and by is not None:
            self._by = None
            raise by
        page = self._channel.pull(cursor, now)
        self._walks = not page.complete
        return page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


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


def test_an_order_that_the_shop_cannot_show_holds_up_no_question_and_no_number(
    market: Street,
) -> None:
    bad = market.web.buy({"MUG-RED": 1})
    good = market.web.buy({"MUG-RED": 1})
    assert market.agreed() == {8}
    spoilt = Spoilt(market.market.channels[WEB], bad)
    market.between(WEB, lambda _: spoilt)
    market.forget()

    market.web.trash(bad)
    market.web.trash(good)
    market.run(10)
    assert market.calls(WEB).count(f"GET orders/{good}") == 1
    for left in (7, 6, 5):
        market.till.sell({"MUG-RED": 1})
        market.run(10)
        assert (market.pool(), market.shown()) == (left, {WEB: left, OUTLET: left, TILL: left})

    market.run(1200)
    first, *others = spoilt.asked
    assert len(first[1]) == 2
    assert {len(orders) for _, orders in others} == {1}
    gaps = [(b - a).total_seconds() for (a, _), (b, _) in pairwise(spoilt.asked)]
    assert gaps == sorted(gaps)
    assert (len(gaps) < 14, gaps[-1]) == (True, 300)

    while len(spoilt.asked) == len(gaps) + 1:
        market.run(1)
    assert (market.link(WEB).failures, market.link(WEB).not_before) == (0, None)


def test_a_pause_that_the_shop_asks_for_is_kept_however_often_an_order_was_asked_for(
    market: Street,
) -> None:
    order = market.web.buy({"MUG-RED": 1})
    assert market.agreed() == {9}
    spoilt = Spoilt(market.market.channels[WEB], order, rest=timedelta(seconds=40))
    market.between(WEB, lambda _: spoilt)

    market.web.trash(order)
    while len(spoilt.asked) < 3:
        market.run(5)

    assert market.link(WEB).not_before == spoilt.asked[2][0] + timedelta(seconds=40)


@pytest.mark.parametrize("by", [Transient("503", "the list broke off"), Died()])
def test_a_pull_that_was_cut_between_its_pages_knows_no_more_than_at_its_beginning(
    market: Street, by: BaseException
) -> None:
    market.fail_write(WEB, Fate.TIMED_OUT)
    market.adjust(5)
    assert market.shown()[WEB] == 15
    market.run(75)
    market.between(WEB, lambda channel: Cut(channel, by))
    with suppress(Died):
        while market.link(WEB).walk_began_at is None:
            market.run(1)

    # Behind the page that was walked, and read before the pull goes on.
    market.web.knobs.webhook_loss = 1
    market.web.buy({"MUG-RED": 2})
    market.night(40 / 3600)
    market.run(1)
    shown = market.listing(WEB).belief.reading
    assert shown is not None
    assert shown.number == 13
    while market.link(WEB).walk_began_at is not None:
        market.run(1)

    assert market.agreed() == {13}
    assert market.writes(WEB) == [15]
    assert market.drift() == [(WEB, 5)]
