"""Real sales on a street: whatever goes wrong, shops, order books and ledger agree.

The whole file is not played here: it keeps two cores busy for minutes. An hour of its busiest
day is, and a small file made by hand, whose last units are contested, with everything that the
whole one has.
"""

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stocksync.core.names import ChannelName, Sku
from stocksync.lab import retail, retail_day
from stocksync.lab.retail import Line
from stocksync.lab.retail_books import Books, differences
from stocksync.lab.retail_day import Ended, Sold, Tally, town
from stocksync.lab.retail_faults import Faults, read_down
from stocksync.lab.retail_shops import TillDesk
from stocksync.lab.retail_trade import Happened
from stocksync.lab.street import TILL
from stocksync.sandbox.till import Till
from tests.lab.conftest import TAPE
from tests.lab.retail_file import real_sales, sales_file

pytestmark = pytest.mark.long

STOCKSYNC = str(Path(sys.executable).with_name("stocksync"))
KINDS = ("woocommerce", "shopify", "till")
WOO, SHOPIFY = ChannelName("woocommerce"), ChannelName("shopify")
LAMP = Sku("85123A")
UNKIND = Faults(loss=0.1, duplicates=0.3, reordered=True, down=[read_down("shopify:09:00-10:00")])
# By their numbers 1, 4 and 5 are written at the till, 2 and 6 in the WooCommerce-like shop, and
# 3, 9 and 10 in the Shopify-like one.
HAND_MADE = (
    "1 08:00 85123A 40",
    "1 08:00 POST 1",
    "2 08:10 85123A 30",
    "2 08:10 22633 5",
    "2 08:10 85123A 2",
    "3 08:20 85123A 25",
    "3 08:20 M 2",
    "C7 08:30 85123A -3",
    "C7 08:30 M -1",
    "4 09:10 22633 4",
    "4 09:10 85123A 4",
    "5 09:20 DCGS0076 6",
    "6 09:20 DCGS0076 9",
    "5 09:20 21777 10",
    "6 09:20 21777 10",
    "C8 09:30 DCGS0076 -17",
    "8 09:40 22633 -3",
    "9 10:10 85123a 1",
    "10 10:20 85123A 9",
)
LEDGER = "8a52268d870d931e5a9aa0af283e1a82150fcaa79b1055a81413aaa088966836"


