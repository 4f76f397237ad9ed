"""The inbox: all deliveries as they are kept. A row is the truth; the queue only rings."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, bindparam, literal, select, update

from stocksync.core.names import ChannelName, InboxId, MerchantName
from stocksync.store import sql
from stocksync.store.ids import new_ids
from stocksync.store.tables import inbox

TRIES_MAX = 3
"""A delivery that was alone when its worker died this often is parked."""


class State(StrEnum):
    """Where a delivery is: three of the four are ends."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    PARKED = "parked"


class Kept(StrEnum):
    """What became of a delivery at the door."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REUSED = "reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery on its way into the inbox. With `reason` it is parked at once."""

    merchant: MerchantName
    channel: ChannelName
    event: str
    content: str
    received_at: datetime
    body: bytes
    headers: dict[str, str]
    stated_at: datetime | None = None
    read_began_at: datetime | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One delivery as the inbox keeps it."""

    id: InboxId
    channel: ChannelName
    event: str
    received_at: datetime
    read_began_at: datetime | None
    stated_at: datetime | None
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a delivery ended: done, ignored for a reason, or parked for a person."""

    id: InboxId
    state: State
    code: str | None = None
    reason: str | None = None


_PENDING = sql.lockable(
    select(inbox)
    .where(inbox.c.merchant == sql.MERCHANT, sql.among(inbox.c.id, sql.SOME_IDS))
    .where(inbox.c.state == State.PENDING)
    .order_by(inbox.c.id)
)
_ENDING = (
    update(inbox)
    .where(inbox.c.merchant == sql.MERCHANT, sql.among(inbox.c.id, sql.SOME_IDS))
    .values(
        state=bindparam("to_state"),
        code=bindparam("to_code"),
        reason=bindparam("to_reason"),
        ended_at=sql.NOW,
        alone=False,
    )
)
_CONTENTS = select(inbox.c.event, inbox.c.content).where(
    inbox.c.merchant == sql.MERCHANT,
    inbox.c.channel == sql.CHANNEL,
    sql.among(inbox.c.event),
)


class _Key(NamedTuple):
    merchant: str
    channel: str
    event: str


