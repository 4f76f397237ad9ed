"""status: how long the oldest row waits, and everything that wants a person."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection, Row

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import Column, answer, answer_json, answer_table, lasted, many, visible
from stocksync.core.names import ChannelName
from stocksync.store import views
from stocksync.wiring import utc_now

_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Everything one look at the database told."""

    waiting: views.Waiting
    channels: dict[ChannelName, views.ChannelLine]
    findings: Sequence[Row[Any]]
    incidents: Sequence[Row[Any]]
    questions: Sequence[Row[Any]]


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
            answer_json(_plain(look, now))
        else:
            _say(here, look, now)


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the nearest-rank percentile, or None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def _look(tx: Connection, here: Shop, now: datetime) -> _Look:
    return _Look(
        waiting=views.waiting(tx, here.name),
        channels={name: views.heard(tx, here.name, name, now) for name in here.merchant.channels},
        findings=views.findings_of(tx, here.name),
        incidents=views.open_incidents(tx, here.name),
        questions=views.questions(tx, here.name),
    )


def _plain(look: _Look, now: datetime) -> dict[str, Any]:
    return {
        "inbox_pending": look.waiting.pending,
        "inbox_parked": look.waiting.parked,
        "push_due": None,
        "push_parked": None,
        "oldest_pending_s": _age_s(look.waiting.oldest_at, now),
        "channels": {
            name: {
                "state": _state(line),
                "watermark": None,
                "delay_p50_s": percentile(line.delays_s, 0.50),
                "delay_p99_s": percentile(line.delays_s, 0.99),
            }
            for name, line in look.channels.items()
        },
        "worst_case_oversell": None,
    }


def _state(line: views.ChannelLine) -> str:
    return "silent" if line.heard_at is None else "listening"


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
        sku, since = visible(row.sku), here.local(row.opened_at)
        answer(f"{row.kind}: {here.text(row.units)} {sku} short at {row.location} since {since}")
    _more(look.incidents)
    for row in look.findings[:_LISTED]:
        line = f" line {visible(row.line)}" if row.line else ""
        paper = f"{row.channel} {row.kind} {visible(row.key)}{line}"
        answer(f"look at {paper}: {row.finding}, {here.text(row.units)} units")
    _more(look.findings)
    asked = Counter(row.channel for row in look.questions)
    for channel, count in sorted(asked.items()):
        answer(f"{many(count, 'question waits', 'questions wait')} for a read of {channel}")
    if look.channels:
        _say_channels(here, look)


def _more(rows: Sequence[Row[Any]]) -> None:
    if len(rows) > _LISTED:
        answer(f"... and {len(rows) - _LISTED} more")


def _say_channels(here: Shop, look: _Look) -> None:
    columns = [
        Column("channel"),
        Column("state"),
        Column("last heard", whole=True),
        Column("refused", is_number=True),
        Column("delay p50", is_number=True),
        Column("p99", is_number=True),
    ]
    rows = []
    for name, line in look.channels.items():
        heard = "never" if line.heard_at is None else here.local(line.heard_at)
        delays = (percentile(line.delays_s, part) for part in (0.50, 0.99))
        told = ("-" if delay is None else f"{delay:.1f} s" for delay in delays)
        rows.append([name, _state(line), heard, str(line.refused), *told])
    answer_table(columns, rows)
