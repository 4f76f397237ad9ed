"""replay: play a recorded day through the door, and compare with the truth at its end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from stocksync.cli import day
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import shop
from stocksync.cli.saying import FoundWrong, Refused, answer_json
from stocksync.core.names import ChannelName, MerchantName
from stocksync.lab import compare
from stocksync.lab import replay as lab
from stocksync.lab import tape as tapes
from stocksync.lab.private import NotUp, private_up
from stocksync.lab.settled import settle
from stocksync.store.statehash import state_hash
from stocksync.wiring import System, utc_now

SETTLE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a day is played: a running installation, and one channel of it."""

    url: str
    merchant: MerchantName
    channel: ChannelName
    system: System


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a played day ended."""

    tally: lab.Tally
    differences: list[compare.Difference]
    pending: int
    parked: int
    state_hash: str

    @property
    def well(self) -> bool:
        """Return whether everything is booked, and as the truth says."""
        return not self.differences and self.pending == 0


def _speed(context: click.Context, option: click.Parameter, value: str) -> float | None:
    if value == "max":
        return None
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(f"write a number above 0, or max, not {value}")
    return speed


def _later(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise Refused(f"{option.opts[0]} is not available yet")


@click.command(short_help="Play a recorded day through the door, and compare with the truth.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--start",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The state before the day (default: the .start.json beside FILE).",
)
@click.option("--to", "url", help="A running stocksync (default: a private one, ended afterwards).")
@click.option("--channel", default="shop", help="With --to: the channel that plays the shop.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, help="Send everything N times.")
@click.option("--shuffle", type=int, metavar="SEED", help="Send in any order; a seed repeats it.")
@click.option("--only", type=click.Choice(["orders"]), help="What moves stock: orders and edits.")
@click.option(
    "--speed", default="max", callback=_speed, help="Recorded seconds per second, or max."
)
@click.option("--day", callback=_later, help="Not available yet.")
@click.option("--channels", callback=_later, help="Not available yet.")
@click.option("--loss", callback=_later, help="Not available yet.")
@click.option("--duplicates", callback=_later, help="Not available yet.")
@click.option("--down", callback=_later, help="Not available yet.")
@json_option
@installation_options
@click.pass_obj
def replay(asked: Asked, /, **options: Any) -> None:
    """Play a recorded shop day through the door of a running stocksync.

    The opening state is counted in, every delivery is sent as the shop sent it (what is
    not answered is sent again), the staff's edits are booked as adjustments. When all is
    booked, each order line and SKU is compared with the shop's own books: exit 0 if
    everything is equal, 1 if not.
    """
    if options["only"] is None:
        raise Refused(
            "a whole replay, where edits are found through product numbers, is not available "
            "yet; play the orders with: --only orders"
        )
    screen = Console(stderr=True)
    try:
        tape = tapes.read(options["file"], options["start"])
        with _ground(asked, options, tape) as ground:
            verdict = play_day(
                screen,
                ground,
                tape,
                repeat=options["repeat"],
                shuffle=options["shuffle"],
                speed=options["speed"],
            )
    except (tapes.UnreadableTape, NotUp, lab.NoAnswer) as e:
        raise FoundWrong(str(e)) from e
    tell(screen, verdict, as_json=options["as_json"])
    sys.exit(0 if verdict.well else 1)


def play_day(
    screen: Console,
    ground: Ground,
    tape: tapes.Tape,
    *,
    repeat: int = 1,
    shuffle: int | None = None,
    speed: float | None = None,
    meanwhile: Callable[[lab.Tally], None] = lambda tally: None,
) -> Verdict:
    """Play a tape on a ground with a live table, wait until all is booked, and compare."""
    database, trade = ground.system.database, ground.system.trades[ground.merchant]
    lab.open_day(database, trade, ground.channel, tape, utc_now())
    tally = lab.Tally(total=0)
    with day.board(screen, database, ground.merchant, ground.channel) as board:
        for tally in lab.play(
            url=ground.url,
            merchant=ground.merchant,
            channel=ground.channel,
            tape=tape,
            book_edit=lab.edit_booker(database, trade),
            repeat=repeat,
            shuffle=shuffle,
            speed=speed,
        ):
            board.show(tally)
            meanwhile(tally)
        left = settle(database, ground.merchant, SETTLE_S)
    with database.reading() as tx:
        return Verdict(
            tally=tally,
            differences=compare.differences(tx, ground.merchant, ground.channel, tape.truth),
            pending=left.pending,
            parked=left.parked,
            state_hash=state_hash(tx, ground.merchant, trade.chains()),
        )


def tell(screen: Console, verdict: Verdict, *, as_json: bool = False) -> None:
    """Say how the day ended: for people on the screen, for programs as one JSON document."""
    if as_json:
        told = {
            "sent": verdict.tally.sent,
            "answers": verdict.tally.answers,
            "sent_again": verdict.tally.repeated,
            "pending": verdict.pending,
            "parked": verdict.parked,
            "state_hash": verdict.state_hash,
            "differences": [asdict(one) for one in verdict.differences],
        }
        answer_json(told)
        return
    out = Console()
    if verdict.pending:
        out.print(f"{verdict.pending} deliveries still wait after {SETTLE_S:.0f} s")
    if verdict.differences:
        day.show_differences(out, verdict.differences)
    else:
        out.print("Every order line and every SKU is as the shop's own books say.")
    out.print(f"state hash {verdict.state_hash}", highlight=False)


@contextmanager
def private_ground(tape: tapes.Tape) -> Iterator[Ground]:
    """Yield a private installation for a tape's shop."""
    with private_up(lab.CONFIG, {lab.SECRET: tape.start.secret}) as private:
        yield Ground(
            url=private.url, merchant=private.merchant, channel=lab.SHOP, system=private.system
        )


@contextmanager
def _ground(asked: Asked, options: dict[str, Any], tape: tapes.Tape) -> Iterator[Ground]:
    if options["url"] is None:
        with private_ground(tape) as ground:
            yield ground
        return
    with shop(asked) as here:
        channel = ChannelName(options["channel"])
        if (here.name, channel) not in here.system.channels:
            known = ", ".join(here.merchant.channels)
            raise Refused(f"merchant {here.name} has no channel {channel}; it has {known}")
        yield Ground(url=options["url"], merchant=here.name, channel=channel, system=here.system)
