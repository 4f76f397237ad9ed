"""Numbers that nobody explains: on goods that never rest, after a doubt, before a late order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stocksync.channels.base import Batch, Channel
from stocksync.core.edits import Verdict
from stocksync.core.moves import NumberMove
from stocksync.core.names import Sku
from stocksync.flow import link, offers, pull
from stocksync.store.session import Database
from tests.market.cast import MUG, WEB, Street, Unlisted
from tests.market.shopify_town import MARKET, town

Opens = Callable[..., Street]
TEE = Sku("TEE")


def busy(market: Street, sales: int) -> None:
    """Sell a mug in the web shop every half minute, with somebody's 80 over ours at first."""
    market.web.edit_stock(MUG, 80)
    for _ in range(sales):
        market.web.buy({"MUG-RED": 1})
        market.run(30)


def test_a_number_typed_on_goods_that_sell_all_the_time_is_taken_over_after_some_looks(
    opens: Opens,
) -> None:
    market = opens({MUG: 30})

    busy(market, 24)

    assert [(edit.verdict, edit.residual) for edit in market.edits()] == [(Verdict.ADOPT, 50)]
    assert market.pool() == 56
    assert market.agreed() == {56}


def test_a_number_typed_on_goods_that_sell_all_the_time_is_written_over_before_it_is_oversold(
    opens: Opens,
) -> None:
    market = opens({MUG: 30}, rules=[{"sku": "*", "manual_edits": "overwrite"}])

    busy(market, 25)

    assert [edit.verdict for edit in market.edits()] == [Verdict.OVERWRITE]
    assert market.pool() == 5
    assert market.agreed() == {5}


def test_what_is_sold_out_elsewhere_is_lowered_though_a_sale_is_unheard_and_orders_are_broken(
    db: Database, tmp_path: Path
) -> None:
    with town(db, tmp_path, {"Main": 10}) as shop:
        shop.market.channels = {MARKET: Unlisted(shop.market.channels[MARKET])}
        shop.deaf = True
        shop.shop.buy({str(MUG): 1})
        shop.adjust(-10)

        shop.run(60)

        assert shop.shown() == {"Main": 0}

        shop.hear("orders/create")
        assert shop.pool() == {"shelf": -1}
        assert shop.row().belief.believed == 0


class SellsAfterAWrite:
    """A channel that sells a mug between our first write and our next look."""

    def __init__(self, channel: Channel, market: Street) -> None:
        self._channel = channel
        self._market: Street | None = market

    def push(self, batch: Batch) -> Any:
        ended = self._channel.push(batch)
        if self._market is not None:
            self._market.web.buy({"MUG-RED": 1})
            self._market = None
        return ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


@pytest.mark.parametrize("late_s", [15, 120, 900])
def test_an_order_that_is_listed_long_after_its_number_was_read_in_doubt_counts_once(
    opens: Opens, late_s: float
) -> None:
    market = opens()
    market.web.knobs.lost_topics = ("order.created", "order.updated", "product.updated")
    market.web.knobs.order_index_lag_s = late_s
    market.between(WEB, lambda channel: SellsAfterAWrite(channel, market))

    market.till.sell({MUG: 1})
    market.run(2000)

    assert market.pool() == 8
    assert market.agreed() == {8}
    assert market.edits() == []


def test_a_late_sale_that_was_suspected_and_then_heard_is_not_taken_for_an_edit_as_well(
    db: Database, tmp_path: Path
) -> None:
    with town(db, tmp_path, {"Main": 20}) as shop:
        shop.shop.knobs.order_index_lag_s = 40
        shop.deaf = True
        shop.shop.buy({str(MUG): 2})
        pull.reconcile(shop.market.outgoing(MARKET))
        while shop.row().belief.suspicion is None:
            shop.run(1)

        shop.hear("orders/create")
        shop.adjust(-10)
        shop.run(400)

        assert shop.pool() == {"shelf": 8}
        assert shop.shown() == {"Main": 8}
        assert shop.edits() == []


def test_an_order_whose_goods_are_known_late_is_taken_out_of_the_edit_at_once(opens: Opens) -> None:
    def shirts(name: str, shop: Any) -> None:
        if name == WEB:
            shop.add_variable(TEE, 10, variations={"TEE-S": "parent"})

    market = opens({TEE: 10}, furnish=shirts, absent={WEB: [TEE]})
    market.web.knobs.lost_topics = ("product.created",)
    market.web.add_variation(TEE, "TEE-L")
    market.web.buy({"TEE-L": 2})
    market.run(200)
    assert [(edit.verdict, edit.residual) for edit in market.edits(TEE)] == [(Verdict.ADOPT, -2)]
    assert market.pool(TEE) == 8

    for _ in link.Linking(one=market.market.outgoing(WEB), learn=False).run():
        pass
    market.run(2)

    (edit,) = market.edits(TEE)
    assert (edit.residual, edit.taken_back) == (-2, -2)
    assert market.pool(TEE) == 8


def test_a_number_of_which_it_is_only_likely_how_it_moved_is_looked_at_and_nothing_is_taken_over(
    opens: Opens,
) -> None:
    market = opens()
    row, now = market.listing(WEB), market.now
    move = NumberMove(
        channel=WEB, listing=row.key.listing, sku=MUG, taken=1, placed_at=now, doubtful=True
    )
    with market.market.database.begin() as tx:
        offers.decide_touched(tx, market.market.trade, offers.Told(moves=[move]), now)
    moved = market.listing(WEB).belief
    assert (moved.believed, moved.doubt) == (row.belief.believed - 1, True)

    market.run(300)

    assert market.pool() == 10
    assert market.agreed() == {10}
    assert market.drift() == [(WEB, 1)]
    assert market.edits() == []
