"""Listings that come, go, or are fought over."""

from datetime import timedelta

from stocksync.core.edits import Verdict
from stocksync.core.names import Sku
from stocksync.flow import pull
from tests.market.cast import LAMP, MUG, OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens


def test_both_entries_of_a_doubled_sku_sell_it_and_neither_is_written_to(opens: Opens) -> None:
    market = opens(settings={TILL: {"sku_match": "casefold"}}, more_at_till={"mug-red": 10})
    rows = [row for row in market.rows() if row.key.channel == TILL]
    assert [row.sku for row in rows] == ["MUG-RED", "MUG-RED"]
    assert all("SKU MUG-RED stands on 2 entries of till" in (row.parked or "") for row in rows)

    market.till.sell({"mug-red": 1})
    market.till.sell({"MUG-RED": 2})
    market.run(120)

    assert (market.pool(), market.shown()) == (7, {WEB: 7, OUTLET: 7, TILL: 8})
    assert market.till.shows("mug-red") == 9
    assert market.till.log.writes == []


def test_a_listing_that_was_deleted_in_the_shop_is_parked_and_says_what_to_do(
    market: Street,
) -> None:
    market.web.delete_product("MUG-RED", force=True)

    market.till.sell({"MUG-RED": 1})
    market.run(120)

    assert market.listing(WEB).parked == (
        "the channel shows no number for this listing any more; put it back there or let it keep "
        "stock, and it is found within the hour, or at once by: stocksync link web"
    )
    assert market.pool() == market.outlet.stock("MUG-RED") == 9


def test_a_product_that_appears_in_a_shop_is_kept_right_soon_if_its_sku_is_known(
    opens: Opens,
) -> None:
    market = opens({MUG: 10, LAMP: 5}, absent={WEB: [LAMP]})

    market.web.add_product("LAST-LAMP", 1)
    market.run(120)

    assert market.web.stock("LAST-LAMP") == market.pool(LAMP) == 5


def test_a_product_that_nobody_knows_is_left_alone(market: Street) -> None:
    market.web.add_product("VASE-01", 3)

    market.run(timedelta(minutes=11).total_seconds())

    assert market.web.stock("VASE-01") == 3
    assert Sku("VASE-01") not in {row.sku for row in market.rows()}


def test_a_product_that_is_renamed_to_what_nobody_knows_sells_what_it_sold(market: Street) -> None:
    market.web.rename("MUG-RED", "MUG-CRIMSON")
    market.run(60)

    market.web.buy({"MUG-CRIMSON": 2})
    market.run(60)

    assert market.pool() == market.outlet.stock("MUG-RED") == 8
    assert (market.edits(), market.incidents()) == ([], [])


def test_another_program_that_writes_the_same_number_pauses_the_listing_with_one_incident(
    opens: Opens,
) -> None:
    market = opens(settings={WEB: {"manual_edits": "overwrite"}})

    def rewrite() -> None:
        if market.web.stock("MUG-RED") != 99:
            market.web.edit_stock("MUG-RED", 99)
        market.later(30, rewrite)

    rewrite()
    market.run(600)

    assert market.incidents() == [("another program writes", "web")]
    assert market.listing(WEB).paused_until is not None
    written = market.writes(WEB)
    assert 3 <= len(written) <= 4
    market.run(600)
    assert market.writes(WEB) == written
    assert market.pool() == 10


def test_another_program_is_found_out_even_where_typed_numbers_are_taken_over(
    market: Street,
) -> None:
    def rewrite() -> None:
        if market.web.stock("MUG-RED") != 10:
            market.web.edit_stock("MUG-RED", 10)
        market.later(30, rewrite)

    rewrite()
    for _ in range(8):
        market.outlet.buy({"MUG-RED": 1})
        market.run(75)

    assert market.incidents() == [("another program writes", "web")]
    assert len(market.writes(WEB)) <= 6
    assert {edit.verdict for edit in market.edits()} == {Verdict.OVERWRITE}
    assert (market.pool(), market.outlet.stock("MUG-RED")) == (2, 2)


def test_a_number_is_read_once_more_if_that_is_asked_for_while_a_read_of_it_waits_for_its_orders(
    market: Street,
) -> None:
    pull.reconcile(market.market.outgoing(WEB))
    market.turn(WEB)
    assert market.listing(WEB).belief.reading is not None

    market.night(0.0001)
    asked_at = market.now
    pull.reconcile(market.market.outgoing(WEB))
    market.run(300)

    assert market.listing(WEB).agreed_at >= asked_at
