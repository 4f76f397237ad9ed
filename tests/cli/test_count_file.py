"""What is read of a count file, and what is refused (till contract, 4.1 and 4.2)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stocksync.core import sheet
from stocksync.core.count_file import CountFile, CountRow, read
from stocksync.core.sheet import SheetRefused
from tests.cli.cast import NOON

JERUSALEM = ZoneInfo("Asia/Jerusalem")
HEBREW = """\
מק"ט,כמות שנספרה,מחסן,תאריך ספירה,שעה
TSHIRT-M,12,חנות ראשית,19/11/2026,20:15
MUG-RED,6,חנות ראשית,19/11/2026,20:20
"""
TSHIRTS = CountRow(
    line=2,
    sku="TSHIRT-M",
    units=12,
    location="חנות ראשית",
    at=datetime(2026, 11, 19, 18, 15, tzinfo=UTC),
)


def understood(text: str | bytes, decimals: int = 0, at: datetime | None = None) -> CountFile:
    raw = text if isinstance(text, bytes) else text.encode()
    return read(raw, decimals=decimals, zone=JERUSALEM, now=NOON, at=at)


def rows(text: str | bytes, decimals: int = 0) -> list[tuple[str, int]]:
    return [(row.sku, row.units) for row in understood(text, decimals).rows]


def refused(text: str | bytes) -> str:
    with pytest.raises(SheetRefused) as e:
        understood(text)
    return str(e.value)


def bad(cell: str, decimals: int = 0) -> str:
    """Return why a quantity is refused."""
    (row,) = understood(f"sku;quantity\nMUG-RED;{cell}\n", decimals).bad
    assert row.line == 2
    return row.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1255"])
def test_a_hebrew_file_is_understood_in_every_encoding(encoding: str) -> None:
    told = understood(HEBREW.encode(encoding))

    assert told.rows[0] == TSHIRTS
    assert [row.sku for row in told.rows] == ["TSHIRT-M", "MUG-RED"]


@pytest.mark.parametrize(
    "header", ['מק"ט', "מק״ט", "מקט", '"מק""ט"', "\u200fמק'ט\u200e", "קוד  פריט"]
)
def test_every_spelling_of_a_header_is_one(header: str) -> None:
    assert rows(f"{header},כמות\nMUG-RED,6\n") == [("MUG-RED", 6)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    lines = ["sku,quantity,name", "MUG-RED,6,red", "BOX,2,brown"]

    text = "\n".join(line.replace(",", separator) for line in lines)

    assert rows(text) == [("MUG-RED", 6), ("BOX", 2)]


def test_a_named_separator_is_obeyed_and_lines_are_still_counted() -> None:
    told = understood("sep=;\nsku;quantity\nMUG-RED;x\n")

    assert [(row.line, row.reason) for row in told.bad] == [(3, "quantity x is no number")]


@pytest.mark.parametrize(
    ("cell", "units"),
    [("6", 6), ("6.00", 6), ("1\u00a0234", 1234), ("\u200e6", 6), ("0", 0)],
)
def test_a_whole_quantity(cell: str, units: int) -> None:
    assert rows(f"sku;quantity\nMUG-RED;{cell}\n") == [("MUG-RED", units)]


def test_a_quantity_by_weight_is_exact() -> None:
    assert rows("sku,qty\nOLIVES,1.1\nNUTS,0.250\n", decimals=3) == [
        ("OLIVES", 1100),
        ("NUTS", 250),
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1,5", "quantity 1,5 has a comma, which may mean two things; write 1234 or 1.5"),
        ("1,234", "quantity 1,234 has a comma, which may mean two things; write 1234 or 1.5"),
        (
            "1.5",
            "quantity 1.5 is no whole number; this merchant counts whole units (decimals: 0)",
        ),
        ("-3", "quantity -3 is below 0; nobody counts that"),
        ("3-", "quantity 3- is below 0; nobody counts that"),
        ("1e2", "quantity 1e2 is no number"),
        ("many", "quantity many is no number"),
        ("7290001234567", "quantity 7290001234567 has more than 7 digits"),
    ],
)
def test_a_quantity_that_is_none_is_refused(cell: str, reason: str) -> None:
    assert bad(cell) == reason


def test_what_was_not_counted_is_not_zero() -> None:
    told = understood("sku,quantity\nMUG-RED,\nBOX,0\n")

    assert [(row.sku, row.units) for row in told.rows] == [("BOX", 0)]
    assert told.uncounted == 1


@pytest.mark.parametrize("total", ['סה"כ', "Total", "סיכום", ""])
def test_totals_are_skipped(total: str) -> None:
    told = understood(f"sku;quantity;name\nMUG-RED;6;red\n{total};6;all\n")

    assert [row.sku for row in told.rows] == ["MUG-RED"]
    assert told.totals == 1


@pytest.mark.parametrize(
    ("cell", "sku"),
    [('"=""00123"""', "00123"), ("'-SALE", "-SALE"), ("00412", "00412"), ("a=b", "a=b")],
)
def test_a_sku_keeps_its_text(cell: str, sku: str) -> None:
    assert rows(f"sku,quantity\n{cell},1\n") == [(sku, 1)]


