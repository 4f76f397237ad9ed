"""`stocksync count`: the preview, the booking, and what is refused."""

from pathlib import Path

import orjson
import pytest
import time_machine

from tests.cli.cast import CONFIG, NOON, Desk, desk


def test_without_yes_nothing_is_booked(shop: Desk) -> None:
    with time_machine.travel(NOON, tick=False):
        result = shop.run("count", "MUG-RED=10")

    assert result.exit_code == 0
    assert "MUG-RED" in result.stdout
    assert "nothing is booked yet; to book it, add --yes" in result.stderr
    assert shop.told("stock") == []


def test_with_yes_it_is_booked(shop: Desk) -> None:
    result = shop.run("count", "MUG-RED=10", "קומקום=3", "--yes")

    assert result.exit_code == 0
    assert result.stdout.endswith("booked: 2 SKUs counted\n")
    assert shop.told("stock", "MUG-RED") == [
        {
            "merchant": "corner-shop",
            "sku": "MUG-RED",
            "location": "shelf",
            "on_hand": 10,
            "committed": 0,
            "held": 0,
            "incoming": 0,
            "available": 10,
        }
    ]


def test_a_fresh_installation_can_count_before_it_was_ever_up(tmp_path: Path) -> None:
    fresh = desk(tmp_path)

    result = fresh.run("count", "MUG-RED=10", "--yes")

    assert result.exit_code == 0
    assert fresh.told("stock")[0]["on_hand"] == 10
    assert (tmp_path / "var" / "stocksync.db").stat().st_mode & 0o077 == 0


def test_the_preview_as_json(shop: Desk) -> None:
    shop.counted("MUG-RED=10")
    shop.order("1042", NOON, [("MUG-RED", 3)])

    told = shop.told("count", "MUG-RED=8", "BOX=1", "--at", "2026-11-20T12:30")

    assert told == {
        "merchant": "corner-shop",
        "booked": False,
        "already_imported": False,
        "differences": [
            {
                "sku": "MUG-RED",
                "location": "shelf",
                "counted_at": "2026-11-20T10:30:00Z",
                "known": 10,
                "counted": 8,
                "difference": -2,
                "committed": 3,
                "new": False,
                "later_count_at": None,
            },
            {
                "sku": "BOX",
                "location": "shelf",
                "counted_at": "2026-11-20T10:30:00Z",
                "known": 0,
                "counted": 1,
                "difference": 1,
                "committed": 0,
                "new": True,
                "later_count_at": None,
            },
        ],
        "alarms": [],
        "warnings": [],
        "bad_rows": [],
        "uncounted": 0,
        "totals": 0,
    }


def test_what_is_promised_stays_promised_and_is_asked_about(shop: Desk) -> None:
    shop.counted("MUG-RED=10")
    shop.order("1042", NOON, [("MUG-RED", 3)])

    result = shop.run("count", "MUG-RED=8", "--yes")

    assert "MUG-RED: web order 1042 (3, 2026-11-20 12:00:00)" in result.stderr
    assert "has one of these parcels left the shelf?" in result.stderr
    stock = shop.told("stock", "MUG-RED")[0]
    assert (stock["on_hand"], stock["committed"], stock["available"]) == (8, 3, 5)


