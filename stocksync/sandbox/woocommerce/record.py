"""What reached the shop and what left it, for tests and reports to read."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stocksync.sandbox.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One stock write of a client.

    `lost` are the units sold since its last read, which an absolute number writes over.
    """

    at: datetime
    id: int
    sku: str
    before: int | None
    after: int | None
    absolute: bool
    unread: int  # units sold since the client last read this number
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One REST call; status 0 is a call that got no answer."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    items: int
    status: int
    fate: str


class Ending(StrEnum):
    """What became of one delivery."""

    SENT = "sent"
    FAILED = "failed"
    LOST = "lost"
    DROPPED = "dropped"  # its webhook was switched off or deleted meanwhile
    PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One delivery: what was sent, and what the receiver said (None: nothing)."""

    at: datetime
    webhook_id: int
    topic: str
    key: int
    delivery_id: str
    body: bytes
    status: int | None
    ending: Ending
    copy: int = 0


@dataclass(slots=True)
class Log(Counts[Write]):
    """Everything that happened at the shop's edge, in order."""

    calls: list[Call] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