def test_a_sku_that_a_spreadsheet_damaged_is_refused() -> None:
    told = understood("sku,quantity\n7.29E+12,4\n")

    assert told.bad[0].reason == ("SKU 7.29E+12 was damaged by a spreadsheet; write all its digits")


def test_a_barcode_stands_in_for_a_sku_that_is_missing() -> None:
    told = understood("sku,barcode,quantity\n,7290001,4\nBOX,7290002,1\n")

    assert [(row.sku, row.by_barcode) for row in told.rows] == [("7290001", True), ("BOX", False)]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("counted_at", "2026-11-19 20:15"),
        ("counted_at", "2026-11-19T20:15:00"),
        ("date", "2026-11-19T18:15:00Z"),
        ("תאריך", "19/11/2026 20:15"),
        ("תאריך", "19.11.2026 20:15"),
        ("date;time", "2026-11-19;20:15"),
        ("תאריך;שעה", "19/11/2026;20:15:00"),
    ],
)
def test_a_moment_is_read(header: str, cells: str) -> None:
    told = understood(f"sku;quantity;{header}\nBOX;1;{cells}\n")

    assert told.rows[0].at == datetime(2026, 11, 19, 18, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2026-11-20;12:01", "2026-11-20 12:01 lies in the future"),
        ("2026-11-19;", "date 2026-11-19 has no time; add a column `time`, or say it with --at"),
        (";20:15", "has a time, 20:15, and no date"),
        ("2026-11-31;20:15", "2026-11-31 20:15 is no moment of the calendar"),
        ("2026-11-19;late", "time late is no time; write it as 20:15"),
        ("yesterday;20:15", "date yesterday is no date; write it as 2026-11-22"),
    ],
)
def test_a_moment_that_is_none_is_refused(cells: str, reason: str) -> None:
    told = understood(f"sku;quantity;date;time\nBOX;1;{cells}\n")

    assert [row.reason for row in told.bad] == [reason]


def test_a_date_alone_is_placed_by_the_moment_that_was_asked_for_on_that_day() -> None:
    evening = datetime(2026, 11, 19, 18, 15, tzinfo=UTC)

    told = understood("sku,quantity,date\nBOX,1,2026-11-19\nMUG-RED,1,2026-11-18\n", at=evening)

    assert [(row.sku, row.at) for row in told.rows] == [("BOX", None)]
    assert [row.line for row in told.bad] == [3]


def test_a_date_that_may_be_read_in_two_ways_refuses_the_file() -> None:
    text = "sku,quantity,date,time\nBOX,1,03/04/2026,20:15\n"

    assert refused(text) == (
        "line 2: date 03/04/2026 may be read in two ways; write it as 2026-11-22"
    )


def test_all_bad_rows_are_named_at_once() -> None:
    told = understood("sku,quantity\nA,x\nB,1\nC,-1\nD,1,more\n")

    assert [row.line for row in told.bad] == [2, 4, 5]
    assert [row.sku for row in told.rows] == ["B"]


def test_visual_hebrew_is_refused() -> None:
    header = ",".join(word[::-1] for word in ('מק"ט', "כמות"))

    assert refused(f"{header}\nBOX,1\n".encode("cp1255")).startswith("is in visual Hebrew order")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04...", "is a workbook, not CSV"),
        (b"\xd0\xcf\x11\xe0...", "is a workbook, not CSV"),
        (b"sku,quantity\nBOX,\xff\n", "is in an unknown encoding"),
        ("sku,quantity\nקופסה,1\nBOX".encode("cp1255") + b"\x81,1\n", "line 3 holds"),
        ("sku,quantity\nBOX,1\n".encode("utf-16-le"), "holds zero bytes"),
        (b"name,price\nBOX,1\n", "has no column of quantity in its first row (`name`, `price`)"),
        (b"name,qty\nBOX,1\n", "has no column of sku in its first row"),
        (b"sku,qty,stock\nBOX,1,2\n", "more than one column of quantity: `qty` and `stock`"),
        (b"sku,qty\n" + b"A" * sheet.SIZE_MAX, "is larger than 8 MiB; split it"),
        (b"sku,qty\n" + b"A,1\n" * (sheet.ROWS_MAX + 1), "has more than 100000 rows"),
    ],
)
def test_a_file_that_is_none_is_refused(raw: bytes, words: str) -> None:
    assert words in refused(raw)


def test_a_quotation_mark_that_is_never_closed_swallows_nothing() -> None:
    told = understood('sku,quantity,name\nBOX,1,"5 inch\n' + "MUG-RED,2,red\n" * 20)

    assert [(row.line, row.reason) for row in told.bad] == [
        (2, "a quotation mark is opened here and not closed")
    ]


def test_a_text_over_two_lines_keeps_the_count_of_lines() -> None:
    told = understood('sku,quantity,name\nBOX,1,"two\nlines"\nMUG-RED,x,red\n')

    assert [row.line for row in told.bad] == [4]