def played(path: Path, faults: Faults, speed: float | None = None) -> tuple[Tally, Ended]:
    """Play a file on a street, and bring it to rest."""
    sales = retail.read(path)
    with town(sales, KINDS, faults) as here:
        for _ in here.play(sales, speed):
            pass
        return here.tally, here.settle()


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the private installation use this database."""
    if database_url.startswith("sqlite"):
        monkeypatch.delenv("DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("DATABASE_URL", database_url)


@pytest.mark.usefixtures("database")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("faults", [Faults(), UNKIND], ids=["kind", "unkind"])
def test_sales_end_in_the_same_ledger_whatever_goes_wrong(tmp_path: Path, faults: Faults) -> None:
    tally, ended = played(sales_file(tmp_path, *HAND_MADE), faults)

    assert ended.differences == []
    assert not ended.open.any
    assert tally.sold == {
        WOO: Sold(orders=2, lines=5, units=56, refused=0),
        SHOPIFY: Sold(orders=2, lines=3, units=26, refused=1),
        TILL: Sold(orders=3, lines=5, units=60, refused=1),
    }
    assert (tally.restocked, tally.without_receipt, tally.written_off) == (19, 2, 3)
    # POST of receipt 1 and one of the two M: neither lost nor fatal.
    assert Counter(sku for _, _, sku in ended.books.parked) == {"POST": 1, "M": 1}
    # The last 21777 was bought in two shops within a minute: the truth is one too few.
    left = {"22633": 0, "85123A": 6, "85123a": 0, "DCGS0076": 16, "21777": -1}
    assert ended.books.left == left
    assert ended.ledger == LEDGER


@pytest.mark.usefixtures("database")
@pytest.mark.timeout(200)
def test_at_its_own_pace_a_shop_refuses_what_it_does_not_show(tmp_path: Path) -> None:
    # 20 minutes in 10 seconds: until then the till has heard that the shop sold the last ones.
    path = sales_file(tmp_path, "2 08:00 85123A 19", "1 08:20 85123A 1")

    tally, ended = played(path, Faults(), speed=120)

    assert ended.well
    assert tally.sold[WOO] == Sold(orders=1, lines=1, units=19, refused=0)
    assert tally.sold[TILL] == Sold(orders=0, lines=0, units=0, refused=1)
    assert ended.books.left == {"85123A": 0}


def replay(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Type the command."""
    return subprocess.run(
        [STOCKSYNC, "replay", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.timeout(400)
def test_an_hour_of_the_real_peak_agrees_under_faults(tmp_path: Path) -> None:
    """Three hundred lines: the whole file takes minutes of both cores."""
    excerpt = tmp_path / "excerpt.csv"
    with gzip.open(real_sales(), "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    of_day = [row for row in rows if row[1].startswith("2010-12-06")]
    with excerpt.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([rows[0], *of_day[:300]])

    unkind = ("--loss", "2%", "--duplicates", "10%", "--shuffle", "7")
    done = replay(excerpt, "--down", "shopify:09:00-10:00", *unkind, "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["differences"] == []
    assert told["unsettled"] == ""
    assert told["lines"] == 300
    sold = told["channels"]
    assert sorted(sold) == ["shopify", "till", "woocommerce"]
    assert sum(one["lines"] + one["refused"] for one in sold.values()) > 250


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--channels", "woocommerce,ebay"), "there is no sandbox of 'ebay'; use woocommerce"),
        (("--channels", "till,till"), "name till once"),
        (("--down", "web:09:00-10:00"), "there is no channel web; there are woocommerce"),
        (("--down", "shopify"), "write CHANNEL:FROM-TO"),
        (("--down", "shopify:10:00-09:00"), "write CHANNEL:FROM-TO"),
        (("--loss", "200%"), "--loss: write a share below one, such as 2% or 0.02, not 200%"),
        (("--duplicates", "many"), "--duplicates: write a share below one"),
        (("--day", "monday"), "--day: write a day such as 2010-12-06, not monday"),
        (("--day", "2010-12-07"), "nothing happens on 2010-12-07; there are 2010-12-06"),
        (("--only", "orders"), "--only is for a recorded day of one shop"),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_way_out(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = replay(sales_file(tmp_path, "1 08:00 85123A 5"), *arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_options_of_sales_are_refused_for_a_tape() -> None:
    done = replay(TAPE, "--loss", "2%")

    assert done.returncode == 2
    assert "--loss is for sales (.csv, .csv.gz)" in done.stderr


def test_a_file_without_goods_is_refused(tmp_path: Path) -> None:
    done = replay(sales_file(tmp_path, "1 08:00 POST 1"))

    assert done.returncode == 2
    assert "no line is of goods" in done.stderr


def test_the_second_shop_of_a_kind_is_number_two() -> None:
    names = retail_day.names_of(["woocommerce", "till", "woocommerce"])

    assert names == {"woocommerce": "woocommerce", "till": "till", "woocommerce-2": "woocommerce"}


def test_an_outage_of_several_days_lasts_over_the_nights() -> None:
    down = read_down("shopify:2010-12-06T12:00-2010-12-07T09:00")
    daily = read_down("shopify:12:00-14:00")

    moments = [datetime(2010, 12, day, hour, tzinfo=UTC) for day in (6, 7) for hour in (8, 13)]

    assert [down.covers(at) for at in moments] == [False, True, True, False]
    assert [daily.covers(at) for at in moments] == [False, True, False, True]


def test_every_book_that_disagrees_is_named() -> None:
    counter = TillDesk(
        Till("till", webhook_secret="whsec_" + "c2VjcmV0" * 5, push_secret="whsec_" + "cHVzaA" * 6)
    )
    counter.till.put({LAMP: 10})
    counter.stock_up([Sku("POST")])
    happened = Happened()
    wanted = (Line(sku=LAMP, units=4), Line(sku=Sku("POST"), units=1))
    one = retail.Invoice(number="1", at=datetime.now(UTC), kind=retail.Kind.SALE, lines=wanted)
    happened.sold(one, TILL, counter.buy({LAMP: 4, "POST": 1}) or "", wanted)
    right = Books(
        taken={(TILL, "R-1", LAMP): 4},
        parked=frozenset({(TILL, "R-1", Sku("POST"))}),
        refused=0,
        left={LAMP: 6},
    )
    wrong = Books(taken={(TILL, "R-2", LAMP): 3}, parked=frozenset(), refused=1, left={LAMP: 7})

    def found(ours: Books) -> list[tuple[str, int, int]]:
        told = differences(ours, {TILL: counter}, {LAMP: 10}, happened)
        return [(one.what, one.expected, one.found) for one in told]

    assert found(right) == []
    assert found(wrong) == [
        ("till R-1, 85123A: taken", 4, 0),
        ("till R-1, POST: parked", 1, 0),
        ("till R-2, 85123A: taken", 0, 3),
        ("85123A: left", 6, 7),
        ("deliveries parked as a whole", 0, 1),
    ]
    counter.till.put({LAMP: 5})
    assert found(right) == [("till, 85123A: shown", 6, 5)]
    assert right.digest(happened) != wrong.digest(happened)
