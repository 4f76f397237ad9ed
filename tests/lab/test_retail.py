"""Files of real sales: what a line means, what stands on the shelf, and what is refused."""

import gzip
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.core.names import ChannelName, Sku
from stocksync.lab import retail
from stocksync.lab.retail import Invoice, Kind, Line, UnreadableSales
from stocksync.lab.retail_trade import Back, Happened, Shelves, channel_of, fitting
from tests.lab.retail_file import HEAD, real_sales, sales_file

WEB, TILL = ChannelName("web"), ChannelName("till")
LAMP, MUG = Sku("85123A"), Sku("22633")
NOON = datetime(2010, 12, 6, 12, tzinfo=UTC)


def lines(*told: tuple[Sku, int]) -> tuple[Line, ...]:
    return tuple(Line(sku=sku, units=units) for sku, units in told)


def invoice(number: str, *told: tuple[Sku, int], at: datetime = NOON) -> Invoice:
    return Invoice(number=number, at=at, kind=Kind.SALE, lines=lines(*told))


def test_an_invoice_is_its_lines_in_their_order(tmp_path: Path) -> None:
    path = sales_file(
        tmp_path, "536365 08:26 85123A 6", "536366 08:28 22633 1", "536365 08:26 POST 1"
    )

    sales = retail.read(path)

    first = datetime(2010, 12, 6, 8, 26, tzinfo=UTC)
    assert sales.invoices[0] == invoice("536365", (LAMP, 6), (Sku("POST"), 1), at=first)
    assert [one.number for one in sales.invoices] == ["536365", "536366"]
    assert sales.lines == 3


def test_a_line_below_zero_is_a_cancellation_on_a_c_invoice_and_else_an_adjustment(
    tmp_path: Path,
) -> None:
    path = sales_file(
        tmp_path,
        "536365 08:26 85123A 6",
        "536365 08:26 22633 -2",
        "C536379 09:41 85123A -1",
        "536589 16:50 21777 -10",
    )

    found = [(one.number, one.kind, one.lines) for one in retail.read(path).invoices]

    assert found == [
        ("536365", Kind.SALE, lines((LAMP, 6))),
        ("536365", Kind.ADJUSTMENT, lines((MUG, 2))),
        ("C536379", Kind.CANCELLATION, lines((LAMP, 1))),
        ("536589", Kind.ADJUSTMENT, lines((Sku("21777"), 10))),
    ]


def test_goods_begin_with_five_digits_or_dcgs_and_keep_their_case(tmp_path: Path) -> None:
    path = sales_file(
        tmp_path,
        "1 08:00 85123A 100",
        "1 08:00 85123a 100",
        "1 08:00 DCGS0076 100",
        "1 08:00 C2 100",
        "1 08:00 dcgs 100",
        "1 08:00 1234 100",
        "1 08:00 POST 100",
    )

    sales = retail.read(path)

    assert sales.opening() == {"85123A": 95, "85123a": 95, "DCGS0076": 95}
    assert sales.unmapped() == ["1234", "C2", "POST", "dcgs"]


def test_the_opening_stock_is_95_percent_of_what_is_sold_and_one_at_least(tmp_path: Path) -> None:
    path = sales_file(
        tmp_path,
        "1 08:00 85123A 30",
        "2 08:01 85123A 16",
        "C3 08:02 85123A -16",
        "4 08:03 22633 1",
        "5 08:04 21777 -10",
    )

    assert retail.read(path).opening() == {"85123A": 43, "22633": 1, "21777": 0}


