"""A Shopify shop that counts two places apart, each of them a location of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stocksync.core.edits import Verdict
from stocksync.store.session import Database
from tests.market.cast import MUG
from tests.market.conftest import Towns
from tests.market.shopify_town import Town, town


@pytest.fixture
def one_place(db: Database, tmp_path: Path) -> Iterator[Town]:
    with town(db, tmp_path, {"Main": 10}) as opened:
        yield opened


@pytest.fixture
def two_places(db: Database, tmp_path: Path) -> Iterator[Town]:
    with town(db, tmp_path, {"Main": 6, "Back": 4}) as opened:
        yield opened


def test_an_import_counts_each_place_apart_and_each_shows_its_own(two_places: Town) -> None:
    assert two_places.pool() == {"shelf": 6, "store": 4}
    assert two_places.wanted() == {"shelf": 6, "store": 4}

    two_places.run(120)

    assert two_places.shown() == {"Main": 6, "Back": 4}
    assert two_places.shop.log.writes == []


def test_a_sale_at_the_counter_of_one_place_is_taken_from_that_place(two_places: Town) -> None:
    two_places.shop.buy({str(MUG): 1}, via="pos", location="Back")

    two_places.run(120)

    assert two_places.pool() == {"shelf": 6, "store": 3}
    assert two_places.shown() == {"Main": 6, "Back": 3}


def test_goods_come_back_to_the_place_that_the_refund_names(two_places: Town) -> None:
    order = two_places.shop.buy({str(MUG): 2})
    two_places.shop.fulfil(order)
    two_places.run(60)
    assert two_places.pool() == {"shelf": 4, "store": 4}

    two_places.shop.refund(order, {str(MUG): 1}, location="Back")
    two_places.run(200)

    assert two_places.pool() == {"shelf": 4, "store": 5}
    assert two_places.shown() == {"Main": 4, "Back": 5}


def test_units_leave_the_books_of_the_place_that_the_shop_sent_them_from(two_places: Town) -> None:
    order = two_places.shop.buy({str(MUG): 2})
    two_places.run(60)
    assert two_places.pool() == {"shelf": 4, "store": 4}

    two_places.shop.move_fulfilment_order(order, "Main", "Back")
    two_places.shop.fulfil(order)
    two_places.run(200)

    assert two_places.pool() == {"shelf": 6, "store": 2}
    assert two_places.shown() == {"Main": 6, "Back": 2}
    assert two_places.edits() == []


def test_units_of_a_place_that_the_shop_does_not_know_are_sold_with_those_of_its_own(
    one_place: Town,
) -> None:
    one_place.adjust(5, "store")
    one_place.run(60)
    assert one_place.shown()["Main"] == 15

    one_place.shop.buy({str(MUG): 12})
    one_place.run(60)

    assert one_place.pool() == {"shelf": 0, "store": 3}
    assert one_place.shown()["Main"] == 3


def test_a_number_typed_at_one_place_becomes_stock_of_that_place(two_places: Town) -> None:
    two_places.shop.edit_stock(str(MUG), 9, location="Back")

    two_places.run(300)

    assert two_places.pool() == {"shelf": 6, "store": 9}
    (edit,) = two_places.edits()
    assert (edit.verdict, edit.residual) == (Verdict.ADOPT, 5)


def test_an_order_that_another_app_made_without_taking_stock_is_made_good_by_lowering(
    two_places: Town,
) -> None:
    two_places.shop.buy({str(MUG): 2}, via="api")
    assert two_places.shown() == {"Main": 6, "Back": 4}

    two_places.run(300)

    assert two_places.pool() == {"shelf": 4, "store": 4}
    assert two_places.shown() == {"Main": 4, "Back": 4}


def test_what_another_app_sold_is_not_taken_for_found_because_the_shop_still_shows_it(
    one_place: Town,
) -> None:
    one_place.run(120)
    one_place.shop.buy({str(MUG): 2}, via="api")
    assert one_place.shown()["Main"] == 10

    one_place.run(600)

    assert one_place.pool() == {"shelf": 8}
    assert one_place.shown()["Main"] == 8
    assert [edit.verdict for edit in one_place.edits()] == [Verdict.OVERWRITE]


def test_more_than_another_app_sold_was_found_by_somebody(one_place: Town) -> None:
    one_place.run(120)
    one_place.shop.buy({str(MUG): 2}, via="api")
    one_place.shop.edit_stock(str(MUG), 17, location="Main")

    one_place.run(600)

    assert one_place.pool() == {"shelf": 17}


def test_a_place_that_orders_are_not_booked_from_shows_its_own_units_all_the_same(
    towns: Towns,
) -> None:
    web = towns({"Main": 6, "Back": 4}, sells_from="shelf")

    web.run(600)

    assert (web.pool(), web.shown()) == ({"shelf": 6, "store": 4}, {"Main": 6, "Back": 4})
    assert web.writes() == []


def test_what_orders_take_from_a_place_that_the_shop_does_not_know_is_not_offered_again(
    towns: Towns,
) -> None:
    web = towns({"Back": 4})
    web.adjust(5, "shelf")
    web.run(120)
    assert web.shown()["Back"] == 9

    web.shop.buy({str(MUG): 3})
    web.run(120)

    assert (sum(web.pool().values()), web.shown()["Back"]) == (6, 6)
