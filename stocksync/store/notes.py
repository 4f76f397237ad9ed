"""Notes of drains: which rows a worker has in hand, so that its death is seen.

A drain notes its rows in a small commit before it works. While it works it holds the
note's lock; a note that nobody holds and that is not brand new belongs to a dead
drain, and its rows are applied alone from then on (DESIGN 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Integer, Select, bindparam, delete, insert, select, update

from stocksync.core.names import InboxId, MerchantName
from stocksync.store import configs, sql
from stocksync.store.ids import new_ids
from stocksync.store.inbox import State
from stocksync.store.tables import drains, inbox

FRESH = timedelta(seconds=2)
"""A drain may be between its note and its work for this long before it counts as dead."""


def _oldest(*, alone: bool) -> Select[Any]:
    return (
        select(inbox.c.id, inbox.c.tries)
        .where(inbox.c.merchant == bindparam("merchant"), inbox.c.state == State.PENDING)
        .where(inbox.c.alone.is_(alone), inbox.c.id.not_in(bindparam("busy", expanding=True)))
        .order_by(inbox.c.id)
        .limit(bindparam("most", type_=Integer()))
    )


_OLDEST = {alone: _oldest(alone=alone) for alone in (False, True)}
"""Built once: every drain asks both before it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Rows that one drain has in hand. `alone` rows once lost a worker: one at a time."""

    id: int
    rows: tuple[InboxId, ...]
    alone: bool = False
    tries: int = 0


def write(
    tx: Connection,
    merchant: MerchantName,
    most: int,
    now: datetime,
    *,
    alone_first: bool = False,
) -> Note | None:
    """Note the oldest rows that nobody has in hand, at most `most`; None if there are none.

    Rows that once lost their worker come one at a time, and their try is counted here,
    before anything is done with them. They come after the others, unless `alone_first`.
    """
    # Two drains that note at the same time wait for each other here.
    configs.lock(tx, merchant)
    _bury(tx, merchant, now)
    busy = _in_hand(tx, merchant)
    found: Sequence[Any] = ()
    for alone in (alone_first, not alone_first):
        asked = {"merchant": merchant, "busy": busy, "most": 1 if alone else most}
        found = tx.execute(_OLDEST[alone], asked).all()
        if found:
            break
    if not found:
        return None
    rows = tuple(InboxId(row.id) for row in found)
    note = Note(id=new_ids(1)[0], rows=rows, alone=alone, tries=found[0].tries + 1 if alone else 0)
    if alone:
        tx.execute(
            update(inbox)
            .where(inbox.c.merchant == merchant, inbox.c.id == rows[0])
            .values(tries=note.tries)
        )
    text = orjson.dumps(rows).decode()
    tx.execute(insert(drains).values(merchant=merchant, id=note.id, started_at=now, rows=text))
    return note


def hold(tx: Connection, merchant: MerchantName, note: Note, now: datetime) -> bool:
    """Lock our note for the length of a transaction; False if we were taken for dead."""
    # Written and not only locked: it is young again when the transaction ends, and the
    # next one of the same drain has all its time to begin.
    found = tx.execute(
        update(drains)
        .where(drains.c.merchant == merchant, drains.c.id == note.id)
        .values(started_at=now)
    )
    return found.rowcount == 1


def drop(tx: Connection, merchant: MerchantName, note: Note) -> None:
    """Remove our note: all its rows have their endings."""
    tx.execute(delete(drains).where(drains.c.merchant == merchant, drains.c.id == note.id))


def give_back(tx: Connection, merchant: MerchantName, note: Note) -> None:
    """Remove our note with work left: not a row of it was to blame, so no try counts."""
    if note.alone:
        tx.execute(
            update(inbox)
            .where(inbox.c.merchant == merchant, inbox.c.id.in_(note.rows))
            .where(inbox.c.state == State.PENDING, inbox.c.tries == note.tries)
            .values(tries=note.tries - 1)
        )
    drop(tx, merchant, note)


def _bury(tx: Connection, merchant: MerchantName, now: datetime) -> None:
    """Mark the rows of dead drains to be applied alone."""
    statement = select(drains).where(
        drains.c.merchant == merchant, drains.c.started_at < now - FRESH
    )
    for row in tx.execute(sql.locking(tx, statement, skip=True)).all():
        for piece in sql.pieces(orjson.loads(row.rows)):
            tx.execute(
                update(inbox)
                .where(inbox.c.merchant == merchant, inbox.c.id.in_(piece))
                .where(inbox.c.state == State.PENDING)
                .values(alone=True)
            )
        tx.execute(delete(drains).where(drains.c.merchant == merchant, drains.c.id == row.id))


def _in_hand(tx: Connection, merchant: MerchantName) -> list[InboxId]:
    statement = select(drains.c.rows).where(drains.c.merchant == merchant)
    return [row for text in tx.execute(statement).scalars() for row in orjson.loads(text)]