def test_a_new_sku_that_looks_like_a_known_one_is_said(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("count", "MUG-RDE=10")

    assert "new. Did you mean `MUG-RED`?" in result.stdout


def test_a_count_before_a_later_one_changes_nothing(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("count", "MUG-RED=4", "--at", "2026-11-19T09:00", "--yes")

    assert result.exit_code == 0
    assert "the later count of 2026-11-20 09:00:00 stands" in result.stdout
    assert shop.told("stock", "MUG-RED")[0]["on_hand"] == 10


def test_a_count_that_empties_the_shop_is_loud(shop: Desk) -> None:
    shop.counted("A=1", "B=2", "C=3")

    quiet = shop.run("count", "A=1", "B=2", "C=2")
    loud = shop.run("count", "A=0", "B=2", "C=3")

    assert "LOOK TWICE" not in quiet.stderr
    assert "LOOK TWICE: this count takes 1 of the 3 SKUs that stand at shelf to zero" in loud.stderr


def test_a_code_in_the_place_of_a_quantity_is_loud(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("count", "MUG-RED=72900")

    assert "LOOK TWICE: MUG-RED: 72900 counted where 10 were known" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["MUG-RED=ten"], "MUG-RED=ten: quantity 'ten' is no number"),
        (
            ["MUG-RED=1.5"],
            "MUG-RED=1.5: quantity '1.5' is no whole number; "
            "this merchant counts whole units (decimals: 0)",
        ),
        (["MUG-RED=-1"], "MUG-RED=-1: nobody counts less than 0"),
        (["MUG-RED="], "MUG-RED=: quantity '' is no number"),
        (["=5"], "=5: write the SKU before the equals sign: MUG-RED=5"),
        (
            ["MUG-RED=5", "MUG-RED=6"],
            "MUG-RED=5: MUG-RED at shelf is counted more than once; keep one\n"
            "MUG-RED=6: MUG-RED at shelf was counted on line 1 already; keep one",
        ),
        (
            ["GIFT-SET=1"],
            "GIFT-SET=1: GIFT-SET is a bundle; count what is in it: MUG-RED, BOX",
        ),
        (["BOX=1", "--location", "shlef"], "location shlef is unknown. Did you mean `shelf`?"),
        (["BOX=1", "--location", "x"], "location x is unknown; there is shelf, back"),
        (
            ["BOX=1", "--location", "importer"],
            "importer is a supplier's, and only own shelves are counted: shelf, back",
        ),
        (["BOX=1", "--at", "2099-01-01T10:00"], "--at 2099-01-01T10:00 lies in the future"),
        (["BOX=1", "--at", "noon"], "--at noon is no moment; write 2026-11-22T20:15"),
        (["nothing.csv"], "nothing.csv is no file; write SKU=QTY pairs"),
        (["BOX=1", "nothing.csv"], "write SKU=QTY pairs, or one file, not several and not both"),
    ],
)
def test_a_count_that_is_none_is_refused(tmp_path: Path, words: list[str], sentence: str) -> None:
    fresh = desk(tmp_path)

    result = fresh.run("count", *words, "--yes")

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
    assert fresh.told("stock") == []


def test_a_location_may_be_named_as_people_do(shop: Desk) -> None:
    shop.run("count", "MUG-RED=4", "--location", "back", "--yes")
    shop.run("count", "BOX=1", "--location", "חנות ראשית", "--yes")

    told = [(line["sku"], line["location"]) for line in shop.told("stock") if line["on_hand"]]
    assert told == [("BOX", "shelf"), ("MUG-RED", "back")]


def test_goods_by_weight_are_shown_as_decimal_text(tmp_path: Path) -> None:
    grocer = desk(tmp_path, CONFIG + "decimals: 3\n")

    grocer.run("count", "OLIVES=1.25", "--yes")

    assert grocer.told("stock")[0]["on_hand"] == "1.250"
    assert "1.250" in grocer.run("stock").stdout


FILE = """\
מק"ט,כמות שנספרה,מחסן,תאריך ספירה,שעה
TSHIRT-M,12,חנות ראשית,19/11/2026,20:15
MUG-RED,6,חנות ראשית,19/11/2026,20:20
BOX,2,1,19/11/2026,20:20
NUTS,,back,19/11/2026,20:20
סה"כ,20,,,
"""


def test_a_hebrew_file_in_windows_1255_is_booked(shop: Desk) -> None:
    file = shop.write("count.csv", FILE, "cp1255")

    result = shop.run("count", file, "--yes")

    assert result.exit_code == 0
    assert "1 row without a quantity: not counted" in result.stderr
    assert "1 row of totals, or without a SKU: skipped" in result.stderr
    stock = shop.told("stock")
    told = [(x["sku"], x["location"], x["on_hand"]) for x in stock if x["on_hand"]]
    assert told == [("BOX", "back", 2), ("MUG-RED", "shelf", 6), ("TSHIRT-M", "shelf", 12)]


