"""Delays by the shops' own logs: a sale is over once the last shop shows it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bench.orders import Order
from bench.rows import Wrong
from bench.shops import UNITS, Make, Shops
from stocksync.core.names import ChannelName, Sku

MUG, LAMP = Sku("MUG"), Sku("LAMP")


def wrote(sku: Sku, after: int, at: float) -> SimpleNamespace:
    return SimpleNamespace(sku=sku, after=after, at=datetime.fromtimestamp(at, UTC))


def shops(**writes: list[SimpleNamespace]) -> Shops:
    built = {
        ChannelName(name): SimpleNamespace(log=SimpleNamespace(writes=told))
        for name, told in writes.items()
    }
    return Shops(make=Make.TILLS, shops=built, urls={}, listings={})


def order(number: int, *skus: Sku) -> Order:
    return Order(number=number, lines=[(sku, 1) for sku in skus])


def test_the_last_shop_and_the_last_line_count() -> None:
    here = shops(
        outlet=[wrote(MUG, UNITS - 1, 10.1), wrote(LAMP, UNITS - 1, 10.2)],
        corner=[wrote(LAMP, UNITS - 1, 10.3), wrote(MUG, UNITS - 1, 10.5)],
    )

    assert here.landed([(10.0, order(1, MUG, LAMP))]) == [pytest.approx(0.5)]


def test_one_write_may_tell_of_several_sales() -> None:
    here = shops(outlet=[wrote(MUG, UNITS - 1, 10.1), wrote(MUG, UNITS - 3, 12.0)])
    sold = [(10.0, order(1, MUG)), (10.2, order(2, MUG)), (11.0, order(3, MUG))]

    assert here.landed(sold) == [pytest.approx(0.1), pytest.approx(1.8), pytest.approx(1.0)]


def test_a_sale_that_no_shop_ever_shows_is_an_error() -> None:
    here = shops(outlet=[wrote(MUG, UNITS - 1, 10.1)])

    with pytest.raises(Wrong, match="never"):
        here.landed([(10.0, order(1, MUG)), (10.1, order(2, MUG))])
