"""What a measurement says: the keys that scripts read, and whether a mark is met."""

import json
from pathlib import Path

import pytest

from bench.pairs import Pairs
from bench.rows import Mark, Measured, Outcome, Row
from bench.run import save
from stocksync.flow.pace import percentile

QUARTER = Mark(text="at least 1/4", bound=0.25)
TENTH_S = Mark(text="at most 100 ms", bound=100, at_most=True, of_value=True)


def door(ratio: float) -> Row:
    return Row(
        name="durable answers",
        value=1234.5678,
        unit="a second",
        against="an empty route",
        ratio=ratio,
        mark=QUARTER,
        spread="3 pairs, 0.20 to 0.30",
    )


def delay(value: float) -> Row:
    return Row(name="delay", value=value, unit="ms", mark=TENTH_S)


@pytest.mark.parametrize(("ratio", "met"), [(0.26, True), (0.25, True), (0.24, False)])
def test_a_ratio_meets_its_mark_or_not(ratio: float, met: bool) -> None:
    assert door(ratio).met is met


@pytest.mark.parametrize(("value", "met"), [(99.0, True), (100.0, True), (100.1, False)])
def test_a_value_meets_its_mark_or_not(value: float, met: bool) -> None:
    assert delay(value).met is met


def test_a_ratio_may_have_to_stay_below() -> None:
    within = Mark(text="within 1.3 x", bound=1.3, at_most=True)

    assert within.met(value=900.0, ratio=1.2)
    assert not within.met(value=1.0, ratio=1.4)


def test_the_results_are_a_list_of_rows_with_seven_keys(tmp_path: Path) -> None:
    file = tmp_path / "results" / "latest.json"
    rows = (door(0.2), delay(80.0))

    save(file, [Outcome(name="all", measured=Measured(rows=rows)), Outcome(name="x", failed="y")])

    assert json.loads(file.read_bytes()) == [
        {
            "row": "durable answers",
            "value": 1234.568,
            "unit": "a second",
            "against": "an empty route",
            "ratio": 0.2,
            "mark": "at least 1/4",
            "met": False,
        },
        {
            "row": "delay",
            "value": 80.0,
            "unit": "ms",
            "against": None,
            "ratio": None,
            "mark": "at most 100 ms",
            "met": True,
        },
    ]


def test_pairs_tell_the_median_of_their_ratios_and_how_far_they_lie_apart() -> None:
    pairs = Pairs(ours=[10, 30, 20], theirs=[100, 100, 100])

    assert pairs.value == 20
    assert pairs.against == 100
    assert pairs.ratio == 0.2
    assert pairs.spread == "3 pairs, 0.10 to 0.30"


def test_one_in_a_hundred_lies_above_p99() -> None:
    values = [float(number) for number in range(1, 201)]

    assert percentile(values, 0.5) == 101.0
    assert percentile(values, 0.99) == 199.0