def test_the_same_file_is_imported_once(shop: Desk) -> None:
    file = shop.write("count.csv", "sku,quantity\nMUG-RED,6\n")
    shop.run("count", file, "--at", "2026-11-20T09:00", "--yes")
    shop.order("1042", NOON, [("MUG-RED", 1)])

    again = shop.run("count", file, "--at", "2026-11-21T09:00", "--yes")

    assert again.exit_code == 0
    assert "is already imported; nothing is changed" in again.stdout
    assert shop.told("why", "MUG-RED")["locations"][0]["counted"]["units"] == 6
    assert shop.told("count", file, "--at", "2026-11-21T09:00") == {
        "booked": False,
        "already_imported": True,
    }


def test_a_file_that_says_not_when_needs_at(shop: Desk) -> None:
    file = shop.write("count.csv", "sku,quantity\nMUG-RED,6\n")

    result = shop.run("count", file, "--yes")

    assert result.exit_code == 2
    assert "says not when it was counted; add --at TIME" in result.stderr
    assert shop.told("stock") == []


def test_many_bad_rows_book_nothing_and_are_all_named(shop: Desk) -> None:
    text = "sku,quantity,location\nA,1,\nB,x,\nC,1,moon\nA,2,\nGIFT-SET,1,\n"
    file = shop.write("count.csv", text)

    result = shop.run("count", file, "--at", "2026-11-20T09:00", "--yes")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-6:] == [
        "5 rows refused; over 2 % of the rows are bad, so nothing of it is booked:",
        "  line 2: A at shelf is counted more than once; keep one",
        "  line 3: quantity x is no number",
        "  line 4: location moon is unknown; there is shelf, back",
        "  line 5: A at shelf was counted on line 2 already; keep one",
        "  line 6: GIFT-SET is a bundle; count what is in it: MUG-RED, BOX",
    ]
    assert shop.told("stock") == []


def test_a_rare_bad_row_does_not_hold_up_the_others(shop: Desk) -> None:
    rows = "".join(f"SKU-{number},1\n" for number in range(60))
    file = shop.write("count.csv", f"sku,quantity\n{rows}BAD,x\n")

    result = shop.run("count", file, "--at", "2026-11-20T09:00", "--yes", "--json")

    assert result.exit_code == 1
    told = orjson.loads(result.stdout)
    assert told["booked"] is True
    assert told["bad_rows"] == [{"line": 62, "reason": "quantity x is no number"}]
    assert "1 row refused; the other rows are good:\n  line 62: quantity x" in result.stderr
    assert len(shop.told("stock")) == 60


def test_a_sku_with_a_trailing_zero_is_taken_as_the_known_one(shop: Desk) -> None:
    shop.counted("7290001=5")
    file = shop.write("count.csv", "sku,quantity\n7290001.0,6\n")

    result = shop.run("count", file, "--at", "2026-11-20T12:00", "--yes")

    assert "line 2: SKU 7290001.0 is taken as 7290001" in result.stderr
    assert shop.told("stock", "7290001")[0]["on_hand"] == 6


def test_a_barcode_that_nobody_knows_is_refused(shop: Desk) -> None:
    file = shop.write("count.csv", "barcode,quantity\n7290001,6\n")

    result = shop.run("count", file, "--at", "2026-11-20T12:00", "--yes")

    assert result.exit_code == 1
    assert "barcode 7290001 is no SKU that is known; add a column `sku`" in result.stderr


def test_a_count_books_what_was_parked_for_want_of_it(shop: Desk) -> None:
    shop.order("1042", NOON, [("MUG-RED", 3)])
    assert shop.told("status")["inbox_parked"] == 1

    shop.counted("MUG-RED=10")

    assert shop.told("status")["inbox_parked"] == 0
    assert shop.told("stock", "MUG-RED")[0]["available"] == 7
