"""What the door asks: who was heard, which calls proved nothing, which deliveries wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store import sql
from stocksync.store.inbox import State
from stocksync.store.tables import channels, inbox

ChannelKey = tuple[MerchantName, ChannelName]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of one merchant's inbox has not come to a good end yet."""

    pending: int = 0
    parked: int = 0
    oldest_pending: datetime | None = None


def add_refused(tx: Connection, counts: Mapping[ChannelKey, int], now: datetime) -> None:
    """Add to how many calls each channel refused."""
    ordered = sorted(counts)
    sql.make_room(
        tx,
        channels,
        [{"merchant": merchant, "channel": channel, "refused": 0} for merchant, channel in ordered],
    )
    for merchant, channel in ordered:
        tx.execute(
            update(channels)
            .where(channels.c.merchant == merchant, channels.c.channel == channel)
            .values(refused=channels.c.refused + counts[merchant, channel], refused_at=now)
        )


def refused(tx: Connection) -> dict[ChannelKey, int]:
    """Return how many calls each channel has refused so far."""
    statement = select(channels.c.merchant, channels.c.channel, channels.c.refused)
    return {(row[0], row[1]): row[2] for row in tx.execute(statement)}


def was_heard(tx: Connection, merchant: MerchantName, channel: ChannelName) -> bool:
    """Return whether the inbox keeps anything of this channel, configured or not."""
    if "\0" in merchant or "\0" in channel:  # PostgreSQL refuses to be asked for it
        return False
    # In the order of its index: one step into it, however large the inbox is.
    statement = (
        select(inbox.c.event)
        .where(inbox.c.merchant == merchant, inbox.c.channel == channel)
        .order_by(inbox.c.merchant, inbox.c.channel, inbox.c.event)
        .limit(1)
    )
    return tx.execute(statement).first() is not None


def waiting(tx: Connection, merchants: Sequence[MerchantName]) -> dict[MerchantName, Waiting]:
    """Return what each of these merchants' inboxes still holds, zeros included."""
    # By merchant and state, as the index is: most rows are done, and none of them is read.
    statement = (
        select(inbox.c.merchant, inbox.c.state, func.count(), func.min(inbox.c.received_at))
        .where(inbox.c.merchant.in_(merchants), inbox.c.state.in_([State.PENDING, State.PARKED]))
        .group_by(inbox.c.merchant, inbox.c.state)
    )
    found = {(row[0], row[1]): (row[2], row[3]) for row in tx.execute(statement)}
    told = {}
    for merchant in merchants:
        pending, oldest = found.get((merchant, State.PENDING), (0, None))
        parked, _ = found.get((merchant, State.PARKED), (0, None))
        told[merchant] = Waiting(pending=pending, parked=parked, oldest_pending=oldest)
    return told