def test_one_day_is_played_alone_and_opens_with_its_own_stock(tmp_path: Path) -> None:
    path = tmp_path / "two-days.csv"
    told = ("1,2010-12-06T08:00,85123A,,20,", "2,2010-12-07T08:00,85123A,,100,")
    path.write_text("\n".join((HEAD, *told)), encoding="utf-8")

    sales = retail.read(path).on(date(2010, 12, 6))

    assert [one.number for one in sales.invoices] == ["1"]
    assert sales.opening() == {"85123A": 19}
    with pytest.raises(UnreadableSales) as refused:
        retail.read(path).on(date(2010, 12, 25))
    told_days = "nothing happens on 2010-12-25; there are 2010-12-06, 2010-12-07"
    assert str(refused.value) == told_days


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("invoice,at,sku\n", "no column quantity; its first line must name"),
        ("", "no column invoice, at, sku, quantity"),
        (f"{HEAD}\n", "no line is of goods; a SKU of goods begins with five digits"),
        (f"{HEAD}\n1,2010-12-06T08:00,POST,,1,\n", "no line is of goods"),
        (f"{HEAD}\n1,2010-12-06T08:00,85123A,,six,\n", "line 2: quantity is 'six'"),
        (f"{HEAD}\n1,2010-12-06T08:00,85123A,,0,\n", "line 2: quantity is '0'"),
        (f"{HEAD}\n1,yesterday,85123A,,6,\n", "line 2: at is 'yesterday'; write it as"),
        (f"{HEAD}\n1,2010-12-06T08:00,,,6,\n", "line 2: its sku is empty"),
        (f"{HEAD}\n,2010-12-06T08:00,85123A,,6,\n", "line 2: its invoice is empty"),
        (f'{HEAD}\n1,2010-12-06T08:00,"85123A,,6,\n', "this is not CSV"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_names_the_place_and_the_way_out(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableSales) as refused:
        retail.read(path)

    assert str(path) in str(refused.value)
    assert said in str(refused.value)


def test_a_gzip_that_was_cut_off_or_is_none_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(f"{HEAD}\n1,2010-12-06T08:00,85123A,,6,\n".encode())
    cut, noise = tmp_path / "cut.csv.gz", tmp_path / "noise.csv.gz"
    cut.write_bytes(whole[:-12])
    noise.write_bytes(b"\xff\xfe\xfd")

    with pytest.raises(UnreadableSales, match="cannot be unpacked"):
        retail.read(cut)
    with pytest.raises(UnreadableSales, match="neither UTF-8 nor gzip"):
        retail.read(noise)


def test_an_invoice_stays_on_its_channel_whatever_else_is_played() -> None:
    channels = [ChannelName("woocommerce"), ChannelName("shopify"), TILL]

    spread = Counter(channel_of(invoice(str(n)), channels, 1) for n in range(900))
    again = [channel_of(invoice(str(n)), channels, 1) for n in range(9, 20)]

    assert again == [channel_of(invoice(str(n)), channels, 1) for n in range(9, 20)]
    assert min(spread[channel] for channel in channels) > 250


def test_a_cancellation_takes_back_the_newest_sales_and_the_rest_has_no_receipt() -> None:
    happened = Happened()
    happened.sold(invoice("1", (LAMP, 6)), WEB, "1001", lines((LAMP, 6)))
    happened.sold(invoice("2", (LAMP, 4)), TILL, "R-1", lines((LAMP, 3), (LAMP, 1), (MUG, 2)))

    first = happened.take_back(lines((LAMP, 5), (MUG, 1)))
    second = happened.take_back(lines((LAMP, 8)))

    assert first == (
        [
            Back(channel=TILL, number="R-1", lines=lines((LAMP, 4), (MUG, 1))),
            Back(channel=WEB, number="1001", lines=lines((LAMP, 1))),
        ],
        [],
    )
    assert second == (
        [Back(channel=WEB, number="1001", lines=lines((LAMP, 5)))],
        list(lines((LAMP, 3))),
    )
    assert happened.taken == {LAMP: -3, MUG: 1}


ACTS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([WEB, TILL]), st.integers(1, 9)), max_size=30
)


@given(ACTS)
def test_what_comes_back_is_what_was_sold_or_has_no_receipt(
    acts: list[tuple[bool, ChannelName, int]],
) -> None:
    happened, held, without = Happened(), Counter[tuple[ChannelName, str]](), 0
    for number, (sells, channel, units) in enumerate(acts):
        if sells:
            one = invoice(str(number), (LAMP, units))
            happened.sold(one, channel, str(number), one.lines)
            held[channel, str(number)] += units
            continue
        backs, left = happened.take_back(lines((LAMP, units)))
        for back in backs:
            held[back.channel, back.number] -= sum(line.units for line in back.lines)
        without += sum(line.units for line in left)
        assert not left or held.total() == 0

    assert min(held.values(), default=0) >= 0
    assert happened.taken[LAMP] == held.total() - without


def test_a_shop_hears_of_the_others_sales_a_minute_later() -> None:
    shelves = Shelves(opening={LAMP: 10})
    shelves.move(WEB, lines((LAMP, 7)), -1, NOON)

    at_once = shelves.shown(WEB, LAMP, NOON), shelves.shown(TILL, LAMP, NOON)
    later = NOON.replace(minute=1)

    assert at_once == (3, 10)
    assert shelves.shown(TILL, LAMP, later) == 3
    assert shelves.shown(TILL, Sku("POST"), later) is None


@given(st.lists(st.tuples(st.sampled_from([WEB, TILL]), st.integers(1, 6), st.integers(0, 9))))
def test_alone_in_its_minute_no_sale_goes_below_zero(
    asked: list[tuple[ChannelName, int, int]],
) -> None:
    shelves, left = Shelves(opening={LAMP: 12}), 12
    for minute, (channel, units, many) in enumerate(asked):
        at = NOON.replace(hour=minute // 60, minute=minute % 60)
        wanted = lines(*((LAMP, units) for _ in range(many)))
        there = shelves.shown(channel, LAMP, at)
        sold = fitting(wanted, {LAMP: there}.get)
        shelves.move(channel, sold, -1, at)
        left -= sum(line.units for line in sold)
        assert left >= 0
        assert len(sold) == len(wanted) or left < units


def test_a_line_that_does_not_fit_is_left_out_and_the_next_one_is_not() -> None:
    wanted = lines((LAMP, 4), (LAMP, 4), (MUG, 1), (LAMP, 2))

    assert fitting(wanted, {LAMP: 6, MUG: 1}.get) == [wanted[0], wanted[2], wanted[3]]


def test_the_real_file_is_read_as_it_is_described() -> None:
    sales = retail.read(real_sales())

    assert sales.lines == 25_281
    assert Counter(one.kind for one in sales.invoices for _ in one.lines) == {
        Kind.SALE: 24_815,
        Kind.CANCELLATION: 399,
        Kind.ADJUSTMENT: 67,
    }
    assert len(sales.opening()) == 2536
    unmapped = ["AMAZONFEE", "BANK CHARGES", "C2", "D", "DOT", "M", "POST", "S"]
    assert sales.unmapped() == unmapped
    assert len(sales.days) == 9
