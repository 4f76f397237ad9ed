"""Goods that come and go in a running Shopify shop; nobody runs `link` again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from stocksync.core.facts import CatalogueEntry
from stocksync.core.listing import Listing
from stocksync.core.names import ListingId, Sku
from stocksync.flow import track
from stocksync.store import goods, views
from stocksync.store.session import Database
from tests.market.cast import MUG
from tests.market.shopify_town import MARKET, NAME, Town, town

CUP = "CUP-BLUE"
Opens = Callable[..., Town]


@pytest.fixture
def opens(db: Database, tmp_path: Path) -> Iterator[Opens]:
    """Yield how to open a shop that we look over only once an hour."""
    with ExitStack() as stack:

        def open_(**stock: int) -> Town:
            return stack.enter_context(town(db, tmp_path, stock, levels_every="1h"))

        yield open_


@pytest.fixture
def web(opens: Opens) -> Town:
    """Return a shop of one place, and the five cups that it does not sell yet."""
    opened = opens(Main=10)
    opened.count(CUP, 5)
    return opened


def asked(web: Town) -> list[str]:
    """Return the questions that are open."""
    with web.market.database.reading() as tx:
        return [row.key for row in views.questions(tx, NAME)]


def cup(web: Town) -> Listing:
    """Return the one level that sells cups."""
    (row,) = web.rows(CUP)
    return row


def test_a_new_product_gets_its_number_within_a_minute_and_is_read_before_it_is_written(
    web: Town,
) -> None:
    web.shop.log.calls.clear()

    web.shop.add_product(CUP, 2)
    web.run(60)

    assert (web.pool(CUP)["shelf"], web.shop.stock(CUP)) == (5, 5)
    assert [(one.before, one.expected, one.after) for one in web.shop.log.writes] == [(2, 2, 5)]
    called = [one.operation for one in web.shop.log.calls]
    assert (
        called.index("StocksyncItems")
        < called.index("StocksyncLevels")
        < called.index("StocksyncSet")
    )
    assert "StocksyncBulkStart" not in called
    assert (web.edits(), asked(web)) == ([], [])


def test_what_a_new_product_sold_at_once_is_not_put_up_for_sale_again(web: Town) -> None:
    web.shop.add_product(CUP, 2)
    web.shop.buy({CUP: 1})

    web.run(120)

    assert (web.pool(CUP)["shelf"], web.shop.stock(CUP)) == (4, 4)


def test_a_new_product_that_nobody_here_knows_is_left_alone(web: Town) -> None:
    web.shop.add_product("VASE-01", 3)

    web.run(120)

    assert (web.shop.stock("VASE-01"), web.rows("VASE-01"), asked(web)) == (3, [], [])


def test_a_product_whose_sku_is_written_later_gets_its_number_then(web: Town) -> None:
    web.shop.add_product(None, 2)
    web.run(60)
    assert web.rows(CUP) == []

    web.shop.rename(None, CUP)
    web.run(60)

    assert web.shop.stock(CUP) == 5


def test_goods_that_begin_to_be_counted_in_the_shop_get_their_number_then(web: Town) -> None:
    web.shop.add_product(CUP, 2, tracked=False)
    web.run(60)
    assert web.rows(CUP) == []

    web.shop.set_tracked(CUP, True)
    web.run(60)

    assert web.shop.stock(CUP) == 5


def test_goods_that_a_second_place_stocks_later_get_the_number_of_that_place(
    opens: Opens,
) -> None:
    web = opens(Main=6, Back=4)
    web.count(CUP, 5, "shelf")
    web.count(CUP, 3, "store")
    web.shop.add_product(CUP, {"Main": 1})
    web.run(60)
    assert web.shown(CUP) == {"Main": 5}

    web.shop.activate(CUP, "Back")
    web.run(60)

    assert web.shown(CUP) == {"Main": 5, "Back": 3}
    web.shop.buy({CUP: 1}, via="pos", location="Back")
    web.run(120)
    assert web.pool(CUP) == {"shelf": 5, "store": 2}


def test_a_place_that_nobody_mapped_may_stock_what_it_likes(web: Town) -> None:
    web.shop.add_product(CUP, {"Back": 2})

    web.run(60)

    assert (web.shown(CUP), web.rows(CUP)) == ({"Back": 2}, [])


def test_a_product_whose_webhook_was_lost_is_found_when_somebody_saves_it(web: Town) -> None:
    web.deaf = True
    web.shop.add_product(CUP, 2)
    web.run(60)
    web.deaf = False
    web.run(60)
    assert web.rows(CUP) == []

    web.shop.set_tracked(CUP, True)
    web.run(60)

    assert web.shop.stock(CUP) == 5


def test_an_item_that_is_gone_before_anybody_looked_leaves_nothing_open(web: Town) -> None:
    web.deaf = True
    web.shop.add_product(CUP, 2)
    web.shop.delete_product(CUP)
    web.run(10)
    web.deaf = False

    web.hear("inventory_levels/connect")
    web.run(60)

    assert (web.rows(CUP), asked(web)) == ([], [])
    assert "StocksyncItems" in [one.operation for one in web.shop.log.calls]


def test_a_product_that_is_deleted_is_parked_and_one_made_anew_takes_its_place(web: Town) -> None:
    web.shop.add_product(CUP, 2)
    web.run(60)
    old = cup(web).key

    web.shop.delete_product(CUP)
    web.run(60)
    assert "shows no number for this listing any more" in (cup(web).parked or "")

    web.shop.add_product(CUP, 1)
    web.run(60)

    assert web.shop.stock(CUP) == 5
    assert [row.parked is None for row in web.rows(CUP) if row.key != old] == [True]


def test_goods_that_are_switched_off_where_they_were_sold_are_parked(web: Town) -> None:
    web.shop.add_product(CUP, 2)
    web.run(60)

    web.shop.set_tracked(CUP, False)
    web.run(60)

    assert "shows no number for this listing any more" in (cup(web).parked or "")


def test_a_second_product_of_one_sku_stops_both_numbers(web: Town) -> None:
    web.shop.add_product(CUP, 2)
    web.run(60)

    web.shop.add_product(CUP, 7)
    web.run(60)

    assert len(web.rows(CUP)) == 2
    assert all("stands on 2 entries" in (row.parked or "") for row in web.rows(CUP))
    assert [one.after for one in web.shop.log.writes] == [5]


def test_goods_that_are_renamed_in_the_shop_keep_their_number(web: Town) -> None:
    web.shop.add_product(CUP, 2)
    web.run(60)

    web.shop.rename(CUP, str(MUG) + "-2")
    web.run(60)

    assert cup(web).parked is None
    with web.market.database.reading() as tx:
        listed = goods.entries(tx, NAME, MARKET, [cup(web).key.listing])
    assert [one.sku for one in listed.values()] == [f"{MUG}-2"]

    web.shop.buy({f"{MUG}-2": 1})
    web.run(60)

    assert web.pool(CUP)["shelf"] == 4
    assert web.shown(f"{MUG}-2")["Main"] == 4


def test_a_sale_while_new_goods_begin_to_be_tracked_is_in_the_number_that_they_get(
    web: Town,
) -> None:
    web.deaf = True
    web.shop.add_product(CUP, 2)
    web.run(5)
    listing = ListingId(f"{web.shop.ids(CUP)[2]}@{web.shop.location_id('Main')}")
    entry = CatalogueEntry(
        listing=listing,
        sku=CUP,
        owner=listing,
        managed=True,
        location=f"gid://shopify/Location/{web.shop.location_id('Main')}",
    )
    database, trade = web.market.database, web.market.trade
    sale = Thread(target=lambda: web.adjust(-2, skus=[Sku(CUP)]))
    with database.begin() as tx:
        goods.list_entries(tx, NAME, [(MARKET, entry)], web.market.clock.now)
        track.track_listed(tx, trade, [(MARKET, entry)], web.market.clock.now)
        sale.start()
        sale.join(0.5)
    sale.join()

    assert web.pool(CUP)["shelf"] == cup(web).wanted == 3
