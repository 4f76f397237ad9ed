"""replay: play a recorded day through the door, and compare with the truth at its end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from stocksync.cli import day, retail
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import shop
from stocksync.cli.saying import FoundWrong, Refused, answer_json
from stocksync.core.edits import Verdict as Adopted
from stocksync.core.names import ChannelName, MerchantName, Sku
from stocksync.flow.outgoing import Outgoing
from stocksync.lab import compare, opening, stand_in
from stocksync.lab import replay as lab
from stocksync.lab import tape as tapes
from stocksync.lab.private import NotUp, Private, private_up
from stocksync.lab.retail import looks_like_sales
from stocksync.lab.settled import Numbers, settle, settle_numbers
from stocksync.lab.stand_in import StandIn
from stocksync.sandbox.server import serve
from stocksync.store import edits
from stocksync.store.edits import Edit
from stocksync.store.statehash import state_hash
from stocksync.wiring import System, outgoing, utc_now

SETTLE_S = 120.0
NUMBERS_S = 300.0
"""A number that nobody explains waits a minute for its second look; twice, if sales go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a day is played: a running installation, and one channel of it.

    With a `shop` to read and to pull, the day is played whole: edits are found, not told.
    """

    url: str
    merchant: MerchantName
    channel: ChannelName
    system: System
    shop: StandIn | None = None

    @property
    def calling(self) -> Outgoing:
        """Return what calls the shop."""
        one = outgoing(self.system, self.merchant, self.channel)
        if one is None:
            raise LookupError(f"channel {self.channel} only listens")
        return one


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a played day ended."""

    tally: lab.Tally
    differences: list[compare.Difference]
    pending: int
    parked: int
    state_hash: str
    numbers: Numbers
    edits: list[Edit]

    @property
    def well(self) -> bool:
        """Return whether everything is booked, and as the truth says."""
        return not self.differences and self.pending == 0 and self.numbers.settled


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
@click.option(
    "--only",
    type=click.Choice(["orders"]),
    help="Book the staff's edits as the tape tells them (default: find them in the numbers).",
)
@click.option(
    "--speed", default="max", callback=_speed, help="Recorded seconds per second, or max."
)
@click.option("--day", metavar="DAY", help="Of sales: play this day alone, such as 2010-12-06.")
@click.option(
    "--channels",
    metavar="KIND,...",
    default=retail.CHANNELS,
    show_default=True,
    help="Of sales: the sandbox channels that sell them.",
)
@click.option("--loss", metavar="P", default="0%", help="Of sales: webhooks never sent, as 2%.")
@click.option("--duplicates", metavar="P", default="0%", help="Of sales: webhooks sent twice.")
@click.option(
    "--down",
    metavar="CHANNEL:FROM-TO",
    multiple=True,
    help="Of sales: a channel is away, as shopify:12:00-14:00. May be repeated.",
)
@json_option
@installation_options
@click.pass_context
def replay(context: click.Context, /, **options: Any) -> None:
    """Play a recorded shop day through the door of a running stocksync.

    The opening state is counted in, every delivery is sent as the shop sent it (what is
    not answered is sent again). The shop's own numbers can be read meanwhile: the staff's
    edits are found there, after two looks a minute apart. When all is settled, each order
    line and SKU is compared with the shop's own books: exit 0 if everything is equal, 1 if
    not.

    A FILE of sales (.csv, .csv.gz) is sold by sandbox shops and a till instead, each invoice
    by one of them, and at the end everybody's books are compared.
    """
    asked: Asked = context.obj
    sales = looks_like_sales(options["file"])
    retail.refuse_for(context, sales=sales)
    if sales:
        retail.replay_sales(options["file"], options)
    whole = options["only"] is None
    if whole:
        _refuse_what_hides_edits(options)
    screen = Console(stderr=True)
    try:
        tape = tapes.read(options["file"], options["start"])
        with _ground(asked, options, tape, whole=whole) as ground:
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
    shop = ground.shop
    opening.open_day(database, trade, ground.channel, tape, utc_now())
    if shop is not None:
        opening.open_link(ground.calling, tape)
    tally = lab.Tally(total=0)
    numbers = Numbers()
    with day.board(screen, database, ground.merchant, ground.channel) as board:
        for tally in lab.play(
            url=ground.url,
            merchant=ground.merchant,
            channel=ground.channel,
            tape=tape,
            book_edit=None if shop is not None else lab.edit_booker(database, trade),
            before_sending=(lambda delivery: None) if shop is None else shop.show,
            repeat=repeat,
            shuffle=shuffle,
            speed=speed,
        ):
            board.show(tally)
            meanwhile(tally)
        left = settle(database, ground.merchant, SETTLE_S)
        if shop is not None:
            numbers = settle_numbers(ground.calling, NUMBERS_S, board.wait_for)
            left = settle(database, ground.merchant, SETTLE_S)
    with database.reading() as tx:
        return Verdict(
            tally=tally,
            differences=compare.differences(
                tx, ground.merchant, ground.channel, tape.truth, whole=shop is not None
            ),
            pending=left.pending,
            parked=left.parked,
            state_hash=state_hash(tx, ground.merchant, trade.chains()),
            numbers=numbers,
            edits=[
                edit
                for sku in sorted(tape.start.stock)
                for edit in edits.of_sku(tx, ground.merchant, Sku(sku))
            ],
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
            "edits": [_plain(edit) for edit in verdict.edits],
            "unsettled": day.said(verdict.numbers),
        }
        answer_json(told)
        return
    out = Console()
    if verdict.pending:
        out.print(f"{verdict.pending} deliveries still wait after {SETTLE_S:.0f} s")
    if not verdict.numbers.settled:
        out.print(f"after {NUMBERS_S:.0f} s still {day.said(verdict.numbers)}")
    adopted = [one.left for one in verdict.edits if one.verdict is Adopted.ADOPT]
    if adopted:
        up, down = sum(x for x in adopted if x > 0), sum(x for x in adopted if x < 0)
        out.print(
            f"{len(adopted)} numbers that no order explained were adopted: "
            f"{up:+d} and {down:+d} units"
        )
    if verdict.differences:
        day.show_differences(out, verdict.differences)
    else:
        out.print("Every order line and every SKU is as the shop's own books say.")
    out.print(f"state hash {verdict.state_hash}", highlight=False)