def put(tx: Connection, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Store the arrivals that are new, and return what became of each.

    An id that is known with other content is kept beside it, parked.
    """
    kept: list[Kept] = [Kept.DUPLICATE] * len(arrivals)
    first: dict[_Key, int] = {}
    for place, arrival in enumerate(arrivals):
        first.setdefault(_key(arrival), place)
    # Sorted, so that two doors that store the same ids wait for each other in one order.
    wanted = [arrivals[first[key]] for key in sorted(first)]
    fresh: set[_Key] = set()
    for piece in sql.pieces(wanted, 100):
        fresh |= _insert(tx, piece)
    for key in fresh:
        kept[first[key]] = Kept.NEW
    doubtful = [i for i, state in enumerate(kept) if state is Kept.DUPLICATE]
    known = _contents(tx, [arrivals[place] for place in doubtful])
    beside: dict[_Key, Arrival] = {}
    for place in doubtful:
        arrival = arrivals[place]
        if known[_key(arrival)] != arrival.content:
            kept[place] = Kept.REUSED
            other = _beside(arrival)
            beside[_key(other)] = other
    for piece in sql.pieces([beside[key] for key in sorted(beside)], 100):
        _insert(tx, piece)
    return kept


def load(tx: Connection, merchant: MerchantName, ids: Sequence[InboxId]) -> list[Stored]:
    """Lock and return the pending ones of these rows, oldest first."""
    found = sql.each(tx, _PENDING[sql.is_sqlite(tx)], ids, of_merchant=merchant)
    return [_stored(row) for row in found]


def end(tx: Connection, merchant: MerchantName, endings: Sequence[Ending], now: datetime) -> None:
    """Write one ending per row."""
    groups: dict[tuple[State, str | None, str | None], list[InboxId]] = {}
    for ending in endings:
        groups.setdefault((ending.state, ending.code, ending.reason), []).append(ending.id)
    for (state, code, reason), ids in groups.items():
        told = {"to_state": state, "to_code": code, "to_reason": reason, "now": now}
        for piece in sql.pieces(ids):
            tx.execute(_ENDING, {"of_merchant": merchant, "some": piece, **told})


def oldest_pending(tx: Connection, merchant: MerchantName) -> datetime | None:
    """Return when the first row that still waits was received."""
    # By id, as the index is: a long queue costs no more than a short one.
    return tx.execute(
        select(inbox.c.received_at)
        .where(inbox.c.merchant == merchant, inbox.c.state == State.PENDING)
        .order_by(inbox.c.id)
        .limit(1)
    ).scalar_one_or_none()


def reopen(tx: Connection, merchant: MerchantName, row: InboxId, *, approved: bool) -> bool:
    """Let a parked row be applied again; `approved` lifts the guard that parked it."""
    statement = select(inbox.c.headers).where(
        inbox.c.merchant == merchant, inbox.c.id == row, inbox.c.state == State.PARKED
    )
    headers = tx.execute(sql.locking(tx, statement)).scalar_one_or_none()
    if headers is None:
        return False
    told = orjson.loads(headers)
    if approved:
        told["x-approved"] = "yes"
    tx.execute(
        update(inbox)
        .where(inbox.c.merchant == merchant, inbox.c.id == row)
        .values(
            state=State.PENDING,
            code=None,
            reason=None,
            ended_at=None,
            tries=0,
            headers=orjson.dumps(told).decode(),
        )
    )
    return True


def reopen_coded(tx: Connection, merchant: MerchantName, codes: Sequence[str]) -> None:
    """Let all rows that were parked for one of these reasons be applied again."""
    tx.execute(
        update(inbox)
        .where(inbox.c.merchant == merchant, inbox.c.state == State.PARKED)
        .where(inbox.c.code.in_(codes))
        .values(state=State.PENDING, code=None, reason=None, ended_at=None, tries=0)
    )


def drop(tx: Connection, merchant: MerchantName, row: InboxId, now: datetime) -> bool:
    """End a parked row for good, unapplied; it keeps the reason for which it was parked."""
    dropped = tx.execute(
        update(inbox)
        .where(inbox.c.merchant == merchant, inbox.c.id == row, inbox.c.state == State.PARKED)
        .values(
            state=State.IGNORED,
            reason=literal("dropped by hand: ").concat(inbox.c.reason),
            ended_at=now,
        )
    )
    return dropped.rowcount == 1


def _key(arrival: Arrival) -> _Key:
    return _Key(arrival.merchant, arrival.channel, arrival.event)


def _insert(tx: Connection, arrivals: Sequence[Arrival]) -> set[_Key]:
    rows = [
        _row(arrival, row) for arrival, row in zip(arrivals, new_ids(len(arrivals)), strict=True)
    ]
    return {_Key(*row) for row in tx.execute(_inserting(sql.is_sqlite(tx)), rows)}


@cache
def _inserting(sqlite: bool) -> Any:
    key = [inbox.c.merchant, inbox.c.channel, inbox.c.event]
    statement = sql.inserting(inbox, sqlite=sqlite)
    return statement.on_conflict_do_nothing(index_elements=key).returning(*key)


def _row(arrival: Arrival, row: int) -> dict[str, Any]:
    parked = arrival.reason is not None
    return {
        "merchant": arrival.merchant,
        "id": row,
        "channel": arrival.channel,
        "event": arrival.event,
        "content": arrival.content,
        "received_at": arrival.received_at,
        "read_began_at": arrival.read_began_at,
        "stated_at": arrival.stated_at,
        "headers": orjson.dumps(arrival.headers).decode(),
        "body": arrival.body,
        "state": State.PARKED if parked else State.PENDING,
        "code": arrival.code,
        "reason": arrival.reason,
        "tries": 0,
        "alone": False,
        "ended_at": arrival.received_at if parked else None,
    }


def _contents(tx: Connection, arrivals: Sequence[Arrival]) -> dict[_Key, str]:
    found: dict[_Key, str] = {}
    events: dict[tuple[MerchantName, ChannelName], set[str]] = defaultdict(set)
    for arrival in arrivals:
        events[arrival.merchant, arrival.channel].add(arrival.event)
    for (merchant, channel), told in sorted(events.items()):
        asked = {"of_merchant": merchant, "of_channel": channel}
        for event, content in sql.each(tx, _CONTENTS, told, **asked):
            found[_Key(merchant, channel, event)] = content
    return found


def _beside(arrival: Arrival) -> Arrival:
    """Return the same arrival under a key of its own, parked: ids lie, content does not."""
    return Arrival(
        merchant=arrival.merchant,
        channel=arrival.channel,
        event=f"{arrival.event}#{arrival.content[:16]}",
        content=arrival.content,
        received_at=arrival.received_at,
        body=arrival.body,
        headers=arrival.headers,
        stated_at=arrival.stated_at,
        code="id-reused",
        reason=f"event id {arrival.event} came before with other content; "
        "the sender must use a new id for new content",
    )


def _stored(row: Row[Any]) -> Stored:
    return Stored(
        id=InboxId(row.id),
        channel=ChannelName(row.channel),
        event=row.event,
        received_at=row.received_at,
        read_began_at=row.read_began_at,
        stated_at=row.stated_at,
        headers=orjson.loads(row.headers),
        body=row.body,
    )
