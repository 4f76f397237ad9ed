"""An hour of trade in one shop: the pool ends exact, or, where nothing is compared, too low."""

import pytest

from stocksync.core.edits import Verdict
from stocksync.lab.hour import Ended, play
from stocksync.lab.hour_shops import KINDS

both_shops = pytest.mark.parametrize("kind", sorted(KINDS))


@pytest.mark.timeout(300)
@both_shops
@pytest.mark.parametrize("seed", [3])
def test_without_edits_the_pool_ends_exact(seed: int, kind: str) -> None:
    ended = play(seed, sales=60, kind=kind)

    assert ended.error == 0
    assert ended.shown == ended.wanted
    assert {one.verdict for one in ended.found} <= {Verdict.DRIFT}


@pytest.mark.timeout(300)
@both_shops
@pytest.mark.parametrize("seed", [16])
def test_edits_between_sales_are_adopted(seed: int, kind: str) -> None:
    ended = play(seed, sales=60, typed=3, kind=kind)

    assert len(ended.typed) == 3
    assert ended.error == 0
    assert any(edit.verdict is Verdict.ADOPT for edit in ended.found)


@pytest.mark.timeout(300)
def test_in_a_busy_hour_the_pool_is_never_too_high_and_each_difference_is_told() -> None:
    ended = play(2, sales=300, typed=4)

    assert ended.error <= 0
    if ended.error:
        told = {edit.verdict for edit in ended.found}
        assert told & {Verdict.OVERWRITE, Verdict.DRIFT}
    assert max(0, ended.shown) == max(0, ended.wanted)


def test_one_seed_always_plays_the_same_hour() -> None:
    assert outline(play(4, sales=5)) == outline(play(4, sales=5))


def outline(ended: Ended) -> tuple[int, int, int]:
    return ended.pool, ended.truth, ended.shown
