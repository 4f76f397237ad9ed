"""Orders that we fetch ourselves: none is lost, whatever the shop does meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stocksync.channels.base import Delivery, Page
from stocksync.channels.errors import Refused, Shut, Transient, Unreadable
from stocksync.channels.woocommerce import WooCommerce
from stocksync.core.facts import OrderSnapshot, Vanished
from stocksync.core.names import PaperKey
from tests.channels.woocommerce.shop import NOON, signed
from tests.channels.woocommerce.stand import INVALID, NO_ROUTE, Call, Reply, Stand

TEN = datetime(2025, 11, 28, 10, tzinfo=UTC)  # before now: the stand-in has our clock


def at(seconds: int) -> str:
    return (TEN + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


def pages(web: WooCommerce, cursor: str, most: int = 60, *, at: datetime = NOON) -> Iterator[Page]:
    for _ in range(most):
        page = web.pull(cursor, at)
        yield page
        if page.complete:
            return
        cursor = page.cursor
    raise AssertionError("the pull does not come to its end")


def ids(deliveries: Iterator[Delivery] | list[Delivery]) -> list[int]:
    return [json.loads(one.body)["id"] for one in deliveries]


def pulled(web: WooCommerce, cursor: str, *, at: datetime = NOON) -> list[int]:
    return ids([one for page in pages(web, cursor, at=at) for one in page.deliveries])


def keys(*numbers: int) -> list[PaperKey]:
    return [PaperKey(str(number)) for number in numbers]


def test_a_pulled_order_means_what_a_webhook_of_it_means(stand: Stand) -> None:
    stand.order(41, at(0))
    web = stand.channel()

    first, last = pages(web, web.cursor_at(TEN))

    [kept] = first.deliveries
    assert (kept.received_at, kept.read_began_at, kept.headers) == (NOON, NOON, {})
    assert b"ada@" not in kept.body
    [heard] = web.minimise(signed(json.dumps(stand.orders[41]).encode()))
    assert kept.content == heard.content
    assert web.translate(kept) == web.translate(heard)
    assert not last.deliveries
    assert "billing" not in stand.heard[0].query["_fields"]


def test_the_same_order_read_twice_is_two_events(stand: Stand) -> None:
    stand.order(41, at(0))
    web = stand.channel()

    [one] = web.pull(web.cursor_at(TEN), NOON).deliveries
    [same] = web.pull(web.cursor_at(TEN), NOON).deliveries
    [later] = web.pull(web.cursor_at(TEN), NOON + timedelta(seconds=1)).deliveries

    assert one.event_id == same.event_id
    assert one.event_id != later.event_id
    assert one.content == later.content


def test_a_pull_begins_the_overlap_before_and_sees_the_very_second(stand: Stand) -> None:
    for number, second in ((1, -121), (2, -120), (3, 0)):
        stand.order(number, at(second))
    web = stand.channel()

    assert pulled(web, web.cursor_at(TEN)) == [2, 3]


def test_a_pull_ends_the_overlap_before_the_newest_change_and_goes_on_there(
    stand: Stand,
) -> None:
    for number, second in ((1, 0), (2, 300)):
        stand.order(number, at(second))
    web = stand.channel()

    *_, last = pages(web, web.cursor_at(TEN))
    stand.order(3, at(180))  # it was on its way for two minutes

    assert pulled(web, last.cursor, at=NOON + timedelta(minutes=1)) == [3, 2]


def test_a_pull_soon_after_another_goes_back_less_far_and_skips_the_trash(stand: Stand) -> None:
    for number, second in ((1, 0), (2, 290), (3, 300)):
        stand.order(number, at(second))
    web = stand.channel()
    *_, last = pages(web, web.cursor_at(TEN))
    stand.order(4, at(286))  # late in the list, by less than its lag
    stand.order(5, at(301))
    before = len(stand.heard)

    soon = pulled(web, last.cursor, at=NOON + timedelta(seconds=10))

    assert soon == [4, 2, 3, 5]
    assert len(stand.heard) - before == 1


def test_a_quick_pull_is_followed_by_a_deep_one_in_time(stand: Stand) -> None:
    stand.order(1, at(0))
    web = stand.channel()
    *_, last = pages(web, web.cursor_at(TEN))
    *_, quick = pages(web, last.cursor, at=NOON + timedelta(seconds=30))
    stand.order(2, at(-100))

    assert pulled(web, quick.cursor, at=NOON + timedelta(seconds=60)) == [2, 1]


def test_an_empty_shop_stays_where_it_was(stand: Stand) -> None:
    web = stand.channel()

    *_, first = pages(web, web.cursor_at(TEN))
    *_, last = pages(web, first.cursor)

    assert last.cursor == first.cursor


def test_the_trash_is_pulled_too(stand: Stand) -> None:
    stand.order(1, at(5))
    stand.order(2, at(0), status="trash")
    web = stand.channel()

    assert pulled(web, web.cursor_at(TEN)) == [1, 2]


def test_many_orders_come_oldest_first_and_each_at_least_once(stand: Stand) -> None:
    for number in range(350):
        stand.order(1000 - number, at(number // 3))
    web = stand.channel()

    came = pulled(web, web.cursor_at(TEN))

    assert set(came) == set(stand.orders)
    assert len(came) < 360


@pytest.mark.parametrize("totals", [True, False], ids=["totals", "no-totals"])
def test_more_orders_in_one_second_than_fit_on_a_page_come_too(stand: Stand, totals: bool) -> None:
    stand.totals = totals
    for number in range(250):
        stand.order(number, at(7))
    for number in range(250, 260):
        stand.order(number, at(8))
    web = stand.channel()

    assert set(pulled(web, web.cursor_at(TEN))) == set(range(260))


def test_an_order_that_changes_while_we_read_hides_no_other(stand: Stand) -> None:
    for number in range(250):
        stand.order(number, at(7))
    web = stand.channel()

    def sells_on(call: Call) -> None:
        moved = len(stand.heard)
        if moved < 6:  # each call of ours is overtaken by a change to an order that was read
            stand.order(moved, at(60 + moved))

    stand.after = sells_on

    assert set(pulled(web, web.cursor_at(TEN))) == set(range(250))


def test_an_order_trashed_between_the_two_lists_is_seen_by_the_next_pull(stand: Stand) -> None:
    stand.order(1, at(0))
    stand.order(2, at(1), status="trash")
    web = stand.channel()

    def restores(call: Call) -> None:
        if "status" not in call.query:  # the first list was read, and the trash not yet
            stand.order(2, at(2))
            stand.after = lambda _: None

    stand.after = restores
    *_, last = pages(web, web.cursor_at(TEN))

    assert 2 in pulled(web, last.cursor)


def test_a_change_behind_the_walk_is_not_hidden_by_a_later_one_in_the_trash(
    stand: Stand,
) -> None:
    stand.order(1, at(0))
    stand.order(2, at(300), status="trash")
    web = stand.channel()

    def sells(call: Call) -> None:
        if "status" in call.query:  # the first list was read
            stand.order(3, at(10))

    stand.before = sells
    *_, last = pages(web, web.cursor_at(TEN))
    stand.before = lambda _: None

    assert 3 in pulled(web, last.cursor)


def test_an_order_of_the_future_does_not_hide_what_comes_before_it(stand: Stand) -> None:
    stand.order(1, (datetime.now(UTC) + timedelta(days=30)).isoformat()[:19])
    web = stand.channel()
    *_, last = pages(web, web.cursor_at(datetime.now(UTC)))

    stand.order(2, datetime.now(UTC).isoformat()[:19])

    assert pulled(web, last.cursor) == [2, 1]


def test_a_host_that_cuts_pages_short_hides_nothing(stand: Stand) -> None:
    for number in range(25):
        stand.order(number, at(number))

    def cut(call: Call) -> None:
        call.query["per_page"] = "10"

    stand.before = cut
    web = stand.channel()

    assert set(pulled(web, web.cursor_at(TEN))) == set(range(25))


def test_a_list_out_of_a_cache_is_not_believed(stand: Stand) -> None:
    stand.order(1, at(-500))
    stand.odd = lambda _: (200, [stand.orders[1]])
    web = stand.channel()

    with pytest.raises(Transient, match="page cache"):
        web.pull(web.cursor_at(TEN), NOON)


def test_the_clock_is_the_shops_and_not_after_it_was_asked(stand: Stand) -> None:
    web = stand.channel()
    before = datetime.now(UTC)

    page = web.pull(web.cursor_at(TEN), NOON)

    assert before - timedelta(seconds=2) <= page.clock <= datetime.now(UTC)
    assert page.clock != NOON


def test_an_order_that_cannot_be_understood_is_kept_parked_beside_the_others(
    stand: Stand,
) -> None:
    stand.order(1, at(0))
    stand.order(2, at(0))
    stand.orders[1]["line_items"] = "odd"
    web = stand.channel()

    odd, good = web.pull(web.cursor_at(TEN), NOON).deliveries

    assert odd.trouble is not None
    assert odd.trouble.code == "order-without-lines"
    assert json.loads(odd.body).keys() == {"bytes", "sha256"}
    assert good.trouble is None


def test_an_answer_that_was_too_long_comes_in_smaller_pages(stand: Stand) -> None:
    for number in range(8):
        stand.order(number, at(number))

    def too_long(call: Call) -> Reply | None:
        return (200, b"x" * (16 * 1024 * 1024 + 1)) if int(call.query["per_page"]) > 30 else None

    stand.odd = too_long
    web = stand.channel()

    assert set(pulled(web, web.cursor_at(TEN))) == set(range(8))
    assert [call.query["per_page"] for call in stand.heard][:3] == ["100", "50", "25"]


def test_a_cursor_of_another_channel_is_no_cursor(stand: Stand) -> None:
    for odd in ("", "{}", "7", '{"start": 5}', '{"start": "soon"}', '{"other": "x"}'):
        with pytest.raises(Refused, match="no cursor"):
            stand.channel().pull(odd, NOON)


def test_asked_orders_come_as_they_are_now_in_the_trash_or_gone(stand: Stand) -> None:
    for number in range(1, 6):
        stand.order(number, at(0), status="trash" if number == 5 else "completed")
    web = stand.channel()

    came = web.fetch(keys(1, 3, 5, 9), NOON)

    assert sorted(ids(list(came))) == [1, 3, 5, 9]
    assert stand.paths == ["GET orders", "GET orders", "GET orders/9"]
    [gone] = [fact for one in came for fact in web.translate(one) if isinstance(fact, Vanished)]
    assert gone == Vanished(order=PaperKey("9"), at=NOON)


def test_one_order_takes_one_call(stand: Stand) -> None:
    stand.order(1, at(0), status="trash")
    web = stand.channel()

    [came] = web.fetch(keys(1), NOON)

    assert isinstance(web.translate(came)[0], OrderSnapshot)
    assert stand.paths == ["GET orders/1"]


def test_an_order_is_not_gone_because_the_shop_is_away(stand: Stand) -> None:
    web = stand.channel()
    stand.odd = lambda _: (404, NO_ROUTE)
    with pytest.raises(Shut):
        web.fetch(keys(1), NOON)
    stand.odd = lambda _: (404, b"<html>")
    with pytest.raises(Shut):
        web.fetch(keys(1), NOON)
    stand.odd = lambda _: (400, {"code": "plugin_says_no"})
    with pytest.raises(Refused):
        web.fetch(keys(1), NOON)


def test_nobody_outside_can_tell_us_that_an_order_is_gone(stand: Stand) -> None:
    web = stand.channel()
    told = signed(b'{"id": 41, "gone": true}', topic="order.deleted")

    with pytest.raises(Unreadable) as refused:
        web.minimise(told)
    assert refused.value.code == "unknown-body"

    stand.odd = lambda _: (404, INVALID)
    [ours] = web.fetch(keys(41), NOON)
    with pytest.raises(Unreadable):
        web.translate(replace(ours, read_began_at=None))
