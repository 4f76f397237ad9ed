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
from sqlalchemy import BigInteger, Connection, Select, bindparam, delete, insert, select, update

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
        .where(inbox.c.merchant == sql.MERCHANT, inbox.c.state == State.PENDING)
        .where(inbox.c.alone.is_(alone), inbox.c.id.not_in(bindparam("busy", expanding=True)))
        .order_by(inbox.c.id)
        .limit(sql.MOST)
    )


_OLDEST = {alone: _oldest(alone=alone) for alone in (False, True)}
_MINE = drains.c.merchant == sql.MERCHANT, drains.c.id == bindparam("of_id", type_=BigInteger())
_HOLDING = update(drains).where(*_MINE).values(started_at=sql.NOW)
_DROPPING = delete(drains).where(*_MINE)
_DEAD = sql.lockable(
    select(drains).where(drains.c.merchant == sql.MERCHANT, drains.c.started_at < sql.NOW),
    skip=True,
)
_ROWS = select(drains.c.rows).where(drains.c.merchant == sql.MERCHANT)


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
        asked = {"of_merchant": merchant, "busy": busy, "most": 1 if alone else most}
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
    mine = {"of_merchant": merchant, "of_id": note.id}
    return tx.execute(_HOLDING, {**mine, "now": now}).rowcount == 1


def drop(tx: Connection, merchant: MerchantName, note: Note) -> None:
    """Remove our note: all its rows have their endings."""
    tx.execute(_DROPPING, {"of_merchant": merchant, "of_id": note.id})


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
    asked = {"of_merchant": merchant, "now": now - FRESH}
    for row in tx.execute(_DEAD[sql.is_sqlite(tx)], asked).all():
        for piece in sql.pieces(orjson.loads(row.rows)):
            tx.execute(
                update(inbox)
                .where(inbox.c.merchant == merchant, inbox.c.id.in_(piece))
                .where(inbox.c.state == State.PENDING)
                .values(alone=True)
            )
        tx.execute(_DROPPING, {"of_merchant": merchant, "of_id": row.id})


def _in_hand(tx: Connection, merchant: MerchantName) -> list[InboxId]:
    found = tx.execute(_ROWS, {"of_merchant": merchant}).scalars()
    return [row for text in found for row in orjson.loads(text)]
