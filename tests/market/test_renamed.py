"""Goods that get another SKU in the shop: what a listing shows and what its orders take is one."""

from stocksync.core.names import Sku
from tests.market.cast import LAMP, MUG, WEB
from tests.market.conftest import Opens, Towns

CUP = "CUP-BLUE"


def test_a_listing_that_is_renamed_to_other_goods_shows_those_and_sells_those(towns: Towns) -> None:
    web = towns()
    web.count(CUP, 3)

    web.shop.rename(str(MUG), CUP)
    web.run(60)
    assert web.shop.stock(CUP) == 3

    web.shop.buy({CUP: 2})
    web.run(120)
    assert (web.pool(CUP)["shelf"], web.shop.stock(CUP)) == (1, 1)
    assert web.pool() == {"shelf": 10}


def test_the_same_in_a_woocommerce_shop(opens: Opens) -> None:
    market = opens({MUG: 10, LAMP: 5}, absent={WEB: [LAMP]})

    market.web.rename("MUG-RED", "LAST-LAMP")
    market.run(120)
    market.web.buy({"LAST-LAMP": 3})
    market.run(120)

    assert market.web.stock("LAST-LAMP") == market.pool(LAMP) == 2
    assert market.pool() == 10


def test_a_listing_whose_new_name_becomes_known_later_sells_the_old_goods_until_then(
    towns: Towns,
) -> None:
    web = towns()
    web.shop.rename(str(MUG), CUP)
    web.run(60)
    web.shop.buy({CUP: 1})
    web.run(60)
    assert (web.pool(), web.shop.stock(CUP)) == ({"shelf": 9}, 9)

    web.count(CUP, 3)
    web.run(200)

    assert web.shop.stock(CUP) == 3
    assert web.pool() == {"shelf": 9}


def test_two_listings_that_swap_their_skus_swap_their_goods(towns: Towns) -> None:
    web = towns(more=[CUP])
    web.adjust(-7, skus=[Sku(CUP)])
    web.run(60)
    assert (web.shop.stock(str(MUG)), web.shop.stock(CUP)) == (10, 3)

    web.shop.rename(str(MUG), "FOR-NOW")
    web.run(60)
    web.shop.rename(CUP, str(MUG))
    web.run(60)
    web.shop.rename("FOR-NOW", CUP)
    web.run(200)

    assert (web.shop.stock(str(MUG)), web.shop.stock(CUP)) == (10, 3)
    assert not any(row.parked for row in web.rows())


def test_a_listing_that_is_renamed_to_what_another_sells_parks_both(towns: Towns) -> None:
    web = towns(more=[CUP])

    web.shop.rename(CUP, str(MUG))
    web.run(60)

    assert len(web.rows(MUG)) == 2
    assert all("stands on 2 entries" in (row.parked or "") for row in web.rows())
