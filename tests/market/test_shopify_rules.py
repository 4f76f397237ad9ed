"""What a merchant wants done where a Shopify shop does not say what became of units."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stocksync.core.edits import PUT_BACK, Verdict
from stocksync.store.session import Database
from tests.market.cast import MUG
from tests.market.shopify_town import Town, town

Opens = Callable[..., Town]


@pytest.fixture
def opens(db: Database, tmp_path: Path) -> Iterator[Opens]:
    """Yield how to open a shop of ten mugs under rules, one that shows no edit as a refund."""
    with ExitStack() as stack:

        def open_(written: str) -> Town:
            knobs = {"edits_refund": False}
            return stack.enter_context(town(db, tmp_path, {"Main": 10}, written, knobs))

        yield open_


def edited(shop: Town, *, restock: bool) -> None:
    """Sell three mugs, and let the staff take two of them out of the order again."""
    order = shop.shop.buy({str(MUG): 3})
    shop.run(60)
    assert shop.pool() == {"shelf": 7}
    shop.shop.edit_order(order, remove={str(MUG): 2}, restock=restock)
    shop.run(400)


@pytest.mark.parametrize("manual_edits", ["adopt", "overwrite"])
def test_verify_finds_in_the_shops_number_that_it_put_back_what_was_removed(
    opens: Opens, manual_edits: str
) -> None:
    web = opens(f"edit_removal: verify\n    manual_edits: {manual_edits}")

    edited(web, restock=True)

    assert web.pool() == {"shelf": 9}
    assert web.shown() == {"Main": 9}
    (edit,) = web.edits()
    assert (edit.verdict, edit.residual, edit.why) == (Verdict.ADOPT, 2, PUT_BACK)


def test_verify_finds_in_the_shops_number_that_nothing_was_put_back(opens: Opens) -> None:
    web = opens("edit_removal: verify\n    manual_edits: overwrite")

    edited(web, restock=False)

    assert web.pool() == {"shelf": 7}
    assert (web.shown(), web.edits()) == ({"Main": 7}, [])

    # What is typed later is no word about the order any more.
    web.shop.edit_stock(str(MUG), 9)
    web.run(400)

    assert web.pool() == {"shelf": 7}
    assert [edit.verdict for edit in web.edits()] == [Verdict.OVERWRITE]


def test_a_cancelled_order_that_nobody_put_back_is_free_again_by_rule_ten_minutes_later(
    opens: Opens,
) -> None:
    web = opens("cancel_without_restock: restock")
    order = web.shop.buy({str(MUG): 3})
    web.run(60)

    web.shop.cancel(order, restock=False)
    web.run(300)
    assert (web.pool()["shelf"], web.shown()["Main"]) == (7, 7)

    web.run(400)
    assert (web.pool()["shelf"], web.shown()["Main"]) == (10, 10)
