"""Pulling orders: none is lost while the shop sells, and each one is whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stocksync.channels.errors import Refused, Transient
from stocksync.channels.shopify import pulling
from stocksync.channels.shopify.pulling import Cursor, Walked
from stocksync.core.names import PaperKey
from tests.channels.shopify.orderbook import END, Orderbook, line, part
from tests.channels.shopify.stand import Call, Stand, always, data, error, open_shop

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)


def numbers(orders: Any) -> list[int]:
    return [int(one["id"].rpartition("/")[2]) for one in orders]


def pulled(
    shop: Stand, cursor: str, now: datetime = NOON, between: Callable[[], None] = lambda: None
) -> tuple[list[int], str]:
    """Walk to the end, through the text of every cursor; return orders and where it stands."""
    found: list[int] = []
    for _ in range(50):
        walked = pulling.walk(shop.api(), pulling.read(cursor), OVERLAP, now)
        found += numbers(walked.orders)
        cursor = walked.cursor.text()
        if walked.complete:
            return found, cursor
        between()
    raise AssertionError("no end")


def started() -> str:
    return pulling.cursor_at(NOON, OVERLAP).text()


def test_a_first_pull_begins_ten_minutes_early_asks_in_utc_and_names_no_status() -> None:
    book = Orderbook()
    with open_shop(book.says) as shop:
        pulled(shop, started())

    (call,) = shop.heard
    assert call.variables == {"q": "updated_at:>='2026-11-27T11:50:00Z'", "after": None}


def test_every_order_of_every_page_comes_once_oldest_change_first() -> None:
    book = Orderbook()
    for number in range(1, 61):
        book.put(number, f"12:00:{number % 60:02}" if number < 60 else "12:01:00")
    with open_shop(book.says) as shop:
        found, _ = pulled(shop, started())

    assert found == list(range(1, 61))
    assert len(shop.heard) == 3


def test_an_order_that_changes_between_two_pages_is_not_lost_and_pushes_none_out() -> None:
    book = Orderbook()
    for number in range(1, 61):
        book.put(number, f"12:00:{number - 1:02}")
    changes = iter([(3, "12:02:00"), (40, "12:02:01")])

    def change() -> None:
        number, at = next(changes, (0, ""))
        if number:
            book.put(number, at)

    with open_shop(book.says) as shop:
        found, _ = pulled(shop, started(), between=change)

    assert set(found) == set(range(1, 61))
    assert found[-2:] == [3, 40]


def test_the_next_deep_pull_begins_ten_minutes_before_the_newest_change() -> None:
    book = Orderbook()
    book.put(1, "12:30:00")
    with open_shop(book.says) as shop:
        _, cursor = pulled(shop, started())
        pulled(shop, cursor, now=NOON + pulling.DEEP_EVERY)

    assert shop.heard[1].variables["q"] == "updated_at:>='2026-11-27T12:20:00Z'"


def test_a_pull_soon_after_goes_back_a_minute_only() -> None:
    book = Orderbook()
    book.put(1, "12:30:00")
    with open_shop(book.says) as shop:
        _, cursor = pulled(shop, started())
        _, cursor = pulled(shop, cursor, now=NOON + timedelta(seconds=20))
        pulled(shop, cursor, now=NOON + pulling.DEEP_EVERY)

    assert [call.variables["q"] for call in shop.heard] == [
        "updated_at:>='2026-11-27T11:50:00Z'",
        "updated_at:>='2026-11-27T12:29:00Z'",
        "updated_at:>='2026-11-27T12:20:00Z'",
    ]


def test_an_order_that_the_search_learns_of_late_is_found_by_the_overlap() -> None:
    book = Orderbook()
    book.put(1, "12:30:00")
    book.put(2, "12:29:55")
    book.put(3, "12:21:00")
    book.hidden = {2, 3}
    with open_shop(book.says) as shop:
        first, cursor = pulled(shop, started())
        book.hidden = {3}
        book.put(4, "12:34:00")
        quick, cursor = pulled(shop, cursor, now=NOON + timedelta(minutes=4))
        book.hidden = set()
        deep, _ = pulled(shop, cursor, now=NOON + pulling.DEEP_EVERY)

    assert (first, quick, deep) == ([1], [2, 1, 4], [3, 2, 1, 4])


def test_an_order_of_the_future_does_not_hide_what_changes_until_then() -> None:
    book = Orderbook(date="Fri, 27 Nov 2026 12:05:00 GMT")
    book.put(1, "23:00:00")
    with open_shop(book.says) as shop:
        _, cursor = pulled(shop, started())

    assert pulling.read(cursor).newest <= "2026-11-27T12:05:00"


def test_a_quiet_shop_is_asked_from_where_it_was_left() -> None:
    with open_shop(Orderbook().says) as shop:
        _, cursor = pulled(shop, started())
        _, cursor = pulled(shop, cursor, now=NOON + timedelta(hours=1))

    assert pulling.read(cursor).start == "2026-11-27T11:50:00"


def test_a_cursor_of_the_shop_that_it_forgot_lets_the_walk_begin_again() -> None:
    book = Orderbook()
    book.put(1, "12:00:00")
    forgotten = error("INVALID_CURSOR", "Invalid cursor for current pagination sort.")
    at = Cursor(start="2026-11-27T11:50:00", since="2026-11-27T11:50:00", after="old")

    def says(call: Call) -> Any:
        return forgotten if call.variables["after"] == "old" else book.says(call)

    with open_shop(says) as shop:
        walked = pulling.walk(shop.api(), at, OVERLAP, NOON)

    assert numbers(walked.orders) == [1]
    assert walked.complete


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[]", '{"start":"soon"}', '{"start":"2026-11-27T11:50:00","x":1}']
)
def test_what_is_no_cursor_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        pulling.read(text)


@pytest.mark.parametrize(
    "orders",
    [None, [], {"nodes": []}, {"nodes": None, "pageInfo": END},
     {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}],
)  # fmt: skip
def test_an_answer_that_is_no_list_ends_no_pull(orders: Any) -> None:
    with open_shop(always(data(orders=orders))) as shop, pytest.raises(Transient):
        pulled(shop, started())


def walked(book: Orderbook) -> tuple[Walked, Stand]:
    with open_shop(book.says) as shop:
        return pulling.walk(shop.api(), pulling.read(started()), OVERLAP, NOON), shop


def test_an_order_of_three_hundred_lines_is_read_whole() -> None:
    book = Orderbook()
    book.put(1, "12:00:00", lineItems=[line(one) for one in range(300)])
    book.put(2, "12:00:01")

    page, shop = walked(book)

    first, second = page.orders
    assert [one["id"] for one in first["lineItems"]["nodes"]] == [
        f"gid://shopify/LineItem/{one}" for one in range(300)
    ]
    assert first["lineItems"]["pageInfo"]["hasNextPage"] is False
    assert len(second["lineItems"]["nodes"]) == 1
    assert shop.documents == ["StocksyncOrdersSince", "StocksyncOrder", "StocksyncOrder"]


@pytest.mark.parametrize(("name", "kind"), [("refunds", "Refund"), ("fulfillments", "Fulfillment")])
def test_twenty_refunds_or_fulfilments_may_be_more_and_are_read_whole(name: str, kind: str) -> None:
    book = Orderbook()
    book.put(1, "12:00:00", **{name: [part(kind, one) for one in range(1, 32)]})
    book.put(2, "12:00:01", **{name: [part(kind, one) for one in range(40, 59)]})

    page, shop = walked(book)

    assert [len(one[name]) for one in page.orders] == [31, 19]
    assert shop.documents == ["StocksyncOrdersSince", "StocksyncOrder"]


@pytest.mark.parametrize(
    ("name", "kind", "lines"),
    [
        ("refunds", "Refund", "refundLineItems"),
        ("fulfillments", "Fulfillment", "fulfillmentLineItems"),
    ],
)
def test_a_refund_or_fulfilment_of_very_many_lines_is_read_to_its_end(
    name: str, kind: str, lines: str
) -> None:
    book = Orderbook()
    book.put(1, "12:00:00", **{name: [part(kind, 1, lines=60), part(kind, 2, lines=610)]})

    page, shop = walked(book)

    (order,) = page.orders
    assert [len(one[lines]["nodes"]) for one in order[name]] == [60, 610]
    assert not any(one[lines]["pageInfo"]["hasNextPage"] for one in order[name])
    assert len(shop.heard) == 4


def test_an_order_that_changes_while_it_is_read_is_read_again() -> None:
    book = Orderbook()
    book.put(1, "12:00:00", lineItems=[line(one) for one in range(300)])
    changes = iter(["12:00:05"])

    def change(call: Call) -> None:
        at = next(changes, None) if call.variables.get("linesAfter") else None
        if at is not None:
            book.put(1, at, lineItems=[line(one) for one in range(1000, 1260)])

    book.before = change
    page, _ = walked(book)

    (order,) = page.orders
    assert order["updatedAt"] == "2026-11-27T12:00:05Z"
    assert [one["id"] for one in order["lineItems"]["nodes"]] == [
        f"gid://shopify/LineItem/{one}" for one in range(1000, 1260)
    ]


def test_an_order_that_never_stands_still_is_left_for_later() -> None:
    book = Orderbook()
    book.put(1, "12:00:00", lineItems=[line(one) for one in range(300)])
    seconds = iter(range(60))
    book.before = lambda _: book.put(1, f"12:00:{next(seconds):02}")

    with pytest.raises(Transient, match="changes while it is read"):
        walked(book)


def test_orders_are_fetched_whole_by_their_numbers_and_deleted_ones_are_named() -> None:
    book = Orderbook()
    book.put(1, "12:00:00")
    book.put(2, "12:00:00", lineItems=[line(one) for one in range(300)])
    with open_shop(book.says) as shop:
        found, gone = pulling.fetch(
            shop.api(), [PaperKey("2"), PaperKey("404"), PaperKey("1"), PaperKey("x")]
        )

    assert numbers(found) == [2, 1]
    assert len(found[0]["lineItems"]["nodes"]) == 300
    assert gone == ["404"]


def test_an_order_that_is_older_than_all_that_the_shop_shows_is_not_called_deleted() -> None:
    book = Orderbook()
    book.put(500, "12:00:00")
    with open_shop(book.says) as shop:
        found, gone = pulling.fetch(shop.api(), [PaperKey("404"), PaperKey("505")])

    assert (found, gone) == ([], ["505"])


def test_a_shop_that_shows_no_order_says_nothing_of_those_that_we_know() -> None:
    with open_shop(Orderbook().says) as shop:
        assert pulling.fetch(shop.api(), [PaperKey("404")]) == ([], [])


def test_open_orders_are_those_of_sixty_days_that_still_hold_units() -> None:
    book = Orderbook()
    for number in range(1, 40):
        book.put(number, f"12:00:{number:02}")
    book.put(5, "12:00:05", cancelledAt="2026-11-27T12:00:05Z")
    book.put(6, "12:00:06", lineItems=[line(6, left=0)])
    book.put(7, "12:00:07", lineItems=[*(line(one, left=0) for one in range(60)), line(99)])
    with open_shop(book.says) as shop:
        pages = [numbers(page) for page in pulling.open_orders(shop.api(), NOON)]

    assert shop.heard[0].variables["q"] == "updated_at:>='2026-09-28T12:00:00Z'"
    assert [len(page) for page in pages] == [23, 14]
    assert sorted(one for page in pages for one in page) == [1, 2, 3, 4, *range(7, 40)]
