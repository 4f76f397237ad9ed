"""Push: write the wanted numbers to one channel, lowering ones first, each with one ending."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from stocksync.channels.base import Batch, Ended, Outcome, Target, Write
from stocksync.channels.errors import CallError, Refused
from stocksync.core import flights
from stocksync.core.belief import Way
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ListingId
from stocksync.core.offers import Status
from stocksync.flow import endings, look, pace, settle
from stocksync.flow.endings import Sent
from stocksync.flow.outgoing import Outgoing, back_again
from stocksync.flow.write_rule import may_write
from stocksync.store import batches, beliefs
from stocksync.store.belief_rows import Launch
from stocksync.store.beliefs import Locked
from stocksync.store.ids import new_ids
from stocksync.store.links import Link

_AGAIN = timedelta(seconds=1)
_OFTEN = 10
"""So often a suspect listing is read again before it is lowered over any number."""


def push(one: Outgoing, link: Link) -> bool:
    """Write one batch of what differs; return whether anything was tried."""
    if not _may_speak(one, link):
        return False
    chosen = _choose(one, link)
    return bool(chosen) and _write(one, link, chosen)


def _may_speak(one: Outgoing, link: Link) -> bool:
    """Return whether numbers are written to this channel at all now."""
    return link.live_at is not None and link.halted is None and not one.plan.shadow


def _choose(one: Outgoing, link: Link) -> list[Listing]:
    """Return what one call can write, lowering ones first; hold back what may not be written.

    However long it takes, each listing is looked at once: those held back are due again later
    than the moment at which this began.
    """
    now = one.clock()
    if not one.is_fresh(link, now):
        with one.database.begin() as tx:  # there may be thousands, and none of them may be written
            beliefs.hold_raises(tx, one.trade.name, one.name, now, now + pace.SKIPPED)
    while True:
        with one.database.reading() as tx:
            keys = beliefs.due(tx, one.trade.name, one.name, now, one.reach.batch * 4)
            rows = beliefs.load_some(tx, one.trade.name, keys)
        ready: list[Listing] = []
        held_back: list[ListingKey] = []
        for row in rows:
            if may_write(one, link, row, None):
                ready.append(row)
            else:
                held_back.append(row.key)
        if held_back:
            until = one.clock() + pace.SKIPPED  # or as soon as they are settled
            with one.database.begin() as tx:
                beliefs.hold(tx, one.trade.name, held_back, now, until)
        if ready or not rows:
            ready.sort(key=lambda row: (row.wanted or 0) >= row.belief.believed)
            return ready[: one.reach.batch]


def retry(one: Outgoing, link: Link) -> bool:
    """Send batches without an answer again, byte for byte; return whether one was sent.

    Only an answer ends a flight here: whatever becomes of the second call, the first may
    have landed.
    """
    if not (one.reach.by_key and _may_speak(one, link)):
        return False
    now = one.clock()
    with one.database.reading() as tx:
        found = batches.to_retry(tx, one.trade.name, one.name, now)
    tried = False
    for kept in found:
        last = kept.sent_at + one.reach.sent_within
        again_at = now + pace.backoff(kept.tries + 1)
        if again_at >= last:
            again_at = kept.sent_at + one.reach.dead_after  # its flight is over by then
        with one.database.begin() as tx:
            batches.tried(tx, one.trade.name, one.name, kept.key, kept.tries + 1, again_at)
        if now > last:
            continue  # it could land when its flight is taken for dead
        tried = True
        batch = Batch(
            key=kept.key,
            sent_at=kept.sent_at,
            writes=tuple(_read_write(write) for write in kept.writes),
        )
        sent = [
            Sent(
                key=ListingKey(one.name, write.target.listing),
                flight=kept.open[ListingKey(one.name, write.target.listing)],
                write=write,
                wanted_at=None,
            )
            for write in batch.writes
            if ListingKey(one.name, write.target.listing) in kept.open
        ]
        ended = one.channel.push(batch)
        answered = {
            x.listing: x
            for x in ended
            if x.outcome not in (Outcome.LATER, Outcome.UNKNOWN) or not x.judged
        }
        known = [x for x in sent if x.key.listing in answered]
        endings.end(one, known, answered, called=True)
        back_again(one, link)
    return tried


def let_go(one: Outgoing, left: Sequence[ListingKey]) -> None:
    """Take in that nobody waits any more for the answers of a turn that died.

    Should its worker live after all, without its lease, what it hears only ends its flights.
    """
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, left)
        for row in locked.now.values():
            for flight in row.belief.flights:
                if flight.waiting:
                    row.belief = flights.unanswered(row.belief, flight.id)
            pace.reschedule(row, one.clock())
        beliefs.save(tx, one.trade.name, locked)


def bury(one: Outgoing) -> bool:
    """End the flights that are past any life; return whether any was.

    Nothing of them can land any more. How long that is may have become longer since they left.
    """
    now = one.clock()
    ended = False
    with one.database.reading() as tx:
        over = beliefs.outlived(tx, one.trade.name, one.name, now)
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, over)
        for row in locked.now.values():
            for flight in row.belief.flights:
                if now - flight.sent_at > one.reach.dead_after:
                    row.belief = flights.died(row.belief, flight.id)
                    row.check_at, row.push_at = now, None
                    ended = True
            pace.reschedule(row, now)
        beliefs.save(tx, one.trade.name, locked)
        batches.drop_ended(tx, one.trade.name, one.name)
    return ended


def _write(one: Outgoing, link: Link, chosen: Sequence[Listing]) -> bool:
    """Claim, send and end writes of one call; where the channel compares nothing, read first."""
    keys = [row.key for row in chosen]
    if one.reach.way is Way.COMPARED:
        settle.overrule(one, link, chosen)
        with one.database.begin() as tx:
            locked = beliefs.lock(tx, one.trade.name, keys)
            rows = [row for row in locked.now.values() if may_write(one, link, row, None)]
            batch, sent = _claim(one, rows, one.targets(tx, keys))
            _launch(tx, one, locked, batch, sent)
    else:
        began_at = one.clock()
        free = look.ask(one, keys, began_at)
        asked = [row.key for row in free]
        numbers = look.call(one, link, asked, began_at)
        settle.overrule(one, link, _as_suspected(one, free, numbers))
        with one.database.begin() as tx:
            locked = beliefs.lock(tx, one.trade.name, asked)
            rows = _compared(one, link, locked, numbers, began_at)
            batch, sent = _claim(one, rows, one.targets(tx, asked))
            _launch(tx, one, locked, batch, sent)
            look.called(tx, one)
            if len(sent) < len(asked):
                look.follow_up(tx, one, link, began_at)
    if sent:
        _send(one, link, batch, sent)
    return True


def _as_suspected(
    one: Outgoing, asked: Sequence[Listing], numbers: Mapping[ListingId, int]
) -> list[Listing]:
    """Return suspect listings that still show what they did, with nothing booked since.

    And those that sell so fast that they never do.
    """
    suspect = [row.key for row in asked if row.belief.suspicion is not None]
    if not suspect:
        return []
    with one.database.reading() as tx:
        rows = beliefs.load_some(tx, one.trade.name, suspect)
    return [
        row
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
        if shown is not None and ours and not moved and may_write(one, link, row, shown):
            rows.append(row)
            continue
        look.take_in(row, began_at, numbers, one.clock())
        row.tries += 1
        row.push_at = one.clock() + pace.SKIPPED
    return rows


def _claim(
    one: Outgoing, rows: Iterable[Listing], targets: Mapping[ListingId, Target]
) -> tuple[Batch, list[Sent]]:
    now = one.clock()
    sent: list[Sent] = []
    for row in rows:
        wanted = row.wanted
        target = targets.get(row.key.listing)
        if wanted is None or target is None:
            continue
        (flight,) = new_ids(1)
        row.belief = flights.claim(row.belief, flight, one.reach.way, wanted, now)
        row.version += 1  # a receiver skips what does not come after what it took
        write = Write(
            target=target,
            number=wanted,
            expected=row.belief.flights[-1].expected,
            sequence=row.version,
            status=row.offer.status if row.offer else None,
        )
        sent.append(Sent(key=row.key, flight=flight, write=write, wanted_at=row.wanted_at))
    key = f"push_{new_ids(1)[0]}"
    return Batch(key=key, sent_at=now, writes=tuple(x.write for x in sent)), sent


def _launch(
    tx: Connection, one: Outgoing, locked: Locked, batch: Batch, sent: Sequence[Sent]
) -> None:
    """Commit what is about to leave, and when it may not leave any more."""
    deadline = batch.sent_at + one.reach.sent_within
    dies_at = batch.sent_at + one.reach.dead_after
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


def _send(one: Outgoing, link: Link, batch: Batch, sent: Sequence[Sent]) -> None:
    """Call the channel and write down how each write ended."""
    error: CallError | None = None
    called = False
    if one.clock() > batch.sent_at + one.reach.sent_within:
        # Where a key lets it be repeated, somebody else may have sent it meanwhile.
        over = Outcome.UNKNOWN if one.reach.by_key else Outcome.LATER
        ended: Sequence[Ended] = endings.all_as(sent, over, "its moment had passed")
    else:
        try:
            ended, called = one.channel.push(batch), True
        except CallError as e:
            error = e
            ended = endings.all_as(sent, endings.outcome_of(e), e.detail)
    retry_alone = isinstance(error, Refused) and len(sent) > 1
    if retry_alone:
        ended = endings.all_as(sent, Outcome.LATER, error.detail if error else "")
    endings.end(one, sent, {x.listing: x for x in ended}, called=called)
    if called:
        back_again(one, link)
    if error is not None and not isinstance(error, Refused):
        raise error
    if retry_alone:
        half = len(sent) // 2
        for piece in (sent[:half], sent[half:]):
            with one.database.reading() as tx:
                rows = beliefs.load_some(tx, one.trade.name, [x.key for x in piece])
            _write(one, link, rows)
