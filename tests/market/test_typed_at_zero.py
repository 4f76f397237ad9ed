"""Numbers typed where nothing was left, or far above what was shown: they get their second look."""

import pytest

from stocksync.core.edits import Verdict
from tests.market.cast import MUG, OUTLET, TILL, WEB
from tests.market.conftest import Opens


@pytest.mark.parametrize(("left", "typed"), [(0, 5), (2, 9)])
def test_goods_that_somebody_found_are_taken_over_and_not_written_away_at_once(
    opens: Opens, left: int, typed: int
) -> None:
    market = opens({MUG: 10})
    market.web.buy({"MUG-RED": 10 - left})
    assert market.agreed() == {left}
    market.run(60)
    market.forget()

    market.web.edit_stock(MUG, typed)

    assert market.agreed() == {typed}
    (edit,) = market.edits()
    assert (edit.verdict, edit.residual) == (Verdict.ADOPT, typed - left)
    assert market.writes(WEB) == []
    assert market.shown() == {WEB: typed, OUTLET: typed, TILL: typed}
