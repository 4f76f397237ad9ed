"""What a Shopify shop does with its own numbers, and what becomes of ours.

The numbers in brackets are the rules of the emulated shop, which has a test of each alone.
"""

from collections.abc import Callable

import pytest

from stocksync.core.edits import Verdict
from stocksync.core.names import Sku
from stocksync.flow import link
from stocksync.sandbox.shopify import OutOfStock
from tests.market.cast import MUG
from tests.market.shopify_town import MARKET, Town

Towns = Callable[..., Town]


def at_the_counter(web: Town) -> None:
    web.shop.buy({str(MUG): 12}, via="pos")


def as_a_draft(web: Town) -> None:
    web.shop.buy({str(MUG): 12}, via="draft")


def on_and_on(web: Town) -> None:
    web.shop.set_policy(str(MUG), "CONTINUE")
    web.shop.buy({str(MUG): 12})


def by_another_app(web: Town) -> None:
    web.shop.buy({str(MUG): 12}, via="api", behaviour="DECREMENT_IGNORING_POLICY")


@pytest.mark.parametrize("sells", [at_the_counter, as_a_draft, on_and_on, by_another_app])
def test_e21_what_a_shop_oversells_is_one_incident_of_that_size(
    towns: Towns, sells: Callable[[Town], None]
) -> None:
    web = towns()

    sells(web)
    web.run(300)

    assert (web.pool(), web.shown()) == ({"shelf": -2}, {"Main": -2})
    assert web.incidents() == [("oversell", "shelf", 2)]
    assert (web.edits(), web.writes()) == ([], [])

    web.shop.buy({str(MUG): 1}, via="pos")
    web.run(300)
    assert web.incidents() == [("oversell", "shelf", 3)]

    web.adjust(3)
    web.run(60)
    assert web.incidents() == []


def test_e22_a_zero_of_ours_ends_the_sales_of_the_shop(towns: Towns) -> None:
    web = towns()

    web.adjust(-10)
    web.run(60)

    assert web.shown() == {"Main": 0}
    with pytest.raises(OutOfStock):
        web.shop.buy({str(MUG): 1})


def test_e24_a_level_that_was_switched_off_is_left_alone_and_shows_our_number_after_a_link(
    towns: Towns,
) -> None:
    web = towns()
    web.shop.deactivate(str(MUG), "Main")
    web.run(120)
    web.adjust(-3)
    web.run(120)

    assert "or at once by: stocksync link market" in (web.row().parked or "")
    assert (web.pool(), web.writes()) == ({"shelf": 7}, [])
    with pytest.raises(OutOfStock):
        web.shop.buy({str(MUG): 1})

    web.shop.activate(str(MUG), "Main")
    assert web.shown() == {"Main": 10}  # it kept its number
    for _ in link.Linking(one=web.market.outgoing(MARKET), learn=False).run():
        pass
    web.run(120)

    assert web.row().parked is None
    assert (web.pool(), web.shown(), web.writes()) == ({"shelf": 7}, {"Main": 7}, [7])
    assert web.edits() == []


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
def test_e24_a_level_that_is_switched_on_again_shows_our_number_without_anybody(
    towns: Towns, told: bool
) -> None:
    web = towns()
    if told:
        for act in ("connect", "disconnect"):
            web.shop.subscriptions.configure(f"inventory_levels/{act}", "http://127.0.0.1/hooks")
    web.shop.deactivate(str(MUG), "Main")
    web.run(120)
    web.adjust(-3)
    web.run(120)
    assert web.row().parked is not None

    web.shop.activate(str(MUG), "Main")
    web.run(30 if told else 120)

    assert web.row().parked is None
    assert (web.pool(), web.shown(), web.edits()) == ({"shelf": 7}, {"Main": 7}, [])


