"""What is still open of a merchant: deliveries, numbers, answers, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from stocksync.cli.opening import Shop
from stocksync.cli.saying import lasted, many
from stocksync.cli.sides import Doing, doing, side_of
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, MerchantName
from stocksync.core.standing import Side, wants_push
from stocksync.store import links, remaining, views

KINDS: Mapping[str, tuple[str, str]] = {
    "due": ("number waits to be written", "numbers wait to be written"),
    "in_flight": ("write waits for its answer", "writes wait for their answer"),
    "unknown": ("number is in doubt", "numbers are in doubt"),
    "suspect": (
        "number that no order explains waits for its second look",
        "numbers that no order explains wait for their second look",
    ),
    "reading": ("reading waits for its orders", "readings wait for their orders"),
    "asks": ("order waits to be read", "orders wait to be read"),
}
"""What may be open of a linked channel, and how it is told, of one and of several."""


@dataclass(slots=True, kw_only=True)
class Left:
    """What is open of one channel."""

    merchant: MerchantName
    channel: ChannelName
    pending: int = 0
    oldest_at: datetime | None = None
    open: Counter[str] = field(default_factory=Counter)
    how: Doing | None = None

    def said(self, now: datetime) -> str:
        """Return it as a sentence."""
        parts = []
        if self.oldest_at is not None:
            wait = many(self.pending, "delivery waits", "deliveries wait")
            parts.append(f"{wait}, the oldest for {lasted(self._age_s(now))}")
        parts += [many(self.open[kind], *words) for kind, words in KINDS.items() if self.open[kind]]
        told = f"{self.merchant} {self.channel}: {'; '.join(parts)}"
        if self.how is None or not self.how.way_out:
            return told
        return f"{told}; {self.channel} is {self.how.state}: {self.how.words}; {self.how.way_out}"

    def plain(self, now: datetime) -> dict[str, Any]:
        """Return it for JSON."""
        stands = self.how is not None and bool(self.how.way_out)
        return {
            "merchant": self.merchant,
            "channel": self.channel,
            "pending": self.pending,
            "oldest_s": None if self.oldest_at is None else round(self._age_s(now), 3),
            **{kind: self.open[kind] for kind in KINDS},
            "reason": f"{self.how.state}: {self.how.words}" if stands and self.how else None,
        }

    def _age_s(self, now: datetime) -> float:
        return max(0.0, (now - (self.oldest_at or now)).total_seconds())


def look(tx: Connection, shops: Sequence[Shop], now: datetime) -> list[Left]:
    """Return the channels of which anything is open, those with the oldest delivery first."""
    found = {
        (row.merchant, row.channel): Left(
            merchant=row.merchant,
            channel=row.channel,
            pending=row.pending,
            oldest_at=row.oldest_at,
        )
        for row in remaining.by_channel(tx, [here.name for here in shops])
    }
    for here in shops:
        for left in _outgoing(tx, here, now):
            key = left.merchant, left.channel
            known = found.setdefault(key, left)
            known.open, known.how = left.open, left.how
    return list(found.values())


def _outgoing(tx: Connection, here: Shop, now: datetime) -> list[Left]:
    known = {
        name: link
        for name, link in links.load_all(tx, here.name).items()
        if name in here.merchant.channels
    }
    if not known:
        return []
    near = {name: side_of(here, link) for name, link in known.items()}
    open_: dict[ChannelName, Counter[str]] = {name: Counter() for name in known}
    for row in views.unsettled_listings(tx, here.name):
        if row.key.channel in near and row.parked is None:
            open_[row.key.channel].update(_kinds(row, near[row.key.channel], now))
    for asked in views.questions(tx, here.name):
        if asked.channel in open_:
            open_[asked.channel]["asks"] += 1
    return [
        Left(merchant=here.name, channel=name, open=told, how=doing(here, known[name], now))
        for name, told in open_.items()
        if told
    ]


def _kinds(row: Listing, side: Side, now: datetime) -> list[str]:
    """Return what is open of one listing, the first that holds."""
    belief = row.belief
    if belief.waiting:
        return ["in_flight"]
    if belief.flights or belief.doubt:
        return ["unknown"]
    if belief.suspicion is not None:
        return ["suspect"]
    if side.writes and wants_push(row, now):
        return ["due"]
    return ["reading"] if belief.reading is not None else []
