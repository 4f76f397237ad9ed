"""What of the inbox still waits, channel by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store.inbox import State
from stocksync.store.tables import inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """How many deliveries of one channel wait, and since when."""

    merchant: MerchantName
    channel: ChannelName
    pending: int
    oldest_at: datetime


def by_channel(tx: Connection, merchants: Sequence[MerchantName]) -> list[Remaining]:
    """Return the channels of which deliveries wait, the one that waits longest first."""
    statement = (
        select(inbox.c.merchant, inbox.c.channel, func.count(), func.min(inbox.c.received_at))
        .where(inbox.c.merchant.in_(merchants), inbox.c.state == State.PENDING)
        .group_by(inbox.c.merchant, inbox.c.channel)
    )
    found = [
        Remaining(
            merchant=MerchantName(merchant),
            channel=ChannelName(channel),
            pending=pending,
            oldest_at=oldest,
        )
        for merchant, channel, pending, oldest in tx.execute(statement)
    ]
    return sorted(found, key=lambda one: one.oldest_at)
