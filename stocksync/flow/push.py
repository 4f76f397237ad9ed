"""Push: write the wanted numbers to one channel, lowering ones first, each with one ending."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from stocksync.channels.base import (
    Batch,
    CallError,
    Ended,
    Outcome,
    Refused,
    Target,
    Unknown,
    Write,
)
from stocksync.core import belief as rules
from stocksync.core import standing
from stocksync.core.belief import Way
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ListingId
from stocksync.core.offers import Status
from stocksync.flow import look, pace, settle
from stocksync.flow.outgoing import Outgoing, succeeded
from stocksync.store import batches, beliefs, links
from stocksync.store.beliefs import Launch, Locked
from stocksync.store.ids import new_ids
from stocksync.store.links import Link
from stocksync.store.session import attempts

log = logging.getLogger(__name__)

_AGAIN = timedelta(seconds=1)
_PART = 5
"""In doubt a number is lowered if a fifth of it, or more, is not there any more."""
_SOME = 3
"""So often an unexpected number is read to the end before it is lowered all the same."""
_OFTEN = 10
"""So often a suspect listing is read again before it is lowered over any number."""
_SKIPPED = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One write as it was claimed."""

    key: ListingKey
    flight: int
    write: Write
    wanted_at: datetime | None


def push(one: Outgoing, link: Link) -> bool:
    """Write one batch of what differs; return whether anything was tried."""
    if link.live_at is None or link.halted is not None or one.plan.shadow:
        return False
    now = one.clock()
    with one.database.reading() as tx:
        keys = beliefs.due(tx, one.trade.name, one.name, now, one.reach.batch * 4)
        rows = beliefs.load_some(tx, one.trade.name, keys)
    if not rows:
        return False
    ready: list[Listing] = []
    held_back: list[ListingKey] = []
    for row in rows:
        if _may_write(one, link, row, None):
            ready.append(row)
        else:
            held_back.append(row.key)
    if held_back:
        _hold_back(one, held_back)
    ready.sort(key=lambda row: (row.wanted or 0) >= row.belief.believed)
    chosen = [row.key for row in ready[: one.reach.batch]]
    return bool(chosen) and _write(one, link, chosen)


def retry(one: Outgoing, link: Link) -> bool:
    """Send batches without an answer again, byte for byte; return whether there was one.

    Only an answer ends a flight here: whatever becomes of the second call, the first may
    have landed.
    """
    if not one.reach.by_key:
        return False
    now = one.clock()
    with one.database.reading() as tx:
        found = batches.to_retry(tx, one.trade.name, one.name, now)
    for kept in found:
        with one.database.begin() as tx:
            rest = now + pace.backoff(kept.tries + 1)
            batches.tried(tx, one.trade.name, one.name, kept.key, kept.tries + 1, rest)
        batch = Batch(
            key=kept.key,
            sent_at=kept.sent_at,
            writes=tuple(_read_write(write) for write in kept.writes),
        )
        sent = [
            _Sent(
                key=ListingKey(one.name, write.target.listing),
                flight=kept.open[ListingKey(one.name, write.target.listing)],
                write=write,
                wanted_at=None,
            )
            for write in batch.writes
            if ListingKey(one.name, write.target.listing) in kept.open
        ]
        ended = one.channel.push(batch)
        with one.database.begin() as tx:
            succeeded(tx, one, link)
        answered = {
            x.listing: x for x in ended if x.outcome not in (Outcome.LATER, Outcome.UNKNOWN)
        }
        known = [x for x in sent if x.key.listing in answered]
        _end(one, known, answered)
    return bool(found)


def bury(one: Outgoing) -> None:
    """End what nobody waits for any more: flights past their deadline, and past any life."""
    now = one.clock()
    with one.database.reading() as tx:
        over = beliefs.flying(tx, one.trade.name, one.name, now)
    if not over:
        return
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, over)
        for key, row in locked.now.items():
            for flight in row.belief.flights:
                if flight.id not in over[key]:
                    continue
                if flight.waiting:
                    row.belief = rules.unanswered(row.belief, flight.id)
                if now - flight.sent_at > one.reach.longest_life:
                    row.belief = rules.died(row.belief, flight.id)
                    row.check_at, row.push_at = now, None
            pace.reschedule(row, now)
        beliefs.save(tx, one.trade.name, locked)
        batches.drop_ended(tx, one.trade.name, one.name)


def _may_write(one: Outgoing, link: Link, row: Listing, shown: int | None) -> bool:
    """Return whether the write rule lets this number go; `shown` was read just before."""
    wanted, belief, now = row.wanted, row.belief, one.clock()
    if wanted is None or not row.differs or row.parked is not None or belief.waiting:
        return False
    if wanted > max(belief.likely, 0):
        if not standing.wants_push(row, now):
            return False  # a clipped offer is not topped up at each sale
        surely = shown is None or shown == belief.likely
        return surely and rules.may_raise(belief) and one.is_fresh(link, now)
    if not rules.may_lower(belief, one.reach.way, wanted):
        return False
    if belief.doubt and belief.stale:
        return False  # it shows another number than we think: first it is read to the end
    emergency = _is_emergency(wanted, belief.likely)
    if shown is None:
        return belief.at_rest or emergency
    if shown == belief.likely and belief.at_rest:
        return True
    # A number we did not expect is read to the end first; only if that keeps happening, because
    # the shop sells all the time, it is lowered all the same.
    return (
        emergency
        and wanted < shown
        and belief.suspicion is None
        and (belief.doubt or row.tries >= _SOME)
    )


