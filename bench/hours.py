"""How often an hour of trade ends with an exact pool: python -m bench.hours --sales 300 --typed 4

With `--exact-least 55 --high-most 0` the exit code says whether enough of them were.

Plays one hour a seed (`stocksync.lab.hour`), as many at once as there are cores, and names each
that does not end exact, with what `stocksync why` says of it.
"""

import logging
import multiprocessing
import sys
from functools import partial

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stocksync.core.edits import Verdict
from stocksync.lab.hour import Ended, play
from stocksync.lab.hour_shops import KINDS


@click.command()
@click.option("--seeds", default=60, show_default=True, help="How many hours.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--sales", default=60, show_default=True, help="Sales in the shop, and elsewhere.")
@click.option("--typed", default=0, show_default=True, help="Numbers that somebody types.")
@click.option("--kind", default="woocommerce", show_default=True, type=click.Choice(sorted(KINDS)))
@click.option("--exact-least", type=int, help="Exit 1 if fewer hours end exact.")
@click.option("--high-most", type=int, help="Exit 1 if more hours end too high.")
def main(
    seeds: int,
    first: int,
    sales: int,
    typed: int,
    kind: str,
    exact_least: int | None,
    high_most: int | None,
) -> None:
    """Play hours of trade, and tell how they ended."""
    talk, out = Console(stderr=True), Console()
    one = partial(_play, sales=sales, typed=typed, kind=kind)
    with multiprocessing.Pool() as pool:
        hours = pool.imap(one, range(first, first + seeds))
        ended = list(track(hours, "playing", total=seeds, console=talk, transient=True))
    wrong = [hour for hour in ended if hour.error or hour.shown != hour.wanted]
    if wrong:
        out.print(_table(wrong))
    high, low = (sum(sign * hour.error > 0 for hour in ended) for sign in (1, -1))
    exact = seeds - high - low
    shown = sum(hour.shown != hour.wanted for hour in ended)
    out.print(
        f"{seeds} hours with {sales} sales and {typed} typed numbers: {exact} exact, "
        f"{high} too high, {low} too low; in {shown} the shop shows another number than it should"
    )
    untold = [hour.seed for hour in ended if hour.error and not _said(hour)]
    if untold:
        out.print(f"nothing explains {', '.join(map(str, untold))}")
    too_few = exact_least is not None and exact < exact_least
    too_many = high_most is not None and high > high_most
    sys.exit(1 if untold or too_few or too_many or shown else 0)


def _play(seed: int, sales: int, typed: int, kind: str) -> Ended:
    logging.disable(logging.CRITICAL)
    return play(seed, sales=sales, typed=typed, kind=kind)


def _table(hours: list[Ended]) -> Table:
    table = Table("seed", "pool", "typed, and stood", "what we say of it")
    for hour in hours:
        typed = [f"{one.at:%H:%M:%S} {one.units:+d}" for one in hour.typed if one.stands]
        table.add_row(
            str(hour.seed),
            f"{hour.error:+d}",
            "\n".join(typed),
            "\n".join(_said(hour)),
            end_section=True,
        )
    return table


def _said(hour: Ended) -> list[str]:
    return [
        f"{one.read_at:%H:%M:%S} {one.left:+d} {one.verdict}"
        for one in hour.found
        if one.verdict is not Verdict.ADOPT or one.taken_back
    ]


if __name__ == "__main__":
    main()
