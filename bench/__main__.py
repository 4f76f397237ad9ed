"""`make bench`: measure everything side by side, and tell which marks are met.

`python -m bench quick` takes some minutes, `full` half an hour; `--only door` measures one thing.
The rows are kept in bench/results/latest.json; `--write` puts them into the page, with pictures.
"""

import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench import machine, page
from bench.rows import Outcome, Row, Size
from bench.run import MEASUREMENTS, run, save

_ROOT = Path(__file__).parents[1]
RESULTS = _ROOT / "bench" / "results" / "latest.json"
PAGE = _ROOT / "docs" / "reference" / "performance.md"


@click.command()
@click.argument("size", type=click.Choice(list(map(str, Size))), default="quick")
@click.option("--only", multiple=True, type=click.Choice(sorted(MEASUREMENTS)))
@click.option("--write", is_flag=True, help="Put the numbers into docs/reference/performance.md.")
def main(size: str, only: tuple[str, ...], write: bool) -> None:
    """Measure, show the table, and keep it. Exit 1 if something could not be measured."""
    logging.disable(logging.CRITICAL)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    talk, out = Console(stderr=True), Console(soft_wrap=True)
    began, load = datetime.now(UTC), machine.load()
    names = [name for name in MEASUREMENTS if not only or name in only]
    outcomes: list[Outcome] = []
    with talk.status("measuring") as status:
        for one in run(names, Size(size), lambda name: status.update(f"measuring {name}")):
            outcomes.append(one)
            save(RESULTS, outcomes)
            talk.print(_said(one))
    rows = [row for one in outcomes if one.measured for row in one.measured.rows]
    out.print(_table(rows))
    for one in outcomes:
        for fact in one.measured.facts if one.measured else ():
            out.print(f"{one.name}: {fact}")
    if write:
        how = f"{began:%Y-%m-%d} by `make bench ARGS={size}`; at the beginning: {load}."
        page.write(PAGE, outcomes, list(machine.described()), how)
    sys.exit(1 if len(rows) == 0 or any(one.failed for one in outcomes) else 0)


def _said(one: Outcome) -> str:
    if one.failed is not None:
        return f"{one.name} was not measured: {one.failed}"
    return f"{one.name} measured in {one.took_s:.0f} s"


def _table(rows: list[Row]) -> Table:
    table = Table("row", "measured", "against", "ratio", "mark", "met")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(
            row.name,
            f"{page.number(row.value)} {row.unit}",
            row.against or "",
            f"{ratio}\n{row.spread}" if ratio else row.spread,
            row.mark.text,
            "yes" if row.met else "no",
            style=None if row.met else "bold",
        )
    return table


if __name__ == "__main__":
    main()
