"""status: how long the oldest row waits, and everything that wants a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection, Row

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import Column, answer, answer_json, answer_table, lasted, many, visible
from stocksync.cli.sides import doing, side_of
from stocksync.core.names import ChannelName
from stocksync.core.standing import State, state_of, wants_push
from stocksync.core.worst import Worst
from stocksync.flow.pace import percentile
from stocksync.flow.worst import worst_case
from stocksync.store import links, views
from stocksync.store.links import Link
from stocksync.store.signs import OVERSELL
from stocksync.wiring import utc_now

_LISTED = 10
_OPEN = (State.DUE, State.IN_FLIGHT, State.UNKNOWN, State.SUSPECT, State.PAUSED, State.PARKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Everything one look at the database told."""

    waiting: views.Waiting
    channels: dict[ChannelName, views.ChannelLine]
    findings: Sequence[Row[Any]]
    incidents: Sequence[Row[Any]]
    questions: Sequence[Row[Any]]
    links: Mapping[ChannelName, Link]
    states: Counter[tuple[ChannelName, State]]
    due: int
    worst: Worst | None


@click.command()
@json_option
@installation_options
@click.pass_obj
def status(asked: Asked, as_json: bool) -> None:
    """Show what waits, what is parked, and how each channel is heard."""
    now = utc_now()
    with shop(asked) as here:
        with here.database.reading() as tx:
            look = _look(tx, here, now)
        if as_json:
            answer_json(_plain(here, look, now))
        else:
            _say(here, look, now)


def _look(tx: Connection, here: Shop, now: datetime) -> _Look:
    linked = links.load_all(tx, here.name)
    known = {name: link for name, link in linked.items() if name in here.merchant.channels}
    near = {name: side_of(here, link) for name, link in known.items()}
    rows = [row for row in views.unsettled_listings(tx, here.name) if row.key.channel in near]
    return _Look(
        waiting=views.waiting(tx, here.name),
        channels={name: views.heard(tx, here.name, name, now) for name in here.merchant.channels},
        findings=views.findings_of(tx, here.name),
        incidents=views.open_incidents(tx, here.name),
        questions=views.questions(tx, here.name),
        links=known,
        states=Counter(
            (row.key.channel, state_of(row, near[row.key.channel], now)) for row in rows
        ),
        due=sum(
            row.parked is None and near[row.key.channel].writes and wants_push(row, now)
            for row in rows
        ),
        worst=worst_case(tx, here.trade, now) if known else None,
    )


def _plain(here: Shop, look: _Look, now: datetime) -> dict[str, Any]:
    worst = None if look.worst is None else look.worst.units
    parked = sum(count for (_, state), count in look.states.items() if state is State.PARKED)
    return {
        "inbox_pending": look.waiting.pending,
        "inbox_parked": look.waiting.parked,
        "push_due": look.due if look.links else None,
        "push_parked": parked if look.links else None,
        "oldest_pending_s": _age_s(look.waiting.oldest_at, now),
        "channels": {name: _plain_channel(here, look, name, now) for name in look.channels},
        "worst_case_oversell": None if worst is None else here.number(worst),
    }


def _plain_channel(here: Shop, look: _Look, name: ChannelName, now: datetime) -> dict[str, Any]:
    link = look.links.get(name)
    delays = _delays(look, name)
    return {
        "state": _state(here, look, name, now),
        "watermark": None if link is None else link.complete_through,
        "delay_p50_s": percentile(delays, 0.50),
        "delay_p99_s": percentile(delays, 0.99),
    }


def _delays(look: _Look, name: ChannelName) -> Sequence[float]:
    """Return how late sales are booked; of a linked channel from the sale itself on."""
    link = look.links.get(name)
    return look.channels[name].delays_s if link is None else link.delays_s


