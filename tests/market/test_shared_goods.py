"""Goods that are sold under more than one name: sets of others, and variations of one stock."""

from typing import Any

from stocksync.core.names import ChannelName, Sku
from stocksync.sandbox.woocommerce import Shop
from tests.market.cast import MUG, OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens

BOX, SET, TEE = Sku("BOX"), Sku("GIFT-SET"), Sku("TEE")


def with_sets(opens: Opens) -> Street:
    """Open a market that sells mugs, boxes, and sets of two mugs in a box."""

    def furnish(name: ChannelName, shop: Shop) -> None:
        shop.add_product(SET, 4)

    sets: dict[str, Any] = {SET: {MUG: 2, BOX: 1}}
    return opens({MUG: 10, BOX: 4}, bundles=sets, furnish=furnish, more_at_till={SET: 4})


def everywhere(market: Street, sku: Sku) -> set[int]:
    """Return what the channels show of a SKU once all is at rest."""
    market.rest()
    return set(market.shown(sku).values())


def test_a_set_sold_in_one_shop_takes_its_parts_from_every_channel_that_one_too(
    opens: Opens,
) -> None:
    market = with_sets(opens)

    market.web.buy({SET: 1})

    assert everywhere(market, SET) == {3}
    assert (everywhere(market, MUG), everywhere(market, BOX)) == ({8}, {3})
    assert market.writes(WEB, SET) == []
    assert (market.writes(WEB, MUG), market.writes(WEB, BOX)) == ([8], [3])
    assert market.writes(OUTLET, SET) == market.writes(TILL, SET) == [3]


def test_a_part_sold_by_itself_lowers_the_sets_on_its_own_channel_too(opens: Opens) -> None:
    market = with_sets(opens)

    market.web.buy({MUG: 7})

    assert everywhere(market, MUG) == {3}
    assert everywhere(market, SET) == {1}
    assert everywhere(market, BOX) == {4}
    assert (market.writes(WEB, MUG), market.writes(WEB, SET)) == ([], [1])


def test_a_set_that_comes_back_gives_its_parts_to_every_channel(opens: Opens) -> None:
    market = with_sets(opens)
    order = market.web.buy({SET: 2})
    assert everywhere(market, SET) == {2}

    market.web.set_status(order, "cancelled")

    assert everywhere(market, SET) == {4}
    assert (everywhere(market, MUG), everywhere(market, BOX)) == ({10}, {4})
    assert market.writes(WEB, SET) == []


def test_an_order_that_explains_a_part_of_an_edit_of_sets_takes_its_own_parts_out_of_it(
    opens: Opens,
) -> None:
    market = with_sets(opens)
    market.web.knobs.lost_topics = ("order.created", "order.updated")
    market.web.knobs.order_index_lag_s = 400
    market.web.buy({SET: 1})
    market.web.edit_stock(SET, 2)

    market.run(250)
    assert [edit.residual for edit in market.edits(SET)] == [-2]
    assert (market.pool(MUG), market.pool(BOX)) == (6, 2)

    market.run(300)
    (edit,) = market.edits(SET)
    assert edit.taken_back == -1
    assert (everywhere(market, MUG), everywhere(market, BOX)) == ({6}, {2})
    assert (market.pool(MUG), market.pool(BOX)) == (6, 2)
    assert everywhere(market, SET) == {2}


def test_variations_that_sell_from_their_parent_take_from_one_stock(opens: Opens) -> None:
    def shirts(name: ChannelName, shop: Shop) -> None:
        if name == WEB:
            shop.add_variable(TEE, 10, variations={"TEE-S": "parent", "TEE-L": "parent"})

    market = opens({TEE: 10}, furnish=shirts, absent={WEB: [TEE]})
    assert [row.sku for row in market.rows() if row.key.channel == WEB] == [TEE]

    market.web.buy({"TEE-S": 2, "TEE-L": 1})
    assert market.agreed(TEE) == {7}
    assert market.writes(WEB, TEE) == []

    market.till.sell({TEE: 3})
    assert market.agreed(TEE) == {4}
    assert market.writes(WEB, TEE) == [4]
    assert market.web.stock("TEE-S") == market.web.stock("TEE-L") == 4
