"""What reached the shop and what left it, for tests and reports to read."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stocksync.sandbox.counts import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One number that a client changed, or set to what it was.

    `lost` are the units sold since the client last saw the number, which a write that names
    no expected quantity writes over.
    """

    at: datetime
    sku: str | None
    item_id: int
    location_id: int
    name: str  # available, on_hand
    before: int
    after: int
    expected: int | None
    relative: bool
    lost: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One pair of a write that was not taken."""

    at: datetime
    item: str
    location: str
    code: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; status 0 is a call that got no answer. `operation` is the document's name."""

    at: datetime
    method: str
    path: str
    operation: str
    variables: dict[str, Any]
    status: int
    fate: str
    cost: int | None  # requested points


@dataclass(slots=True)
class Log(Counts[Write]):
    """Everything that happened at the shop's edge, in order; deliveries keep their own."""

    refusals: list[Refusal] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
