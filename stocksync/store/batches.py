"""Batches without an answer, kept as they were sent: a retry under their key is byte-equal."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, exists, select, update

from stocksync.core.listing import ListingKey
from stocksync.core.names import ChannelName, ListingId, MerchantName
from stocksync.store.tables import batches, flights


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One batch as it was sent, and its writes that nobody has answered: by listing, flight."""

    key: str
    sent_at: datetime
    writes: list[dict[str, Any]]
    tries: int
    open: dict[ListingKey, int]


def keep(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    key: str,
    sent_at: datetime,
    writes: list[dict[str, Any]],
    retry_at: datetime,
) -> None:
    """Keep a batch before it is sent."""
    tx.execute(
        batches.insert().values(
            merchant=merchant,
            channel=channel,
            batch=key,
            sent_at=sent_at,
            writes=orjson.dumps(writes).decode(),
            tries=0,
            retry_at=retry_at,
        )
    )


def to_retry(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime
) -> list[Kept]:
    """Return the batches that may be sent again now, the oldest first."""
    mine = batches.c.merchant == merchant, batches.c.channel == channel
    statement = select(batches).where(*mine, batches.c.retry_at <= now).order_by(batches.c.sent_at)
    rows = tx.execute(statement).all()
    if not rows:
        return []
    flying = select(flights.c.batch, flights.c.listing, flights.c.id).where(
        flights.c.merchant == merchant,
        flights.c.channel == channel,
        flights.c.waiting.is_(False),
        flights.c.batch.in_([row.batch for row in rows]),
    )
    open_: dict[str, dict[ListingKey, int]] = defaultdict(dict)
    for batch, listing, flight in tx.execute(flying):
        open_[batch][ListingKey(channel, ListingId(listing))] = flight
    return [
        Kept(
            key=row.batch,
            sent_at=row.sent_at,
            writes=orjson.loads(row.writes),
            tries=row.tries,
            open=open_[row.batch],
        )
        for row in rows
        if open_[row.batch]
    ]


def tried(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    key: str,
    tries: int,
    retry_at: datetime,
) -> None:
    """Remember that a batch is being sent again, and when the next time may be."""
    tx.execute(
        update(batches)
        .where(batches.c.merchant == merchant, batches.c.channel == channel)
        .where(batches.c.batch == key)
        .values(tries=tries, retry_at=retry_at)
    )


def drop_ended(tx: Connection, merchant: MerchantName, channel: ChannelName) -> None:
    """Forget the batches of which every write has its ending."""
    open_ = select(flights.c.id).where(
        flights.c.merchant == batches.c.merchant,
        flights.c.channel == batches.c.channel,
        flights.c.batch == batches.c.batch,
    )
    tx.execute(
        delete(batches).where(
            batches.c.merchant == merchant, batches.c.channel == channel, ~exists(open_)
        )
    )
