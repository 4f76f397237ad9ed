"""How far a replay is, as the database sees it while it runs."""

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Connection

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store import views


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at a running installation."""

    waiting: int
    booked: int
    ignored: int
    parked: int
    on_hand: int
    committed: int
    available: dict[str, int] = field(default_factory=dict)


def look(tx: Connection, merchant: MerchantName, channel: ChannelName) -> Seen:
    """Return what is in the inbox of a channel and on the merchant's shelves now."""
    ended = views.endings(tx, merchant, channel)
    available: dict[str, int] = defaultdict(int)
    on_hand = committed = 0
    for shelf in views.stock_lines(tx, merchant, None):
        available[shelf.sku] += shelf.available
        on_hand += shelf.on_hand
        committed += shelf.committed
    return Seen(
        waiting=ended.get("pending", 0),
        booked=ended.get("done", 0),
        ignored=ended.get("ignored", 0),
        parked=views.waiting(tx, merchant).parked,
        on_hand=on_hand,
        committed=committed,
        available=dict(available),
    )