def _is_emergency(wanted: int, likely: int) -> bool:
    """Return whether so much more is shown than there is that it is lowered even in doubt."""
    return wanted == 0 or (likely - wanted) * _PART >= likely


def _hold_back(one: Outgoing, keys: Sequence[ListingKey]) -> None:
    """Look at these again later, or as soon as they are settled."""
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, keys)
        for row in locked.now.values():
            row.push_at = one.clock() + _SKIPPED
        beliefs.save(tx, one.trade.name, locked)


def _write(one: Outgoing, link: Link, keys: Sequence[ListingKey]) -> bool:
    """Claim, send and end writes of one call; where the channel compares nothing, read first."""
    if one.reach.way is Way.COMPARED:
        settle.overrule(one, link, keys)
        with one.database.begin() as tx:
            locked = beliefs.lock(tx, one.trade.name, keys)
            rows = [row for row in locked.now.values() if _may_write(one, link, row, None)]
            batch, sent = _claim(one, rows, one.targets(tx, keys))
            _launch(tx, one, locked, batch, sent)
    else:
        began_at = one.clock()
        asked = look.ask(one, keys, began_at)
        numbers = look.call(one, link, asked, began_at)
        settle.overrule(one, link, _as_suspected(one, asked, numbers))
        with one.database.begin() as tx:
            locked = beliefs.lock(tx, one.trade.name, asked)
            rows = _compared(one, link, locked, numbers, began_at)
            batch, sent = _claim(one, rows, one.targets(tx, asked))
            _launch(tx, one, locked, batch, sent)
        if len(sent) < len(asked):
            look.follow_up(one, link, began_at)
    if sent:
        _send(one, link, batch, sent)
    return True


def _as_suspected(
    one: Outgoing, asked: Sequence[ListingKey], numbers: Mapping[ListingId, int]
) -> list[ListingKey]:
    """Return suspect listings that still show what they did, with nothing booked since.

    And those that sell so fast that they never do.
    """
    with one.database.reading() as tx:
        rows = beliefs.load_some(tx, one.trade.name, asked)
    return [
        row.key
        for row in rows
        if (odd := row.belief.suspicion) is not None
        and (
            row.tries >= _OFTEN
            or (
                odd.booked == row.belief.booked
                and numbers.get(row.key.listing) == row.belief.likely
            )
        )
    ]


def _compared(
    one: Outgoing,
    link: Link,
    locked: Locked,
    numbers: Mapping[ListingId, int],
    began_at: datetime,
) -> list[Listing]:
    """Return the listings whose number lets them be written; of the others keep the reading."""
    rows = []
    for row in locked.now.values():
        shown = numbers.get(row.key.listing)
        reading = row.belief.reading
        ours = reading is not None and reading.began_at == began_at
        moved = ours and reading is not None and bool(reading.sold or reading.back)
        if shown is not None and ours and not moved and _may_write(one, link, row, shown):
            rows.append(row)
            continue
        look.take_in(row, began_at, numbers, one.clock())
        row.tries += 1
        row.push_at = one.clock() + _SKIPPED
    return rows


def _claim(
    one: Outgoing, rows: Iterable[Listing], targets: Mapping[ListingId, Target]
) -> tuple[Batch, list[_Sent]]:
    now = one.clock()
    sent: list[_Sent] = []
    for row in rows:
        wanted = row.wanted
        target = targets.get(row.key.listing)
        if wanted is None or target is None:
            continue
        (flight,) = new_ids(1)
        row.belief = rules.claim(row.belief, flight, one.reach.way, wanted, now)
        row.version += 1  # a receiver skips what does not come after what it took
        write = Write(
            target=target,
            number=wanted,
            expected=row.belief.flights[-1].expected,
            sequence=row.version,
            status=row.offer.status if row.offer else None,
        )
        sent.append(_Sent(key=row.key, flight=flight, write=write, wanted_at=row.wanted_at))
    key = f"push_{new_ids(1)[0]}"
    return Batch(key=key, sent_at=now, writes=tuple(x.write for x in sent)), sent


def _launch(
    tx: Connection, one: Outgoing, locked: Locked, batch: Batch, sent: Sequence[_Sent]
) -> None:
    """Commit what is about to leave, and when it may not leave any more."""
    life = one.reach.longest_life
    deadline, dies_at = batch.sent_at + life / 2, batch.sent_at + life
    launch = Launch(batch=batch.key, deadline=deadline, dies_at=dies_at)
    beliefs.save(tx, one.trade.name, locked, {x.flight: launch for x in sent})
    if one.reach.by_key and sent:
        writes = [_plain_write(write) for write in batch.writes]
        again = batch.sent_at + _AGAIN
        batches.keep(tx, one.trade.name, one.name, batch.key, batch.sent_at, writes, again)


