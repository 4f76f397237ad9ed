"""Orders of the shop, and what each change does to stock.

The text of a line's `_reduced_stock` is the shop's own memory of what it took. Absent and "0"
differ: a line with "0" was taken and put back, and is taken in full when the order revives.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    FAILED = "failed"
    DRAFT = "checkout-draft"
    TRASH = "trash"


TAKING = frozenset({Status.PROCESSING, Status.ON_HOLD, Status.COMPLETED})
GIVING = frozenset({Status.CANCELLED, Status.PENDING})


@dataclass(slots=True, kw_only=True)
class Line:
    """One line; `product_id` is that of the product or variation, 0 where there is none."""

    id: int
    product_id: int
    name: str
    quantity: int
    total_cents: int
    reduced: int | None = None
    restocked: int | None = None
    owner_id: int = 0  # whose number it was taken from
    meta_ids: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money and perhaps units given back; it does not say whether they were put on the shelf."""

    id: int
    line_id: int  # the first id of its own lines
    amount_cents: int
    reason: str
    created_at: datetime
    units: dict[int, int]
    totals: dict[int, int]


@dataclass(slots=True, kw_only=True)
class Order:
    """One order as it now is; `stock_reduced` is the shop's flag against taking twice."""

    id: int
    status: Status
    created_via: str
    created_at: datetime
    modified_at: datetime
    order_key: str
    lines: list[Line] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fees: list[tuple[int, str, int]] = field(default_factory=list)
    customer_note: str = ""
    payment_method: str = ""
    stock_reduced: bool = False
    before_trash: Status = Status.PENDING
    paid_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def total_cents(self) -> int:
        """Return what the order costs, before refunds."""
        return sum(line.total_cents for line in self.lines) + sum(fee[2] for fee in self.fees)

    @property
    def refunded_cents(self) -> int:
        """Return what was given back so far."""
        return sum(refund.amount_cents for refund in self.refunds)

    def line(self, line_id: int) -> Line | None:
        """Return one line, if it is there."""
        return next((line for line in self.lines if line.id == line_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line that somebody asks for."""

    product_id: int
    quantity: int
    total_cents: int | None = None
    name: str = ""
