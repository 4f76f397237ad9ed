"""The naive design is honest: it works, and ends in the right stock, at the shops too."""

import psycopg
import pytest

from bench import orders
from bench.naive.running import Naive, naive
from bench.rows import Wrong
from bench.shops import UNITS, Make
from bench.shots import fire
from stocksync.core.names import Sku


@pytest.mark.timeout(120)
def test_the_naive_design_ends_in_the_right_stock_and_a_wrong_one_is_an_error() -> None:
    with naive(Make.TILLS, orders.skus(3)) as here:
        some = here.book.take(5)
        requests = [order.request(here.path) for order in some]

        fire(here.port, [*requests, requests[0]])  # a webhook that comes twice is one sale
        here.settle(some)

        assert stock(here) == {
            Sku("SKU-000000"): UNITS - 5,
            Sku("SKU-000001"): UNITS - 5,
            Sku("SKU-000002"): UNITS - 5,
        }
        assert {
            name: shop.shows("SKU-000001") for name, shop in here.shops.shops.items()
        } == dict.fromkeys(("outlet", "corner", "market"), UNITS - 5)
        with pytest.raises(Wrong, match="not what was sold"):
            here.settle(some[:4])


def stock(here: Naive) -> dict[Sku, int]:
    with psycopg.connect(here.database) as db:
        return dict(db.execute("SELECT sku, units FROM stock").fetchall())