def _plain_write(write: Write) -> dict[str, Any]:
    target = write.target
    return {
        "listing": target.listing,
        "parent": target.parent,
        "sku": target.sku,
        "number": write.number,
        "expected": write.expected,
        "sequence": write.sequence,
        "status": write.status,
    }


def _read_write(told: Mapping[str, Any]) -> Write:
    status = told["status"]
    return Write(
        target=Target(listing=told["listing"], parent=told["parent"], sku=told["sku"]),
        number=told["number"],
        expected=told["expected"],
        sequence=told["sequence"],
        status=None if status is None else Status(status),
    )


def _send(one: Outgoing, link: Link, batch: Batch, sent: Sequence[_Sent]) -> None:
    """Call the channel and write down how each write ended."""
    error: CallError | None = None
    if one.clock() > batch.sent_at + one.reach.longest_life / 2 and not one.reach.by_key:
        ended: Sequence[Ended] = _all(sent, Outcome.LATER, "its moment had passed")
    else:
        try:
            ended = one.channel.push(batch)
        except CallError as e:
            error = e
            ended = _all(sent, _outcome_of(e), e.detail)
    retry_alone = isinstance(error, Refused) and len(sent) > 1
    if retry_alone:
        ended = _all(sent, Outcome.LATER, error.detail if error else "")
    endings = {x.listing: x for x in ended}
    _end(one, sent, endings)
    if error is None:
        with one.database.begin() as tx:
            succeeded(tx, one, link)
    elif not isinstance(error, Refused):
        raise error
    if retry_alone:
        half = len(sent) // 2
        for piece in (sent[:half], sent[half:]):
            _write(one, link, [x.key for x in piece])


def _outcome_of(error: CallError) -> Outcome:
    if isinstance(error, Unknown):
        return Outcome.UNKNOWN
    if isinstance(error, Refused):
        return Outcome.REFUSED
    return Outcome.LATER


def _all(sent: Iterable[_Sent], outcome: Outcome, words: str) -> list[Ended]:
    return [Ended(listing=x.key.listing, outcome=outcome, words=words) for x in sent]


def _end(one: Outgoing, sent: Sequence[_Sent], ended: Mapping[ListingId, Ended]) -> None:
    """Write the endings down, again if that clashes with somebody: what was sent needs its end."""
    for attempt in attempts(5):
        with attempt, one.database.begin() as tx:
            _write_endings(tx, one, sent, ended)


def _write_endings(
    tx: Connection, one: Outgoing, sent: Sequence[_Sent], ended: Mapping[ListingId, Ended]
) -> None:
    lags: list[float] = []
    locked = beliefs.lock(tx, one.trade.name, [x.key for x in sent])
    now = one.clock()
    for x in sent:
        row = locked.now.get(x.key)
        if row is None or all(flight.id != x.flight for flight in row.belief.flights):
            continue  # somebody else has written its ending
        lag = _end_one(row, x, ended.get(x.key.listing), now)
        lags += [] if lag is None else [lag]
        pace.reschedule(row, now)
    beliefs.save(tx, one.trade.name, locked)
    if one.reach.by_key:
        batches.drop_ended(tx, one.trade.name, one.name)
    links.measure(tx, one.trade.name, "lags", {one.name: lags})


def _end_one(row: Listing, x: _Sent, ended: Ended | None, now: datetime) -> float | None:
    """Write one ending; return how late the channel shows it, if it does."""
    told = ended or Ended(listing=row.key.listing, outcome=Outcome.UNKNOWN)
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
            row.belief = rules.confirmed(row.belief, x.flight, now, told.shown)
            row.confirmed, row.confirmed_at = x.write.number, now
            row.push_at, row.tries = now + pace.write_pause(row.checks), 0
            row.hint = None
            return (now - x.wanted_at).total_seconds() if x.wanted_at else None
        case Outcome.ACCEPTED | Outcome.UNKNOWN:
            row.belief = rules.unanswered(row.belief, x.flight)
        case Outcome.STALE:
            row.belief = rules.refused(row.belief, x.flight, stale=True)
            row.check_at = now + pace.check_pause(row.checks)
            row.push_at = now + _SKIPPED  # or as soon as it is settled what it shows
        case Outcome.REFUSED:
            row.belief = rules.refused(row.belief, x.flight)
            row.parked = told.words or "the channel refused it and did not say why"
        case Outcome.LATER:
            row.belief = rules.unsent(row.belief, x.flight)
            row.tries += 1
            row.push_at = now + pace.backoff(row.tries)
    return None


def _is_delta(row: Listing, x: _Sent) -> bool:
    return any(one.id == x.flight and one.way is Way.DELTA for one in row.belief.flights)