def _state(here: Shop, look: _Look, name: ChannelName, now: datetime) -> str:
    link = look.links.get(name)
    if link is not None:
        return doing(here, link, now).state
    return "silent" if look.channels[name].heard_at is None else "listening"


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _say(here: Shop, look: _Look, now: datetime) -> None:
    waiting = look.waiting
    age = _age_s(waiting.oldest_at, now)
    if age is None:
        answer("Nothing waits: every delivery is booked.")
    else:
        deliveries = many(waiting.pending, "delivery waits", "deliveries wait")
        answer(f"The oldest delivery has waited {lasted(age)}; {deliveries} in all.")
    if waiting.parked:
        wait = many(waiting.parked, "thing waits", "things wait")
        answer(f"{wait} for you: stocksync parked")
    for row in look.incidents[:_LISTED]:
        answer(f"{_incident(here, row)} since {here.local(row.opened_at)}")
    _more(look.incidents)
    for row in look.findings[:_LISTED]:
        line = f" line {visible(row.line)}" if row.line else ""
        paper = f"{row.channel} {row.kind} {visible(row.key)}{line}"
        answer(f"look at {paper}: {row.finding}, {here.text(row.units)} units")
    _more(look.findings)
    asked = Counter(row.channel for row in look.questions)
    for channel, count in sorted(asked.items()):
        answer(f"{many(count, 'question waits', 'questions wait')} for a read of {channel}")
    _say_listings(here, look, now)
    if look.channels:
        _say_channels(here, look, now)


def _say_worst(here: Shop, worst: Worst) -> None:
    if worst.units == 0:
        answer("Nothing can be oversold right now.")
    if worst.unlimited:
        named = {f"{visible(one.sku)} on {one.key.channel}": None for one in worst.unlimited}
        some = ", ".join(list(named)[:_LISTED]) + (", ..." if len(named) > _LISTED else "")
        answer(
            "How much could be oversold has no limit: backorders let the shop sell below zero "
            f"({some})"
        )
    if worst.units:
        answer(f"{here.text(worst.units)} units could be oversold if every channel sold out now:")
    for short in worst.short[:_LISTED]:
        parts = ", ".join(f"{one.key.channel} {here.text(one.units)}" for one in short.exposed)
        units, sellable = here.text(short.units), here.text(short.sellable)
        answer(f"  {units} {visible(short.sku)}: {parts} may still sell, {sellable} to sell")
    _more(worst.short)


def _say_listings(here: Shop, look: _Look, now: datetime) -> None:
    if look.worst is not None:
        _say_worst(here, look.worst)
    for name, link in look.links.items():
        waits = [f"{look.states[name, s]} {s}" for s in _OPEN if look.states[name, s]]
        told = doing(here, link, now)
        if waits:
            answer(f"{name}: {', '.join(waits)}; look at them: stocksync listings")
        if told.way_out:
            answer(f"{name} is {told.state}: {told.words}; {told.way_out}")


def _incident(here: Shop, row: Row[Any]) -> str:
    sku, units = visible(row.sku), here.text(row.units)
    if row.kind == OVERSELL:
        return f"{row.kind}: {units} {sku} short at {row.location}"
    about = f"{sku} on {row.location}" if sku else row.location
    return f"{row.kind}: {about}" + (f", {units} units" if row.units else "")


def _more(rows: Sequence[Any]) -> None:
    if len(rows) > _LISTED:
        answer(f"... and {len(rows) - _LISTED} more")


def _say_channels(here: Shop, look: _Look, now: datetime) -> None:
    columns = [
        Column("channel"),
        Column("state"),
        Column("last heard", whole=True),
        Column("complete through", whole=True),
        Column("refused", is_number=True),
        Column("delay p50", is_number=True),
        Column("p99", is_number=True),
    ]
    rows = []
    for name, line in look.channels.items():
        heard = "never" if line.heard_at is None else here.local(line.heard_at)
        link = look.links.get(name)
        through = link.complete_through if link else None
        complete = "-" if through is None else here.local(through)
        delays = (percentile(_delays(look, name), part) for part in (0.50, 0.99))
        told = ("-" if delay is None else f"{delay:.1f} s" for delay in delays)
        state = _state(here, look, name, now)
        rows.append([name, state, heard, complete, str(line.refused), *told])
    answer_table(columns, rows)
