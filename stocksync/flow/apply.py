"""Apply: turn stored deliveries into stock.

A drain empties the inbox in batches, one commit each. A batch that fails is halved
until the delivery that fails is alone, and that one is parked (DESIGN 3).
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import Connection
from tenacity import (
    RetryError,
    Retrying,
    stop_after_delay,
    wait_random_exponential,
)

from stocksync.channels.base import Channel, Delivery
from stocksync.channels.errors import Unreadable
from stocksync.core.account import Heard, PaperId
from stocksync.core.facts import (
    AskAgain,
    CatalogueChanged,
    CatalogueEntry,
    Fact,
    Flag,
    Ignored,
    LookAgain,
    OrderSlips,
    OrderSnapshot,
    Paper,
    PaperKind,
    Shows,
    SomethingMissed,
    Vanished,
)
from stocksync.core.listing import ListingKey
from stocksync.core.names import ChannelName, EventId, InboxId
from stocksync.core.plan import Trade
from stocksync.flow import books, late, offers, pace, track, whole_count
from stocksync.store import goods, inbox, links, notes, signs
from stocksync.store.configs import Outdated
from stocksync.store.inbox import Ending, State, Stored
from stocksync.store.session import Database, attempts, is_transient

log = logging.getLogger(__name__)

BATCH_MOST = 200
"""The most deliveries one transaction applies."""
_CUT = timedelta(milliseconds=50)
_LINGER_S = 0.01
_LINGERS = 3
_GIVE_BACK_S = 5.0
_TURN_S = 2.0
"""A merchant in a rush makes way for the others this often."""

Channels = Mapping[ChannelName, Channel]
Clock = Callable[[], datetime]
Wake = Callable[[set[ChannelName]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one drain did; `more` if it stopped so that others get their turn."""

    applied: int
    more: bool


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What one batch of deliveries said, and how each of them ends."""

    told: list[tuple[Stored, books.Told]] = field(default_factory=list)
    entries: list[tuple[ChannelName, CatalogueEntry]] = field(default_factory=list)
    asks: dict[tuple[ChannelName, str], str] = field(default_factory=dict)
    flags: dict[PaperId, Flag] = field(default_factory=dict)
    vanished: list[tuple[PaperId, Vanished, Heard]] = field(default_factory=list)
    hints: dict[ListingKey, offers.Hint] = field(default_factory=dict)
    looks: set[ListingKey] = field(default_factory=set)
    delays: dict[ChannelName, list[float]] = field(default_factory=lambda: defaultdict(list))
    endings: dict[int, Ending] = field(default_factory=dict)


def drain(
    database: Database,
    trade: Trade,
    channels: Channels,
    clock: Clock,
    ring_again: Callable[[], None] = lambda: None,
    wake: Wake = lambda channels: None,
    *,
    lingers_most: int = _LINGERS,
) -> Drained:
    """Apply every delivery that waits, batch by batch, and linger a moment for more.

    `ring_again` is called before a full batch is worked on, so that another drain can
    begin on the rest, or take over if this one dies. `wake` is called after each commit
    with the channels that have something new to show.
    """
    applied, most, lingers = 0, BATCH_MOST, 0
    alone_first = False
    started = time.monotonic()
    while time.monotonic() - started < _TURN_S:
        with database.begin() as tx:
            note = notes.write(tx, trade.name, most, clock(), alone_first=alone_first)
        alone_first = not alone_first  # by turns: a rush must not keep the others waiting
        if note is None:
            if lingers == lingers_most:
                return Drained(applied=applied, more=False)
            lingers += 1
            time.sleep(_LINGER_S)
            continue
        if len(note.rows) == most:
            ring_again()
        began = time.monotonic()
        worked = _work(database, trade, channels, clock, note, wake)
        applied += worked
        if worked:
            lingers = 0
        if database.is_sqlite:
            # The door waits for SQLite's one lock while a batch works.
            slow = timedelta(seconds=time.monotonic() - began) > _CUT
            most = max(10, most // 2) if slow else min(BATCH_MOST, most * 2)
    return Drained(applied=applied, more=True)


def _work(
    database: Database,
    trade: Trade,
    channels: Channels,
    clock: Clock,
    note: notes.Note,
    wake: Wake,
) -> int:
    """Apply the rows of one note; whatever happens, the note goes with its last row."""
    if note.tries > inbox.TRIES_MAX:
        reason = f"its worker died {inbox.TRIES_MAX} times while it was applied alone"
        _park(database, trade, note, clock(), "deadly", reason)
        return 1
    pieces = [list(note.rows)]
    applied = 0
    while pieces:
        rows = pieces.pop(0)
        done = _Applied(left=[], awake=set())
        try:
            for attempt in attempts(4):
                with attempt, database.begin() as tx:
                    if not notes.hold(tx, trade.name, note, clock()):
                        return applied  # taken for dead: somebody else has these rows now
                    done = _apply(tx, trade, channels, rows, clock())
                    if not pieces and not done.left:
                        notes.drop(tx, trade.name, note)
            wake(done.awake)
        except Exception as error:
            if is_transient(error) or isinstance(error, Outdated):
                _let_go(database, trade, note)
                raise
            if len(rows) > 1:
                half = len(rows) // 2
                pieces[:0] = [rows[:half], rows[half:]]
                continue
            log.exception("delivery failed merchant=%s inbox=%s", trade.name, rows[0])
            single = replace(note, rows=(rows[0],))
            _park(database, trade, single, clock(), "failed", _words(error), keep_note=bool(pieces))
        if done.left:
            pieces.insert(0, done.left)
        applied += len(rows) - len(done.left)
    return applied


def _words(error: Exception) -> str:
    """Say what went wrong, in letters that every database can keep."""
    told = f"applying it failed: {type(error).__name__}: {error}"
    return told[:500].replace("\0", " ").encode("utf-8", "replace").decode()


def _let_go(database: Database, trade: Trade, note: notes.Note) -> None:
    """Give the rows back: the database, not a delivery, was the trouble."""
    try:
        for attempt in Retrying(
            stop=stop_after_delay(_GIVE_BACK_S), wait=wait_random_exponential(0.1, max=1)
        ):
            with attempt, database.begin() as tx:
                notes.give_back(tx, trade.name, note)
    except RetryError:
        log.warning("note was left behind merchant=%s note=%s", trade.name, note.id)


def _park(
    database: Database,
    trade: Trade,
    note: notes.Note,
    now: datetime,
    code: str,
    reason: str,
    *,
    keep_note: bool = False,
) -> None:
    with database.begin() as tx:
        if not notes.hold(tx, trade.name, note, now):
            return
        endings = [
            Ending(id=row, state=State.PARKED, code=code, reason=reason) for row in note.rows
        ]
        inbox.end(tx, trade.name, endings, now)
        if not keep_note:
            notes.drop(tx, trade.name, note)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applied:
    """What one transaction left for the next, and the channels that have something to do."""

    left: list[InboxId]
    awake: set[ChannelName]


def _apply(
    tx: Connection, trade: Trade, channels: Channels, ids: Sequence[InboxId], now: datetime
) -> _Applied:
    """Apply deliveries in one transaction: gather, decide, write.

    Some may be left for the next one: a count of a whole location looks at what stands
    there, so all that came before it is committed first.
    """
    batch = _Batch()
    rows: list[tuple[Stored, Sequence[Fact]]] = []
    left: list[InboxId] = []
    for row in inbox.load(tx, trade.name, ids):
        facts = [] if left else _translate(batch, channels, row)
        if left or (rows and whole_count.is_told(facts)):
            left.append(row.id)
        else:
            rows.append((row, facts))
    for row, facts in rows:
        _sort(batch, row, facts)
    whole_count.complete(tx, trade, batch.told, batch.endings, now)
    goods.list_entries(tx, trade.name, batch.entries, now)
    told_now = [told for _, told in batch.told]
    channels_told = {one.channel for one in told_now}
    moments = [one.moments for one in told_now]
    # What names no moment, as an order that is gone, may be of any.
    named = all(moments) and not batch.vanished
    since = min(chain(*moments), default=now) if named else None
    unexplained = late.unexplained(tx, trade, channels_told, now, since)
    gone = [paper for paper, _, _ in batch.vanished]
    also = [*batch.flags, *gone, *late.papers(unexplained)]
    gathered = books.gather(tx, trade, told_now, now, also=also)

    for row, told in batch.told:
        if batch.endings[row.id].state is State.PARKED:
            continue
        taken = gathered.books.take_in(told.channel, told.fact, told.heard, now)
        late_s = _late_s(row, told) if taken.news else None
        if late_s is not None:
            batch.delays[told.channel].append(late_s)
        if taken.ask is not None:
            batch.asks[told.channel, told.paper.key] = taken.ask
        if taken.parked is not None:
            batch.endings[row.id] = Ending(
                id=row.id,
                state=State.PARKED,
                code=taken.parked.code,
                reason=taken.parked.text,
            )

    for order, vanished, heard in batch.vanished:
        gathered.books.vanish(order, vanished.at, heard, now)

    late.explain(tx, trade, gathered.books, unexplained, now)
    awake = books.write(tx, trade, gathered, now, batch.hints, batch.looks)
    # Behind the offers: it decides by the stock that was just written.
    awake |= track.track_listed(tx, trade, batch.entries, now)
    links.measure(tx, trade.name, "delays", batch.delays)
    signs.flag(tx, trade.name, batch.flags, now)
    signs.ask(tx, trade.name, batch.asks, now)
    inbox.end(tx, trade.name, list(batch.endings.values()), now)
    signs.hear(tx, trade.name, {row.channel: row.received_at for row, _ in rows})
    awake |= {row.channel for row, _ in rows if row.read_began_at is not None}
    awake |= {channel for channel, _ in batch.asks}
    return _Applied(left=left, awake=awake)


def _translate(batch: _Batch, channels: Channels, row: Stored) -> Sequence[Fact]:
    """Return what one delivery says; one that nobody understands says nothing and is parked."""
    channel = channels.get(row.channel)
    if channel is None:
        reason = (
            f"channel {row.channel} is not in the config any more; put it back, "
            "or: stocksync parked --drop ID"
        )
        batch.endings[row.id] = Ending(
            id=row.id, state=State.PARKED, code="no-channel", reason=reason
        )
        return ()
    try:
        return channel.translate(delivery_of(row))
    except Unreadable as error:
        batch.endings[row.id] = Ending(
            id=row.id, state=State.PARKED, code=error.code, reason=error.detail
        )
        return ()


def _sort(batch: _Batch, row: Stored, facts: Sequence[Fact]) -> None:
    """Sort what one delivery says by what is done with it."""
    batch.endings.setdefault(row.id, _first_ending(row, facts))
    for fact in facts:
        match fact:
            case OrderSnapshot() | OrderSlips() | Paper():
                heard = Heard(received_at=row.received_at, read_began_at=row.read_began_at)
                told = books.Told(channel=row.channel, fact=fact, heard=heard)
                batch.told.append((row, told))
                batch.flags.pop(told.paper, None)  # a body says more than a flag before it
            case CatalogueChanged():
                batch.entries.extend((row.channel, entry) for entry in fact.entries)
            case AskAgain():
                batch.asks[row.channel, fact.order] = fact.why
                if fact.flag is not None:
                    order = PaperId(row.channel, PaperKind.ORDER, fact.order)
                    batch.flags[order] = fact.flag
            case Vanished():
                order = PaperId(row.channel, PaperKind.ORDER, fact.order)
                heard = Heard(received_at=row.received_at, read_began_at=row.read_began_at)
                batch.vanished.append((order, fact, heard))
            case SomethingMissed():
                batch.asks[row.channel, ""] = fact.why
            case LookAgain():
                batch.looks |= {ListingKey(row.channel, listing) for listing in fact.listings}
            case Shows():
                key = ListingKey(row.channel, fact.listing)
                batch.hints[key] = offers.Hint(number=fact.number, heard_at=row.received_at)
            case Ignored():
                pass


def _late_s(row: Stored, told: books.Told) -> float | None:
    """Return how late we heard of an order's change, by webhook or by pull.

    What is older than any delay is history told again, and says nothing of it.
    """
    changed_at = told.fact.changed_at if isinstance(told.fact, OrderSnapshot) else None
    if changed_at is None:
        return None
    late_s = (row.received_at - changed_at).total_seconds()
    return late_s if 0 <= late_s <= pace.HISTORY_S else None


def _first_ending(row: Stored, facts: Sequence[Fact]) -> Ending:
    for fact in facts:
        if not isinstance(fact, Ignored):
            return Ending(id=row.id, state=State.DONE)
    reasons = "; ".join(fact.reason for fact in facts if isinstance(fact, Ignored))
    return Ending(id=row.id, state=State.IGNORED, reason=reasons or "it says nothing of stock")


def delivery_of(row: Stored) -> Delivery:
    """Return a stored row as the delivery that its channel understands."""
    return Delivery(
        body=row.body,
        headers=row.headers,
        received_at=row.received_at,
        event_id=EventId(row.event),
        stated_at=row.stated_at,
        read_began_at=row.read_began_at,
    )
