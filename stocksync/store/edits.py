"""Edits: every number that no order explained, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from stocksync.core.account import PaperId
from stocksync.core.edits import Verdict
from stocksync.core.facts import PaperKind
from stocksync.core.listing import ListingKey
from stocksync.core.moves import EDIT
from stocksync.core.names import ChannelName, ListingId, MerchantName, PaperKey, Sku
from stocksync.store import sql
from stocksync.store.tables import edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One number that no order explained. `since` and `read_at` are the window it arose in.

    `taken_back` are the units of it that a late order has explained after all.
    """

    key: ListingKey
    sku: Sku
    since: datetime
    read_at: datetime
    number: int
    residual: int
    verdict: Verdict
    why: str
    taken_back: int = 0

    @property
    def paper(self) -> PaperId:
        """Return the paper by which it was booked."""
        name = f"{EDIT}{self.key.listing}:{self.read_at.isoformat()}"
        return PaperId(self.key.channel, PaperKind.ADJUSTED, PaperKey(name))

    @property
    def left(self) -> int:
        """Return what no order has explained until now."""
        return self.residual - self.taken_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Which SKUs one channel's numbers changed lately, and which of them to 0."""

    zeroed: frozenset[Sku]
    changed: frozenset[Sku]


def add(tx: Connection, merchant: MerchantName, edit: Edit, now: datetime) -> None:
    """Remember an edit."""
    sql.upsert(
        tx,
        edits,
        [
            {
                "merchant": merchant,
                **edit.key._asdict(),
                "read_at": edit.read_at,
                "sku": edit.sku,
                "since": edit.since,
                "number": edit.number,
                "residual": edit.residual,
                "verdict": edit.verdict,
                "why": edit.why,
                "taken_back": edit.taken_back,
                "found_at": now,
            }
        ],
    )


def asking(tx: Connection, merchant: MerchantName, channel: ChannelName) -> set[ListingKey]:
    """Return the listings of a channel with an edit that waits for a person."""
    statement = select(edits.c.listing).where(
        edits.c.merchant == merchant,
        edits.c.channel == channel,
        edits.c.verdict == Verdict.ASK,
    )
    return {ListingKey(channel, ListingId(row[0])) for row in tx.execute(statement)}


def take_back(tx: Connection, merchant: MerchantName, edit: Edit, units: int) -> None:
    """Remember that late orders explain so many units of it, by sign."""
    tx.execute(
        update(edits)
        .where(
            edits.c.merchant == merchant,
            edits.c.channel == edit.key.channel,
            edits.c.listing == edit.key.listing,
            edits.c.read_at == edit.read_at,
        )
        .values(taken_back=edits.c.taken_back + units)
    )


def unexplained(
    tx: Connection, merchant: MerchantName, channels: Iterable[ChannelName], since: datetime
) -> list[Edit]:
    """Return edits and drift, read since a moment, that a late order may still explain."""
    statement = (
        select(edits)
        .where(edits.c.merchant == merchant, edits.c.channel.in_(sorted(channels)))
        .where(edits.c.read_at >= since)
        .where(edits.c.residual != edits.c.taken_back)
        .order_by(edits.c.channel, edits.c.listing, edits.c.read_at)
    )
    return [_edit(row) for row in tx.execute(statement)]


def adopted_elsewhere(
    tx: Connection, merchant: MerchantName, key: ListingKey, sku: Sku, since: datetime
) -> list[int]:
    """Return by how much the SKU was changed by hand on other channels since a moment."""
    statement = select(edits.c.residual).where(
        edits.c.merchant == merchant,
        edits.c.sku == sku,
        edits.c.channel != key.channel,
        edits.c.verdict == Verdict.ADOPT,
        edits.c.found_at >= since,
    )
    return [row[0] for row in tx.execute(statement)]


def recent(tx: Connection, merchant: MerchantName, channel: ChannelName, since: datetime) -> Recent:
    """Return which SKUs a channel's numbers changed since a moment."""
    statement = select(edits.c.sku, edits.c.number).where(
        edits.c.merchant == merchant,
        edits.c.channel == channel,
        edits.c.found_at >= since,
        edits.c.verdict != Verdict.DRIFT,
    )
    rows = tx.execute(statement).all()
    return Recent(
        zeroed=frozenset(Sku(row.sku) for row in rows if row.number <= 0),
        changed=frozenset(Sku(row.sku) for row in rows),
    )


def units_since(tx: Connection, merchant: MerchantName, key: ListingKey, since: datetime) -> int:
    """Return the units that edits of one listing moved since a moment."""
    statement = select(func.coalesce(func.sum(func.abs(edits.c.residual)), 0)).where(
        edits.c.merchant == merchant,
        edits.c.channel == key.channel,
        edits.c.listing == key.listing,
        edits.c.verdict == Verdict.ADOPT,
        edits.c.found_at >= since,
    )
    return int(tx.execute(statement).scalar_one())


def of_sku(tx: Connection, merchant: MerchantName, sku: Sku) -> list[Edit]:
    """Return the edits of one SKU in the order they were found."""
    statement = (
        select(edits)
        .where(edits.c.merchant == merchant, edits.c.sku == sku)
        .order_by(edits.c.found_at)
    )
    return [_edit(row) for row in tx.execute(statement)]


def _edit(row: Row[Any]) -> Edit:
    return Edit(
        key=ListingKey(ChannelName(row.channel), ListingId(row.listing)),
        sku=Sku(row.sku),
        since=row.since,
        read_at=row.read_at,
        number=row.number,
        residual=row.residual,
        verdict=Verdict(row.verdict),
        why=row.why,
        taken_back=row.taken_back,
    )
