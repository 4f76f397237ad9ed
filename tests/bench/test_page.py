"""The page: its table and pictures are made by a run, and what people wrote around is kept."""

import re
from pathlib import Path

from bench import page
from bench.rows import Bars, Curves, Mark, Measured, Outcome, Row

MISSED = Row(
    name="lines applied",
    value=1234.4,
    unit="a second",
    against="plain SQL",
    ratio=0.2,
    mark=Mark(text="at least 1/3", bound=1 / 3),
    spread="3 pairs, 0.18 to 0.21",
)
MET = Row(
    name="delay",
    value=0.5,
    unit="ms",
    mark=Mark(text="at most 100 ms", bound=100, at_most=True, of_value=True),
    spread="260 orders",
)


def test_the_table_says_of_each_mark_whether_it_is_met() -> None:
    assert page.table([MISSED, MET]) == (
        "| row | measured | against | ratio | mark | met |\n"
        "|---|---|---|---|---|---|\n"
        "| lines applied | 1,234 a second | plain SQL | 0.20 (3 pairs, 0.18 to 0.21) "
        "| at least 1/3 | **no** |\n"
        "| delay | 0.5 ms |  | 260 orders | at most 100 ms | yes |"
    )


def test_a_run_replaces_its_own_part_of_the_page_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "performance.md"
    file.write_text(f"# Head\n\n{page.BEGIN}\nold\n{page.END}\n\n## What was tried\n")
    bars = Bars(title="Lines booked", unit="a second", bars={"plain": 10.0, "ours": 2.0})
    done = Measured(rows=[MISSED], facts=["200 orders a batch."], picture=bars)
    outcomes = [Outcome(name="apply", measured=done), Outcome(name="road", failed="interrupted")]

    page.write(file, outcomes, ["2 cores"], "today.")

    told = file.read_text()
    assert told.startswith(f"# Head\n\n{page.BEGIN}\n\nMeasured today.\n\n- 2 cores\n")
    assert told.endswith(f"{page.END}\n\n## What was tried\n")
    assert "old" not in told
    assert "- 200 orders a batch." in told
    assert "`road` was not measured: interrupted" in told
    assert "![Lines booked](performance/apply.svg)" in told
    assert texts(tmp_path / "performance" / "apply.svg") >= {"plain", "ours", "10 a second"}


def test_a_picture_of_delays_names_each_curve(tmp_path: Path) -> None:
    curves = Curves(title="Delay", delays_ms={"SQLite": [20.0, 30.0, 900.0], "PostgreSQL": [25.0]})
    done = Measured(rows=[MET], picture=curves)

    page.write(tmp_path / "p.md", [Outcome(name="delay", measured=done)], [], "today.")

    assert texts(tmp_path / "p" / "delay.svg") >= {"SQLite", "PostgreSQL", "1,000 ms", "99%"}


def texts(file: Path) -> set[str]:
    return set(re.findall(r"<text [^>]*>([^<]+)</text>", file.read_text()))