def _plain(edit: Edit) -> dict[str, Any]:
    return {
        "sku": edit.sku,
        "units": edit.left,
        "verdict": edit.verdict,
        "why": edit.why,
    }


@contextmanager
def private_ground(tape: tapes.Tape, *, whole: bool = False) -> Iterator[Ground]:
    """Yield a private installation for a tape's shop, and for a `whole` day the shop itself."""
    if not whole:
        with private_up(lab.CONFIG, {lab.SECRET: tape.start.secret}) as private:
            yield _ground_on(private, None)
        return
    shop = StandIn(tape)
    secrets = {
        lab.SECRET: tape.start.secret,
        lab.REST_KEY: stand_in.KEY,
        lab.REST_SECRET: stand_in.SECRET,
    }
    with serve([shop]) as served:
        config = lab.WHOLE_CONFIG.replace("{url}", served.url(shop.name))
        with private_up(config, secrets) as private:
            yield _ground_on(private, shop)


def _ground_on(private: Private, shop: StandIn | None) -> Ground:
    return Ground(
        url=private.url,
        merchant=private.merchant,
        channel=lab.SHOP,
        system=private.system,
        shop=shop,
    )


def _refuse_what_hides_edits(options: dict[str, Any]) -> None:
    """Refuse what makes a late order look like an edit, or leaves no shop to read."""
    if options["url"] is not None:
        raise Refused(
            "a whole day needs a shop whose numbers can be read, so it is played into a private "
            "installation; leave --to out, or play the orders alone with --only orders"
        )
    if options["shuffle"] is not None:
        raise Refused(
            "in any order, numbers come minutes before the orders that explain them, as no shop "
            "sends them; leave --shuffle out, or play the orders alone with --only orders"
        )
    if options["speed"] is not None and options["speed"] < 1:
        raise Refused(
            "slower than recorded, every order is later than the shop sent it, and looks like an "
            "edit meanwhile; use --speed 1 or more, or play the orders alone with --only orders"
        )


@contextmanager
def _ground(
    asked: Asked, options: dict[str, Any], tape: tapes.Tape, *, whole: bool
) -> Iterator[Ground]:
    if options["url"] is None:
        with private_ground(tape, whole=whole) as ground:
            yield ground
        return
    with shop(asked) as here:
        channel = ChannelName(options["channel"])
        if (here.name, channel) not in here.system.channels:
            known = ", ".join(here.merchant.channels)
            raise Refused(f"merchant {here.name} has no channel {channel}; it has {known}")
        yield Ground(url=options["url"], merchant=here.name, channel=channel, system=here.system)
