"""listings: what every listing should show, what it shows, and what stands between."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import (
    Column,
    FoundWrong,
    answer,
    answer_json,
    answer_table,
    many,
    talk,
    visible,
)
from stocksync.cli.sides import doing, sides
from stocksync.cli.stock import unknown
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, Sku
from stocksync.core.standing import Side, State, state_of, trouble_of
from stocksync.store import beliefs, links, views
from stocksync.store.links import Link
from stocksync.wiring import utc_now

_WAITING = (State.DUE, State.IN_FLIGHT, State.UNKNOWN, State.SUSPECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One listing, with its word and what keeps it."""

    row: Listing
    state: State
    error: str | None


@click.command()
@click.argument("sku", required=False)
@json_option
@installation_options
@click.pass_obj
def listings(asked: Asked, sku: str | None, as_json: bool) -> None:
    """Show every listing, or those of one SKU: wanted, believed, exposure and state.

    Wanted is what it should show, believed what we think it shows, exposure the most units
    that we may still hear of from it.
    """
    now = utc_now()
    with shop(asked) as here:
        with here.database.reading() as tx:
            known = links.load_all(tx, here.name)
            found = _lines(tx, here, sku, now)
            stocked = [line.sku for line in views.stock_lines(tx, here.name, None)] if sku else []
        if as_json:
            answer_json([_plain(here, line) for line in found])
        if sku is not None and not found:
            told = f"no listing sells {visible(sku)}; match the shops again: stocksync link CHANNEL"
            raise FoundWrong(told if sku in stocked else unknown(here, sku, stocked))
        if as_json:
            return
        for name in here.merchant.channels:
            if name in known and (sku is None or any(x.row.key.channel == name for x in found)):
                _say_channel(here, known[name], found, now)
        if not known:
            talk("no channel is linked yet; begin with: stocksync import CHANNEL")
        if found:
            _say(here, found)


def _lines(tx: Connection, here: Shop, sku: str | None, now: datetime) -> list[_Line]:
    if sku is None:
        rows = beliefs.load(tx, here.name)
    else:
        rows = beliefs.of_skus(tx, here.name, [Sku(sku)])
    known = sides(tx, here)
    return [_line(row, known[row.key.channel], now) for row in rows if row.key.channel in known]


def _line(row: Listing, side: Side, now: datetime) -> _Line:
    return _Line(row=row, state=state_of(row, side, now), error=trouble_of(row, side, now))


def _plain(here: Shop, line: _Line) -> dict[str, Any]:
    row = line.row
    return {
        "merchant": here.name,
        "channel": row.key.channel,
        "sku": row.sku,
        "listing": row.key.listing,
        "wanted": None if row.wanted is None else here.number(row.wanted),
        "believed": here.number(row.belief.believed),
        "exposure": here.number(row.belief.exposure),
        "state": line.state,
        "confirmed_at": row.confirmed_at,
        "error": line.error,
    }


def _say_channel(here: Shop, link: Link, found: list[_Line], now: datetime) -> None:
    name: ChannelName = link.channel
    told = doing(here, link, now)
    answer(f"{name} is {told.state}: {told.words}" + (f"; {told.way_out}" if told.way_out else ""))
    states = Counter(line.state for line in found if line.row.key.channel == name)
    waits = [f"{states[state]} {state}" for state in _WAITING if states[state]]
    if waits:
        answer(f"  of {many(states.total(), 'listing')}: {', '.join(waits)}; stocksync settle")
    if states[State.PARKED]:
        parked = many(states[State.PARKED], "listing waits", "listings wait")
        answer(f"  {parked} for you: see what each says below")


def _say(here: Shop, found: list[_Line]) -> None:
    columns = [
        Column("channel"),
        Column("sku"),
        Column("listing"),
        *(Column(name, is_number=True) for name in ("wanted", "believed", "exposure")),
        Column("state"),
        Column("confirmed", whole=True),
        Column(""),
    ]
    answer_table(columns, [_row(here, line) for line in found])


def _row(here: Shop, line: _Line) -> list[str]:
    row = line.row
    confirmed = "-" if row.confirmed_at is None else here.local(row.confirmed_at)
    # What holds for a whole channel stands above the table already.
    error = line.error if line.state is State.PARKED or row.paused_until is not None else None
    return [
        row.key.channel,
        visible(row.sku),
        visible(row.key.listing),
        "-" if row.wanted is None else here.text(row.wanted),
        here.text(row.belief.believed),
        here.text(row.belief.exposure),
        line.state,
        confirmed,
        visible(error or ""),
    ]
