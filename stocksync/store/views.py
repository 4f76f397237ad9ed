"""What people read: stock, what waits, what is parked, the ledger of one SKU."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from stocksync.core.facts import PaperKind
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ChannelName, InboxId, ListingId, LocationName, MerchantName, Sku
from stocksync.core.worst import Exposed
from stocksync.store import beliefs as believed
from stocksync.store import edits as typed
from stocksync.store.edits import Edit
from stocksync.store.ids import first_id
from stocksync.store.inbox import State
from stocksync.store.tables import (
    asks,
    beliefs,
    channels,
    edits,
    findings,
    flights,
    inbox,
    incidents,
    lines,
    listings,
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


def taken(tx: Connection, merchant: MerchantName) -> dict[tuple[str, Sku], int]:
    """Return what the orders of each channel have taken of each SKU and not put back."""
    statement = (
        select(lines.c.channel, lines.c.sku, func.sum(lines.c.committed + lines.c.gone))
        .where(lines.c.merchant == merchant, lines.c.kind == PaperKind.ORDER)
        .where(lines.c.sku.is_not(None))
        .group_by(lines.c.channel, lines.c.sku)
    )
    return {(row[0], Sku(row[1])): int(row[2]) for row in tx.execute(statement)}


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


def exposures(tx: Connection, merchant: MerchantName) -> list[Exposed]:
    """Return the most that each tracked listing may still sell unheard; one that may sell
    nothing is left out.
    """
    entry = and_(
        listings.c.merchant == beliefs.c.merchant,
        listings.c.channel == beliefs.c.channel,
        listings.c.listing == beliefs.c.listing,
    )
    statement = (
        select(beliefs.c.channel, beliefs.c.listing, beliefs.c.sku, beliefs.c.exposure)
        .add_columns(func.coalesce(listings.c.unlimited, False))
        .select_from(beliefs.outerjoin(listings, entry))
        .where(beliefs.c.merchant == merchant)
        .where(or_(beliefs.c.exposure > 0, listings.c.unlimited))
        .order_by(beliefs.c.channel, beliefs.c.listing)
    )
    return [
        Exposed(ListingKey(ChannelName(row[0]), ListingId(row[1])), Sku(row[2]), row[3], row[4])
        for row in tx.execute(statement)
    ]


def unsettled_listings(
    tx: Connection, merchant: MerchantName, channel: ChannelName | None = None
) -> list[Listing]:
    """Return the listings of which anything is open: a write, an answer, a reading, a person."""
    away = exists(
        select(flights.c.id).where(
            flights.c.merchant == beliefs.c.merchant,
            flights.c.channel == beliefs.c.channel,
            flights.c.listing == beliefs.c.listing,
        )
    )
    open_ = or_(
        beliefs.c.due,
        beliefs.c.doubt,
        beliefs.c.reading.is_not(None),
        beliefs.c.suspicion.is_not(None),
        beliefs.c.parked.is_not(None),
        beliefs.c.exposure != beliefs.c.believed,
        away,
    )
    mine = () if channel is None else (beliefs.c.channel == channel,)
    return believed.load(tx, merchant, open_, *mine)


def last_deliveries(
    tx: Connection, merchant: MerchantName, channel: ChannelName
) -> tuple[datetime | None, datetime | None]:
    """Return when the newest delivery came that the channel sent, and that we read ourselves."""
    found = [
        tx.execute(
            select(inbox.c.received_at)
            .where(inbox.c.merchant == merchant, inbox.c.channel == channel, which)
            .order_by(inbox.c.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        for which in (inbox.c.read_began_at.is_(None), inbox.c.read_began_at.is_not(None))
    ]
    return found[0], found[1]


def received_since(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime
) -> int:
    """Return how many deliveries of a channel came in since a moment, by whatever way."""
    statement = (
        select(func.count())
        .select_from(inbox)
        .where(inbox.c.merchant == merchant, inbox.c.channel == channel)
        .where(inbox.c.id >= first_id(moment), inbox.c.received_at >= moment)
    )
    return int(tx.execute(statement).scalar_one())


def confirmed_since(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime
) -> int:
    """Return how many listings a channel was seen to show right since a moment."""
    statement = (
        select(func.count())
        .select_from(beliefs)
        .where(beliefs.c.merchant == merchant, beliefs.c.channel == channel)
        .where(beliefs.c.confirmed_at >= moment)
    )
    return int(tx.execute(statement).scalar_one())


def edited_since(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime
) -> list[Edit]:
    """Return the edits that were found on a channel since a moment, by SKU and time."""
    statement = (
        select(edits.c.sku, edits.c.listing, edits.c.read_at)
        .where(edits.c.merchant == merchant, edits.c.channel == channel)
        .where(edits.c.found_at >= moment)
    )
    found = {(Sku(row[0]), ListingKey(channel, row[1]), row[2]) for row in tx.execute(statement)}
    return [
        edit
        for sku in sorted({sku for sku, _, _ in found})
        for edit in typed.of_sku(tx, merchant, sku)
        if (sku, edit.key, edit.read_at) in found
    ]
