"""Only the active config decides; what it may map now is taken up again."""

import pytest

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId, LocationName, Sku
from stocksync.flow import activate
from stocksync.store import goods, inbox
from stocksync.store.configs import Outdated
from tests.flow.stall import (
    BACK,
    CHANNELS,
    LAMP,
    MUG,
    MUGS,
    TILL,
    WEB,
    House,
    arrival,
    counted,
    minutes,
    order,
    received,
    sale,
    trade,
)


def test_a_process_with_another_config_than_the_active_one_books_nothing(house: House) -> None:
    house.stand({MUG: 5})
    house.put(arrival(order("1", 1, {MUG: 1})))
    activate.activate(house.database, trade(digest="second"), house.now)

    with pytest.raises(Outdated, match="another config"):
        house.drain()

    assert house.states() == {"pending": 1}
    assert house.notes() == 0
    house.trade = trade(digest="second")
    house.drain_all()
    assert house.states() == {"done": 1}


def test_a_delivery_of_a_channel_that_was_gone_is_taken_up_when_it_is_back(house: House) -> None:
    house.stand({MUG: 5})
    house.put(arrival(order("1", 1, {MUG: 1})))
    house.drain({name: one for name, one in CHANNELS.items() if name != WEB})
    parked = house.parked()

    house.trade = trade(digest="second")
    activate.activate(house.database, house.trade, house.now)
    house.drain_all()

    assert [code for code, _ in parked] == ["no-channel"]
    assert house.shelf() == (4, 1, 0, 0)


def test_a_whole_count_of_an_unknown_place_waits_as_a_whole_and_then_zeroes(house: House) -> None:
    house.stand({MUG: 5})
    told = {LAMP: 4, **{Sku(f"SKU-{n}"): 1 for n in range(8)}}
    house.stand({MUG: 3, **told}, BACK)
    house.hear(counted("W", told, minutes(10), "yard", whole=True), channel=TILL)
    parked = house.parked()

    house.trade = trade(names={"yard": LocationName("back")}, digest="second")
    activate.activate(house.database, house.trade, house.now)
    house.drain_all()

    assert [code for code, _ in parked] == ["unknown-location"]
    assert house.shelf(MUG, BACK) == (0, 0, 0, 0)
    assert house.shelf(LAMP, BACK) == (4, 0, 0, 0)


def approve_all(house: House) -> None:
    """Say of everything that is parked that it is right."""
    for row in house.rows():
        with house.database.begin() as tx:
            inbox.reopen(tx, MUGS, row.id, approved=True)
    house.drain_all()


@pytest.mark.parametrize("count_first", [True, False])
def test_goods_that_came_before_a_whole_count_are_in_it_whenever_they_are_heard(
    house: House, count_first: bool
) -> None:
    house.stand({LAMP: 1}, BACK)
    house.stand({MUG: 1})
    came = received("G", {MUG: 5}, minutes(5), BACK)
    count = counted("W", {LAMP: 1}, minutes(10), BACK, whole=True)

    for fact in (count, came) if count_first else (came, count):
        house.hear(fact, channel=TILL)
        approve_all(house)
    house.hear(sale("R", {MUG: 1}, minutes(20), BACK), channel=TILL)

    assert house.shelf(MUG, BACK)[0] == -1


def test_an_older_body_of_a_product_does_not_rename_its_listing(house: House) -> None:
    listing = ListingId("13")

    for sku, version in (("MUG-RED", "2026-11-27T12:00:00"), ("OLD", "2026-11-27T11:00:00")):
        entry = CatalogueEntry(
            listing=listing, sku=sku, owner=listing, managed=True, version=version
        )
        with house.database.begin() as tx:
            goods.list_entries(tx, MUGS, [(WEB, entry)], house.now)

    with house.database.reading() as tx:
        known = goods.catalogue(tx, MUGS, [], {WEB: {listing}}, {})
    assert known.listings[WEB, listing].sku == "MUG-RED"
