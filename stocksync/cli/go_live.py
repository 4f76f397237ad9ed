"""go-live: let our numbers be written to a channel, also again after it was stopped."""

from dataclasses import dataclass, field
from datetime import datetime

import click

from stocksync.cli import foreground
from stocksync.cli.asking import Asked, installation_options
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import FoundWrong, answer, many, talk, visible
from stocksync.cli.sides import linked
from stocksync.flow import link, settle
from stocksync.flow.outgoing import STOPPED, Outgoing
from stocksync.store import beliefs, links, signs
from stocksync.wiring import utc_now

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _First:
    """What the first push would change: each listing as `MUG-RED 7 -> 5`."""

    listings: int
    parked: int
    up: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)
    zeroed: list[str] = field(default_factory=list)


@click.command()
@click.argument("channel")
@click.option("--yes", is_flag=True, help="Do not ask, and mean it even where it looks wrong.")
@installation_options
@click.pass_obj
def go_live(asked: Asked, channel: str, yes: bool) -> None:
    """Show what the first push would change, ask, and let numbers be written from then on.

    A channel that was stopped or halted goes on by the same word, when what stopped it is
    mended.
    """
    with shop(asked) as here:
        (one,) = linked(here, channel)
        now = utc_now()
        if _let_in_again(one, now):
            answer(f"{one.name} is called again")
            known = one.link()
            if known is not None and known.live_at is not None and known.halted is None:
                foreground.wake(here, one.name)
                return
        _show(one, _first(here, one))
        if not yes:
            _ask(one)
        try:
            link.go_live(one, now, sure=yes)
        except link.NotReady as e:
            raise FoundWrong(str(e)) from e
        with here.database.begin() as tx:
            signs.close_incidents(tx, here.name, settle.TOO_MUCH, one.name, now)
        heard = foreground.wake(here, one.name)
    if one.plan.shadow:
        answer(f"{one.name} is live, and `push: shadow` still keeps every number here")
    else:
        answer(f"{one.name} is live")
    if not heard:
        talk(f"numbers are written while `stocksync up` runs, or now: stocksync push {one.name}")


def _let_in_again(one: Outgoing, now: datetime) -> bool:
    """Let a stopped channel be called again; return whether it was stopped.

    Before all else: what must be read before it goes live cannot be read otherwise.
    """
    known = one.link()
    if known is None or known.stopped is None:
        return False
    with one.database.begin() as tx:
        fresh = {"stopped": None, "failures": 0, "not_before": None}
        links.change(tx, one.trade.name, one.name, **fresh)
        signs.close_incidents(tx, one.trade.name, STOPPED, one.name, now)
    return True


def _first(here: Shop, one: Outgoing) -> _First:
    with here.database.reading() as tx:
        rows = beliefs.of_channel(tx, here.name, one.name)
    told = _First(listings=len(rows), parked=sum(row.parked is not None for row in rows))
    for row in rows:
        wanted, shown = row.wanted, max(0, row.belief.believed)
        if row.parked is not None or wanted is None or wanted == shown:
            continue
        said = f"{visible(row.sku)} {here.text(shown)} -> {here.text(wanted)}"
        (told.up if wanted > shown else told.down if wanted else told.zeroed).append(said)
    return told


def _show(one: Outgoing, first: _First) -> None:
    changed = len(first.up) + len(first.down) + len(first.zeroed)
    if not changed:
        answer(f"{one.name}: nothing would change; {many(first.listings, 'listing')} in all")
    else:
        answer(
            f"{one.name}: the first push would change {changed} of "
            f"{many(first.listings, 'listing')}: {len(first.up)} up, {len(first.down)} down, "
            f"{len(first.zeroed)} to zero"
        )
    for words, named in (("to zero", first.zeroed), ("down", first.down), ("up", first.up)):
        for said in named[:_NAMED]:
            answer(f"  {words:<8} {said}")
        if len(named) > _NAMED:
            answer(f"  {words:<8} ... and {len(named) - _NAMED} more")
    if first.parked:
        talk(f"{many(first.parked, 'parked listing')} stay as they are: stocksync listings")


def _ask(one: Outgoing) -> None:
    try:
        sure = click.confirm(f"Let our numbers be written to {one.name}?", err=True)
    except click.Abort:
        sure = False
    if not sure:
        raise FoundWrong(
            "nothing is changed; to go live without being asked: "
            f"stocksync go-live {one.name} --yes"
        )