@pytest.mark.parametrize("takes_s", [5, 300], ids=["moments", "minutes"])
def test_e26_a_cancel_whose_refund_comes_later_is_put_back_once_and_alarms_nobody(
    towns: Towns, takes_s: float
) -> None:
    web = towns(knobs={"cancel_takes_s": takes_s})
    order = web.shop.buy({str(MUG): 3})
    web.run(60)

    web.shop.cancel(order, restock=True)
    web.run(takes_s - 1)
    early = (web.incidents(), web.edits(), web.link().halted)
    web.run(900)

    assert early == ([], [], None)
    assert (web.pool(), web.shown()) == ({"shelf": 10}, {"Main": 10})
    assert (web.incidents(), web.edits(), web.writes()) == ([], [], [])


def test_e28_a_fulfilment_order_that_moves_leaves_the_sum_of_all_places_as_it_was(
    towns: Towns,
) -> None:
    web = towns({"Main": 6, "Back": 4})
    order = web.shop.buy({str(MUG): 2})
    web.run(60)
    assert web.shown() == {"Main": 4, "Back": 4}

    web.shop.move_fulfilment_order(order, "Main", "Back")
    assert web.shown() == {"Main": 6, "Back": 2}
    web.run(900)

    assert sum(web.pool().values()) == 8
    assert sum(web.shown().values()) == 8


@pytest.mark.parametrize(
    ("manual_edits", "verdict", "pool", "shown"),
    [
        ("adopt", Verdict.ADOPT, 14, 14),
        ("overwrite", Verdict.OVERWRITE, 10, 10),
        ("alert", Verdict.ASK, 10, 14),
    ],
)
@pytest.mark.parametrize("name", ["available", "on_hand"])
def test_e30_what_staff_type_is_adopted_overwritten_or_asked_about(
    towns: Towns, manual_edits: str, verdict: Verdict, pool: int, shown: int, name: str
) -> None:
    web = towns(written=f"manual_edits: {manual_edits}")

    web.shop.edit_stock(str(MUG), 14, name=name)
    web.run(600)

    assert [(edit.verdict, edit.residual) for edit in web.edits()] == [(verdict, 4)]
    assert (web.pool(), web.shown()) == ({"shelf": pool}, {"Main": shown})


def test_e31_a_sale_inside_our_write_lets_the_swap_fail_and_puts_nothing_back(
    towns: Towns,
) -> None:
    web = towns()
    sold: list[int] = []

    def sell(*_: object) -> None:
        if not sold:
            sold.append(web.shop.buy({str(MUG): 3}))

    web.shop.race(sell)
    web.adjust(5)
    web.run(120)

    assert len(sold) == 1
    assert [one.code for one in web.shop.log.refusals] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert web.writes() == [12]
    assert (web.pool(), web.shown()) == ({"shelf": 12}, {"Main": 12})


def test_e49_a_sku_on_two_items_is_written_to_neither(towns: Towns) -> None:
    others = [Sku(f"SKU-{number}") for number in range(6)]
    web = towns(more=[MUG, *others])
    assert web.link().live_at is not None

    web.adjust(5, skus=[MUG, *others])
    web.run(120)

    assert {one.sku for one in web.shop.log.writes} == set(others)


def test_a_question_about_a_number_outlasts_a_while_without_tracking(towns: Towns) -> None:
    web = towns(written="manual_edits: alert")
    web.shop.edit_stock(str(MUG), 14, location="Main")
    web.run(300)
    question = web.row().parked
    assert question is not None

    web.shop.set_tracked(str(MUG), False)
    web.run(120)
    web.shop.set_tracked(str(MUG), True)
    web.run(300)

    assert (web.row().parked, web.shown(), web.writes()) == (question, {"Main": 14}, [])


def test_twins_stay_parked_after_a_while_without_tracking(towns: Towns) -> None:
    web = towns()
    web.shop.add_product(str(MUG), 2)
    web.run(60)
    assert all("stands on 2 entries" in (row.parked or "") for row in web.rows())

    web.shop.set_tracked(str(MUG), False)
    web.run(120)
    web.shop.set_tracked(str(MUG), True)
    web.run(300)

    assert all("stands on 2 entries" in (row.parked or "") for row in web.rows())
    assert web.writes() == []
