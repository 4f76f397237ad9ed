"""demo: the whole program on a recorded shop day, with no setting needed."""

import sys
from importlib.resources import as_file, files

import click
from rich.console import Console

from stocksync.cli.replay import play_day, private_ground, tell
from stocksync.cli.saying import FoundWrong
from stocksync.lab import tape as tapes
from stocksync.lab.private import NotUp
from stocksync.lab.replay import NoAnswer

_TAPE = "tape-day-1"


@click.command(short_help="See it work: a recorded shop day, live, on a private installation.")
@click.option(
    "--seconds",
    type=click.IntRange(1, 3600),
    default=20,
    show_default=True,
    help="How long the day takes.",
)
def demo(seconds: int) -> None:
    """Start everything on a private folder and play a real shop's day into it.

    651 signed webhooks, as a WooCommerce shop sent them: late, doubled and out of order.
    At the end every order line and SKU is compared with the shop's own books. Exit 0 only
    if everything is equal.
    """
    screen = Console(stderr=True)
    folder = files("stocksync.lab") / "recordings"
    with as_file(folder) as recordings:
        tape = tapes.read(recordings / f"{_TAPE}.jsonl.gz")
    lasted = (tape.deliveries[-1].at - tape.deliveries[0].at).total_seconds()
    screen.print(
        f"A day of a shop: {len(tape.deliveries)} webhooks about {len(tape.truth.orders)} orders "
        f"and {len(tape.start.stock)} SKUs, {sum(tape.start.stock.values())} units at opening."
    )
    try:
        with private_ground(tape) as ground:
            screen.print(f"stocksync is up on {ground.url}; playing for {seconds} s", style="dim")
            verdict = play_day(screen, ground, tape, speed=lasted / seconds)
    except (NotUp, NoAnswer) as e:
        raise FoundWrong(str(e)) from e
    tell(screen, verdict)
    sys.exit(0 if verdict.well else 1)
