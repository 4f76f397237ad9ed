"""What an event means: keys that every copy shares, moments on our clock, exact units."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.channels.errors import Unreadable
from stocksync.channels.till import Till
from stocksync.core.facts import (
    Adjusted,
    Counted,
    PaperLine,
    ReceiptPart,
    Received,
    Stage,
    TillReceipt,
    Transferred,
)
from stocksync.core.names import LineId
from tests.channels.till.cast import NOON, event, kept, paper, till

TILL = till()
ISRAEL = till(timezone="Asia/Jerusalem")


def key(channel: Till, kind: str = "sale.completed", **data: Any) -> str:
    return str(paper(channel, event(kind, **data)).key)


def line_ids(kind: str, *lines: dict[str, Any]) -> list[str]:
    told = [{"sku": "A", "quantity": 1, **line} for line in lines]
    return [line.line for line in paper(TILL, event(kind, lines=told)).lines]


# Each type of event.


def test_a_void_without_lines_undoes_the_whole_sale_under_its_key() -> None:
    sale = paper(TILL, event(location="main", register="till-1"))
    void = paper(TILL, event("sale.voided", location="main", register="till-1", lines=None))

    assert isinstance(void, TillReceipt)
    assert (sale.part, void.part) == (ReceiptPart.SALE, ReceiptPart.VOID)
    assert sale.key == void.key == "main/till-1/R-1"
    assert void.lines == ()


def test_a_count_of_the_whole_location_says_so() -> None:
    listed = paper(TILL, event("stock.counted"))
    whole = paper(TILL, event("stock.counted", scope="location", location="north"))

    assert isinstance(whole, Counted)
    assert (listed.whole, listed.location) == (False, None)
    assert (whole.whole, whole.location) == (True, "north")


def test_goods_in_name_their_purchase_order() -> None:
    fact = paper(TILL, event("stock.received", po_number="PO-31"))

    assert isinstance(fact, Received)
    assert (fact.key, fact.note) == ("//D-1", "purchase order PO-31")


def test_an_adjustment_tells_why_and_goes_both_ways() -> None:
    lines = [{"sku": "A", "quantity": -2}, {"sku": "B", "quantity": 3}]
    fact = paper(TILL, event("stock.adjusted", reason="lost", lines=lines))

    assert isinstance(fact, Adjusted)
    assert (fact.note, [line.units for line in fact.lines]) == ("lost", [-2, 3])


def test_a_transfer_without_a_stage_is_complete() -> None:
    fact = paper(TILL, event("transfer"))

    assert isinstance(fact, Transferred)
    assert (fact.location, fact.to_location, fact.stage) == ("main", "north", Stage.COMPLETED)


def test_every_stage_of_a_transfer_has_one_key_wherever_and_whenever_it_is_told() -> None:
    daily = till(receipt_reset="daily")
    sent = paper(daily, event("transfer", stage="dispatched", location="main", register="till-1"))
    came = paper(
        daily,
        event("transfer", stage="received", location="north", occurred_at="2026-11-20T10:00:00Z"),
    )

    assert sent.key == came.key == "main/TR-5"
    assert sent.expected_at is None


def test_a_transfer_tells_when_it_is_expected() -> None:
    fact = paper(TILL, event("transfer", expected_at="2026-11-24T12:00:00+02:00"))

    assert fact.expected_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_a_revision_is_carried() -> None:
    assert paper(TILL, event()).revision == 1
    assert paper(TILL, event(revision=7)).revision == 7


# Keys.


def test_the_key_holds_the_parts_of_its_scope_as_they_were_sent() -> None:
    assert key(TILL, location="main", register="till-1") == "main/till-1/R-1"
    assert key(till(receipt_scope=["register"]), location="main", register="1") == "1/R-1"
    assert key(till(receipt_scope=[]), location="main", register="1") == "R-1"
    assert key(TILL, location="\u200fחנות ראשית ") == "חנות ראשית//R-1"


def test_two_receipts_never_share_a_key_by_accident() -> None:
    keys = {
        key(TILL, location="a"),
        key(TILL, register="a"),
        key(TILL, location="a/b"),
        key(TILL, location="a", register="b"),
        key(TILL, location="a~1b"),
        key(TILL, location="a/b", register="c"),
        key(TILL, location="a", register="b/c"),
        key(TILL, location="a", receipt_id="b/R-1"),
        key(TILL, receipt_id="a/R-1"),
    }

    assert len(keys) == 9


parts = st.sampled_from(["", "a", "/", "a/", "/a", "~", "~1", "a/a"])


@given(one=st.tuples(parts, parts, parts), other=st.tuples(parts, parts, parts))
def test_keys_are_equal_only_if_all_parts_are(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    def key_of(told: tuple[str, str, str]) -> str:
        location, register, receipt = told
        return key(
            TILL, location=location or None, register=register or None, receipt_id=f"R{receipt}"
        )

    assert (key_of(one) == key_of(other)) is (one == other)


def test_numbers_that_restart_each_day_are_told_apart_by_the_shops_day() -> None:
    daily = till(receipt_reset="daily", timezone="Asia/Jerusalem")

    assert key(daily, occurred_at="2026-11-21T23:30:00+02:00") == "//2026-11-21/R-1"
    assert key(daily, occurred_at="2026-11-21T22:30:00Z") == "//2026-11-22/R-1"
    assert key(daily, occurred_at="2026-11-22T00:30:00") == "//2026-11-22/R-1"


def test_without_a_timezone_the_day_is_that_of_the_offset_sent() -> None:
    daily = till(receipt_reset="daily")

    assert key(daily, occurred_at="2026-11-22T00:30:00+02:00") == "//2026-11-22/R-1"
    assert key(daily, occurred_at="2026-11-21T22:30:00Z") == "//2026-11-21/R-1"


def test_numbers_that_restart_each_year_are_told_apart_by_it() -> None:
    yearly = till(receipt_reset="yearly", max_age_days=3650)

    assert key(yearly, occurred_at="2025-12-31T12:00:00Z") == "//2025/R-1"
    assert key(yearly) == "//2026/R-1"


def test_a_void_after_midnight_finds_its_sale_if_the_till_says_when_it_was() -> None:
    daily = till(receipt_reset="daily", timezone="Asia/Jerusalem")
    sold_at = "2026-11-21T23:50:00+02:00"
    voided_at = "2026-11-22T00:10:00+02:00"

    sale = key(daily, occurred_at=sold_at)
    told = key(daily, "sale.voided", occurred_at=voided_at, original_occurred_at=sold_at)
    untold = key(daily, "sale.voided", occurred_at=voided_at)

    assert sale == told == "//2026-11-21/R-1"
    assert untold == "//2026-11-22/R-1"


# Moments.


def test_a_time_is_read_with_its_offset() -> None:
    fact = paper(TILL, event(occurred_at="2026-11-22T11:59:58.5+02:00"))

    assert fact.occurred_at == datetime(2026, 11, 22, 9, 59, 58, 500_000, tzinfo=UTC)
    assert (fact.doubt, fact.note) == (timedelta(0), "")


def test_a_local_time_is_read_in_the_channels_zone() -> None:
    fact = paper(ISRAEL, event(occurred_at="2026-11-22T11:59"))

    assert fact.occurred_at == datetime(2026, 11, 22, 9, 59, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_the_first_one_with_an_hour_of_doubt() -> None:
    after = datetime(2026, 10, 26, tzinfo=UTC)
    told = event(occurred_at="2026-10-25T01:30:00")

    fact = paper(ISRAEL, told, at=after)

    assert fact.occurred_at == datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert fact.doubt == timedelta(hours=1)
    assert fact.note.startswith("time_ambiguous")


def test_a_second_pass_that_still_lies_ahead_is_no_doubt() -> None:
    between = datetime(2026, 10, 24, 22, 45, tzinfo=UTC)

    fact = paper(ISRAEL, event(occurred_at="2026-10-25T01:30:00"), at=between)

    assert fact.occurred_at == datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert fact.doubt == timedelta(0)


def test_the_hour_that_clocks_skip_is_moved_behind_the_gap() -> None:
    after = datetime(2026, 3, 28, tzinfo=UTC)

    fact = paper(ISRAEL, event(occurred_at="2026-03-27T02:30:00"), at=after)

    assert fact.occurred_at == datetime(2026, 3, 27, 0, 30, tzinfo=UTC)
    assert fact.doubt == timedelta(0)


def test_nothing_happened_after_it_was_told() -> None:
    a_bit = paper(TILL, event(occurred_at="2026-11-22T10:04:00Z"))
    a_lot = paper(TILL, event(occurred_at="2026-11-22T10:20:00Z"))

    assert (a_bit.occurred_at, a_bit.note) == (NOON, "")
    assert (a_lot.occurred_at, a_lot.note) == (
        NOON,
        "clock_ahead: the till said 2026-11-22T10:20:00+00:00",
    )


def test_a_clock_that_runs_ahead_is_corrected_by_its_own_stamp() -> None:
    told = event(occurred_at="2026-11-22T10:03:58Z")

    fact = paper(TILL, told, seconds=1795341840)
    beyond = paper(TILL, event(occurred_at="2026-11-22T10:09:00Z"), seconds=1795341840)

    assert fact.occurred_at == datetime(2026, 11, 22, 9, 59, 58, tzinfo=UTC)
    assert fact.said_at == datetime(2026, 11, 22, 10, 3, 58, tzinfo=UTC)
    assert beyond.occurred_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_what_is_older_than_the_channel_allows_waits_for_approval() -> None:
    at_the_edge = event(occurred_at="2026-10-23T10:00:00Z")
    too_old = kept(TILL, event(occurred_at="2026-10-23T09:59:59Z"))

    assert paper(TILL, at_the_edge).key == "//R-1"
    with pytest.raises(Unreadable, match="max_age_days") as caught:
        TILL.translate(too_old)
    assert caught.value.code == "too-old"


# Lines.


def test_the_same_sku_on_several_lines_stays_several_lines() -> None:
    assert line_ids("sale.completed", {}, {}, {"sku": "B"}) == ["1", "2", "3"]


def test_a_line_keeps_its_own_id_and_repeats_are_numbered() -> None:
    assert line_ids("sale.completed", {"line_id": "7"}, {"line_id": "7"}) == ["7", "7#2"]
    assert line_ids("sale.completed", {}, {"line_id": "1"}) == ["1#2", "1"]
    assert line_ids("sale.completed", {"line_id": "3"}, {"line_id": "3"}, {}) == [
        "3",
        "3#2",
        "3#3",
    ]


def test_a_line_of_a_void_without_id_is_named_by_its_sku_and_not_its_place() -> None:
    assert line_ids("sale.voided", {"sku": "B"}, {"sku": "B"}, {"line_id": "9"}) == [
        "sku:B",
        "sku:B#2",
        "9",
    ]


@given(
    told=st.lists(
        st.one_of(st.just({}), st.sampled_from([{"line_id": "1"}, {"line_id": "1#2"}])),
        min_size=1,
        max_size=9,
    ),
    kind=st.sampled_from(["sale.completed", "sale.voided"]),
)
def test_line_ids_are_distinct_and_always_the_same(told: list[dict[str, str]], kind: str) -> None:
    first = line_ids(kind, *told)

    assert len(set(first)) == len(first)
    assert line_ids(kind, *told) == first


@pytest.mark.parametrize(
    ("decimals", "told", "units"),
    [(0, 2, 2), (0, "2.0", 2), (3, "0.125", 125), (2, 1, 100), (5, "-0.00001", -1)],
)
def test_a_quantity_is_whole_units_of_the_merchants_size(
    decimals: int, told: Any, units: int
) -> None:
    fact = paper(till(decimals=decimals), event(lines=[{"sku": "A", "quantity": told}]))

    assert (fact.lines[0].units, fact.lines[0].trouble) == (units, None)


def test_a_quantity_that_is_too_fine_parks_its_line_alone() -> None:
    lines = [{"sku": "A", "quantity": "0.5"}, {"sku": "B", "quantity": 1}]

    fact = paper(TILL, event(lines=lines))

    assert fact.lines[0].units == 0
    assert fact.lines[0].trouble == ("0.5 is finer than 1, the smallest quantity of this merchant")
    assert fact.lines[1] == PaperLine(line=LineId("2"), sku="B", units=1)


@pytest.mark.parametrize("kind", ["return.completed", "stock.received", "transfer"])
def test_what_goes_the_other_way_is_not_guessed(kind: str) -> None:
    fact = paper(TILL, event(kind, lines=[{"sku": "A", "quantity": -1}]))

    assert (
        fact.lines[0].trouble == f"-1 in a {kind}; send what goes the other way as stock.adjusted"
    )


def test_less_than_nothing_cannot_be_counted() -> None:
    fact = paper(TILL, event("stock.counted", lines=[{"sku": "A", "quantity": -1}]))

    assert fact.lines[0].trouble == "-1 was counted; nothing on a shelf is less than 0"


@pytest.mark.parametrize(
    ("default", "told", "restock"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_returned_goods_go_where_the_till_says_else_where_the_merchant_says(
    default: bool, told: bool | None, restock: bool
) -> None:
    channel = till(returns={"restock_default": default})
    line = {"sku": "A", "quantity": 1, **({} if told is None else {"restock": told})}

    back = paper(channel, event("return.completed", lines=[line]))
    exchanged = paper(channel, event(lines=[{**line, "quantity": -1}]))

    assert back.lines[0].restock is restock
    assert (exchanged.lines[0].restock, exchanged.lines[0].units) == (restock, -1)


def test_by_barcode_a_line_is_the_barcode_where_it_has_one() -> None:
    lines = [{"sku": "A", "quantity": 1, "barcode": "\u200e7290001"}, {"sku": "B", "quantity": 1}]

    by_barcode = paper(till(sku_match="barcode"), event(lines=lines))
    by_sku = paper(TILL, event(lines=lines))

    assert [line.sku for line in by_barcode.lines] == ["7290001", "B"]
    assert [line.sku for line in by_sku.lines] == ["A", "B"]
