"""What people read: stock, what waits, what is parked, the ledger of one SKU."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from stocksync.core.names import InboxId, LocationName, MerchantName, Sku
from stocksync.store.ids import first_id
from stocksync.store.inbox import State
from stocksync.store.tables import (
    asks,
    channels,
    findings,
    inbox,
    incidents,
    lines,
    movements,
    stock,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """The stock of one SKU at one location, as `stocksync stock` shows it."""

    sku: Sku
    location: LocationName
    on_hand: int
    committed: int
    held: int
    incoming: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One thing that waits for a person: a whole delivery, or one line of a paper.

    `id` names a delivery for `stocksync parked`; a line waits for its mapping instead.
    """

    channel: str
    what: str
    code: str
    reason: str
    since: datetime
    id: InboxId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of a merchant's inbox waits, and since when."""

    pending: int
    parked: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """How one channel is heard: when last, how many were refused, how late they are booked."""

    heard_at: datetime | None
    refused: int
    delays_s: Sequence[float]


def stock_lines(tx: Connection, merchant: MerchantName, sku: Sku | None) -> list[StockLine]:
    """Return the stock of a merchant, or of one SKU, by SKU and location.

    A shelf that was only ever looked at is left out: something was counted or moved there.
    """
    touched = (
        select(movements.c.id)
        .where(movements.c.merchant == stock.c.merchant, movements.c.sku == stock.c.sku)
        .where(stock.c.location.in_([movements.c.source_at, movements.c.target_at]))
    )
    statement = (
        select(stock)
        .where(stock.c.merchant == merchant)
        .where(or_(stock.c.free != 0, stock.c.counted_at.is_not(None), touched.exists()))
    )
    if sku is not None:
        statement = statement.where(stock.c.sku == sku)
    return [
        StockLine(
            sku=Sku(row.sku),
            location=LocationName(row.location),
            on_hand=row.free + row.committed + row.held,
            committed=row.committed,
            held=row.held,
            incoming=row.incoming,
            available=row.free,
        )
        for row in tx.execute(statement.order_by(stock.c.sku, stock.c.location))
    ]


def on_hand_at(tx: Connection, merchant: MerchantName, location: LocationName) -> dict[Sku, int]:
    """Return what stands at a location of every SKU that ever stood there, zeros included."""
    on_hand = stock.c.free + stock.c.committed + stock.c.held
    statement = (
        select(stock.c.sku, on_hand)
        .where(stock.c.merchant == merchant, stock.c.location == location)
        .order_by(stock.c.sku)
    )
    return {Sku(sku): units for sku, units in tx.execute(statement)}


def waiting(tx: Connection, merchant: MerchantName) -> Waiting:
    """Return what waits; a parked line of a paper counts like a parked delivery."""
    mine = inbox.c.merchant == merchant
    pending, oldest = tx.execute(
        select(func.count(), func.min(inbox.c.received_at)).where(
            mine, inbox.c.state == State.PENDING
        )
    ).one()
    rows = tx.execute(
        select(func.count()).select_from(inbox).where(mine, inbox.c.state == State.PARKED)
    ).scalar_one()
    parts = tx.execute(
        select(func.count())
        .select_from(lines)
        .where(lines.c.merchant == merchant, lines.c.parked_code.is_not(None))
    ).scalar_one()
    return Waiting(pending=pending, parked=rows + parts, oldest_at=oldest)


def parked(tx: Connection, merchant: MerchantName) -> list[Parked]:
    """Return all that is parked, oldest first."""
    rows = tx.execute(
        select(inbox.c.id, inbox.c.channel, inbox.c.event, inbox.c.code, inbox.c.reason)
        .add_columns(inbox.c.ended_at)
        .where(inbox.c.merchant == merchant, inbox.c.state == State.PARKED)
        .order_by(inbox.c.id)
    )
    whole = [
        Parked(
            channel=row.channel,
            what=f"delivery {row.event}",
            code=row.code,
            reason=row.reason,
            since=row.ended_at,
            id=InboxId(row.id),
        )
        for row in rows
    ]
    found = tx.execute(
        select(lines).where(lines.c.merchant == merchant, lines.c.parked_code.is_not(None))
    )
    parts = [
        Parked(
            channel=row.channel,
            what=f"{row.kind} {row.key}, line {row.line}",
            code=row.parked_code,
            reason=row.parked,
            since=row.parked_at,
        )
        for row in found
    ]
    return sorted((*whole, *parts), key=lambda one: one.since)


def heard(tx: Connection, merchant: MerchantName, channel: str, now: datetime) -> ChannelLine:
    """Return how a channel is heard; delays are those of the last hour's newest deliveries."""
    row = tx.execute(
        select(channels).where(channels.c.merchant == merchant, channels.c.channel == channel)
    ).one_or_none()
    newest = tx.execute(
        select(inbox.c.received_at, inbox.c.ended_at)
        .where(inbox.c.merchant == merchant, inbox.c.channel == channel)
        .where(inbox.c.state.in_([State.DONE, State.IGNORED]))
        .where(inbox.c.received_at > now - timedelta(hours=1))
        .where(inbox.c.id >= first_id(now - timedelta(hours=1)))  # what the index can use
        .order_by(inbox.c.id.desc())
        .limit(1000)
    ).all()
    return ChannelLine(
        heard_at=newest[0].received_at if newest else row.heard_at if row else None,
        refused=row.refused if row else 0,
        delays_s=[(end - start).total_seconds() for start, end in newest],
    )


def history(
    tx: Connection, merchant: MerchantName, sku: Sku, until: datetime | None
) -> list[Row[Any]]:
    """Return the movements of one SKU in the order they happened."""
    statement = select(movements).where(movements.c.merchant == merchant, movements.c.sku == sku)
    if until is not None:
        statement = statement.where(movements.c.occurred_at <= until)
    return list(tx.execute(statement.order_by(movements.c.occurred_at, movements.c.id)).all())


def findings_of(tx: Connection, merchant: MerchantName) -> list[Row[Any]]:
    """Return what a person should look at, oldest first."""
    statement = select(findings).where(findings.c.merchant == merchant)
    return list(tx.execute(statement.order_by(findings.c.found_at)).all())


def open_incidents(tx: Connection, merchant: MerchantName) -> list[Row[Any]]:
    """Return the incidents that nobody has closed, oldest first."""
    statement = select(incidents).where(
        incidents.c.merchant == merchant, incidents.c.closed_at.is_(None)
    )
    return list(tx.execute(statement.order_by(incidents.c.opened_at)).all())


def questions(tx: Connection, merchant: MerchantName) -> list[Row[Any]]:
    """Return what must be read from the channels."""
    statement = select(asks).where(asks.c.merchant == merchant)
    return list(tx.execute(statement.order_by(asks.c.asked_at)).all())


def endings(tx: Connection, merchant: MerchantName, channel: str) -> dict[str, int]:
    """Return how many deliveries of a channel are in each state."""
    statement = (
        select(inbox.c.state, func.count())
        .where(inbox.c.merchant == merchant, inbox.c.channel == channel)
        .group_by(inbox.c.state)
    )
    return {row[0]: row[1] for row in tx.execute(statement)}
