"""Endings: how each write of a call ended, written down once, whoever hears of it first."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from stocksync.channels.base import Ended, Outcome, Write
from stocksync.channels.errors import CallError, Refused, Unknown
from stocksync.core import flights
from stocksync.core.belief import Way
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ListingId
from stocksync.flow import pace
from stocksync.flow.outgoing import Outgoing, count_call
from stocksync.store import batches, beliefs, links
from stocksync.store.session import attempts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One write as it was claimed."""

    key: ListingKey
    flight: int
    write: Write
    wanted_at: datetime | None


def outcome_of(error: CallError) -> Outcome:
    """Return what became of every write of a call that failed."""
    if isinstance(error, Unknown):
        return Outcome.UNKNOWN
    if isinstance(error, Refused):
        return Outcome.REFUSED
    return Outcome.LATER


def all_as(sent: Iterable[Sent], outcome: Outcome, words: str) -> list[Ended]:
    """Return one and the same ending for each of these writes."""
    return [Ended(listing=x.key.listing, outcome=outcome, words=words) for x in sent]


def end(
    one: Outgoing, sent: Sequence[Sent], ended: Mapping[ListingId, Ended], *, called: bool
) -> None:
    """Write the endings down, again if that clashes with somebody: what was sent needs its end.

    With `called` the call that brought them went well, and is noted with them.
    """
    for attempt in attempts(5):
        with attempt, one.database.begin() as tx:
            _write_endings(tx, one, sent, ended)
            if called:
                count_call(tx, one)


def _write_endings(
    tx: Connection, one: Outgoing, sent: Sequence[Sent], ended: Mapping[ListingId, Ended]
) -> None:
    lags: list[float] = []
    locked = beliefs.lock(tx, one.trade.name, [x.key for x in sent])
    now = one.clock()
    for x in sent:
        row = locked.now.get(x.key)
        if row is None or all(flight.id != x.flight for flight in row.belief.flights):
            continue  # somebody else has written its ending
        told = ended.get(x.key.listing) or Ended(listing=x.key.listing, outcome=Outcome.UNKNOWN)
        if row.confirmed is None and not one.reach.reads_levels:
            told = replace(told, kept=False)  # the first number we hear of is no edit of ours
        lag = _end_one(row, x, told, now)
        lags += [] if lag is None else [lag]
        pace.reschedule(row, now)
    beliefs.save(tx, one.trade.name, locked)
    if one.reach.by_key:
        batches.drop_ended(tx, one.trade.name, one.name)
    links.measure(tx, one.trade.name, "lags", {one.name: lags})


def _end_one(row: Listing, x: Sent, told: Ended, now: datetime) -> float | None:
    """Write one ending; return how late the channel shows it, if it does."""
    if told.outcome is Outcome.CONFIRMED and _is_delta(row, x) and told.shown is None:
        told = replace(told, outcome=Outcome.UNKNOWN)
    log.info(
        "listing pushed",
        extra={
            "channel": row.key.channel,
            "sku": row.sku,
            "quantity": x.write.number,
            "outcome": told.outcome,
            "shown": told.shown,
        },
    )
    match told.outcome:
        case Outcome.CONFIRMED:
            row.belief = flights.confirmed(row.belief, x.flight, now, told.shown)
            row.confirmed, row.confirmed_at = x.write.number, now
            row.push_at, row.tries = now + pace.write_pause(row.checks), 0
            row.hint = None
            return (now - x.wanted_at).total_seconds() if x.wanted_at else None
        case Outcome.ACCEPTED | Outcome.UNKNOWN:
            row.belief = flights.unanswered(row.belief, x.flight)
        case Outcome.STALE:
            row.belief = flights.refused(row.belief, x.flight, stale=True, kept=told.kept)
            row.hint = row.hint if told.shown is None else told.shown
            row.check_at = now + pace.check_pause(row.checks)
            row.push_at = now + pace.SKIPPED  # or as soon as it is settled what it shows
        case Outcome.REFUSED:
            row.belief = flights.refused(row.belief, x.flight)
            row.parked = told.words or "the channel refused it and did not say why"
        case Outcome.LATER:
            row.belief = flights.unsent(row.belief, x.flight)
            row.tries += 1 if told.judged else 0
            row.push_at = now + pace.backoff(row.tries) if told.judged else None
    return None


def _is_delta(row: Listing, x: Sent) -> bool:
    return any(one.id == x.flight and one.way is Way.DELTA for one in row.belief.flights)
