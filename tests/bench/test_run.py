"""A run: one that fails is told with its reason, and the others are kept."""

from bench.rows import Mark, Measured, Outcome, Row, Size, Wrong
from bench.run import run

ROW = Row(name="one", value=1.0, unit="a second", mark=Mark(text="1", bound=1.0, of_value=True))


def measured(size: Size) -> Measured:
    return Measured(rows=[ROW])


def wrong(size: Size) -> Measured:
    raise Wrong("3 answers and 2 rows")


def interrupted(size: Size) -> Measured:
    raise KeyboardInterrupt


def play(*names: str) -> list[Outcome]:
    known = {"good": measured, "wrong": wrong, "stopped": interrupted}
    return list(run(names, Size.QUICK, lambda name: None, known))


def test_a_row_that_ends_in_the_wrong_state_is_no_number() -> None:
    bad, good = play("wrong", "good")

    assert bad.measured is None
    assert bad.failed == "Wrong: 3 answers and 2 rows"
    assert good.failed is None
    assert good.measured is not None
    assert good.measured.rows == [ROW]


def test_after_an_interruption_nothing_else_begins_and_what_was_measured_is_kept() -> None:
    ended = play("good", "stopped", "good")

    assert [(one.name, one.failed) for one in ended] == [("good", None), ("stopped", "interrupted")]
