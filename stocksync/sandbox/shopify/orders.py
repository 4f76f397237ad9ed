"""Orders, what was refunded of them, what was shipped, and which location is to ship the rest."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stocksync.sandbox.shopify.products import Location, Variant


class Restock(StrEnum):
    """What became of refunded units."""

    CANCEL = "cancel"  # had not left, put back
    RETURN = "return"  # had left, put back
    NO_RESTOCK = "no_restock"
    LEGACY_RESTOCK = "legacy_restock"  # put back, long ago


PUT_BACK = frozenset({Restock.CANCEL, Restock.RETURN, Restock.LEGACY_RESTOCK})


class Behaviour(StrEnum):
    """What an order that another app writes does to stock."""

    BYPASS = "BYPASS"
    IGNORING_POLICY = "DECREMENT_IGNORING_POLICY"
    OBEYING_POLICY = "DECREMENT_OBEYING_POLICY"


class Shipping(StrEnum):
    """How a fulfilment stands; only `success` has shipped anything."""

    SUCCESS = "success"
    PENDING = "pending"
    FAILURE = "failure"
    CANCELLED = "cancelled"


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of an order. `quantity` never shrinks; what was refunded or removed is beside it."""

    id: int
    variant: Variant | None  # None: a custom line, or its variant was deleted
    product_exists: bool
    sku: str | None  # as it was when the line was made
    title: str
    quantity: int
    price_cents: int
    manager: str | None
    variant_id: int | None
    product_id: int | None
    gift_card: bool = False
    refunded: int = 0
    removed: int = 0  # by an edit that no refund shows
    shipped: int = 0  # in fulfilments that succeeded
    unshipped_gone: int = 0  # refunded or removed before they left

    @property
    def current(self) -> int:
        """Return the quantity without all that was refunded or removed."""
        return self.quantity - self.refunded - self.removed

    @property
    def unfulfilled(self) -> int:
        """Return the units that are still to be shipped."""
        return self.quantity - self.shipped - self.unshipped_gone

    @property
    def with_buyer(self) -> int:
        """Return the shipped units that no refund names."""
        return self.shipped - (self.refunded + self.removed - self.unshipped_gone)


@dataclass(slots=True, kw_only=True)
class RefundLine:
    """Units of one order line in a refund; `location` is where they were put back."""

    id: int
    line: Line
    quantity: int
    restock_type: Restock
    location: Location | None

    @property
    def restocked(self) -> bool:
        """Return whether the units went back on a shelf."""
        return self.restock_type in PUT_BACK


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money, units, or both."""

    id: int
    order: "Order"
    created_at: datetime
    updated_at: datetime
    amount_cents: int
    lines: list[RefundLine] = field(default_factory=list)
    note: str | None = None


@dataclass(slots=True, kw_only=True)
class FulfilmentLine:
    """Units of one order line in a parcel; `claimed` of them had been taken from `available`."""

    id: int
    line: Line
    quantity: int
    claimed: int


@dataclass(slots=True, kw_only=True)
class Fulfilment:
    """A parcel, or what was meant to be one."""

    id: int
    order: "Order"
    location: Location
    created_at: datetime
    updated_at: datetime
    status: Shipping = Shipping.SUCCESS
    name: str = ""  # #1042.1
    lines: list[FulfilmentLine] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class FulfilmentOrderLine:
    """Units of one order line that one location is to ship; `claimed` are in its `committed`."""

    id: int
    line: Line
    total: int
    remaining: int
    claimed: int


@dataclass(slots=True, kw_only=True)
class FulfilmentOrder:
    """What one location is to ship of an order."""

    id: int
    order: "Order"
    location: Location
    created_at: datetime
    updated_at: datetime
    on_hold: bool = False
    lines: list[FulfilmentOrderLine] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        """Return how many units are still to be shipped from here."""
        return sum(one.remaining for one in self.lines)

    @property
    def status(self) -> str:
        """Return the status as GraphQL tells it."""
        if self.remaining == 0:
            return "CANCELLED" if self.order.cancelled_at is not None else "CLOSED"
        if self.on_hold:
            return "ON_HOLD"
        begun = any(one.remaining < one.total for one in self.lines)
        return "IN_PROGRESS" if begun else "OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEdit:
    """One committed edit: which lines grew and which shrank, by how many units."""

    id: int
    order: "Order"
    created_at: datetime
    committed_at: datetime
    additions: tuple[tuple[int, int], ...]  # line id, units
    removals: tuple[tuple[int, int], ...]


@dataclass(slots=True, kw_only=True)
class Order:
    """One order as it now is."""

    id: int
    number: int  # 1042
    created_at: datetime
    updated_at: datetime
    source_name: str  # web, pos, shopify_draft_order, an app's own word
    paid: bool
    lines: list[Line] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    fulfilment_orders: list[FulfilmentOrder] = field(default_factory=list)
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None  # customer, inventory, fraud, declined, staff, other
    closed_at: datetime | None = None
    confirmed: bool = True
    edited: bool = False
    test: bool = False
    retail_location: Location | None = None
    app_id: int = 580111
    currency: str = "CAD"

    @property
    def name(self) -> str:
        """Return the name that people use."""
        return f"#{self.number}"

    @property
    def on_hold(self) -> bool:
        """Return whether any of it is on hold."""
        return any(one.on_hold and one.remaining for one in self.fulfilment_orders)

    @property
    def total_cents(self) -> int:
        """Return what was ordered, in money."""
        return sum(line.quantity * line.price_cents for line in self.lines)

    @property
    def refunded_cents(self) -> int:
        """Return what was given back."""
        return sum(refund.amount_cents for refund in self.refunds)

    @property
    def financial_status(self) -> str:
        """Return paid, pending, partially_refunded, refunded or voided."""
        if not self.paid:
            return "voided" if self.cancelled_at is not None else "pending"
        if self.refunded_cents == 0:
            return "paid"
        return "refunded" if self.refunded_cents >= self.total_cents else "partially_refunded"

    @property
    def fulfilment_status(self) -> str | None:
        """Return fulfilled, partial, or None, as bodies tell it."""
        if not any(line.shipped for line in self.lines):
            return None
        return "partial" if any(line.unfulfilled for line in self.lines) else "fulfilled"

    def fulfillable(self, line: Line) -> int:
        """Return what could be shipped of a line now: nothing while it is on hold."""
        return sum(
            one.remaining
            for there in self.fulfilment_orders
            if not there.on_hold
            for one in there.lines
            if one.line is line
        )

    def waiting(self, line: Line) -> int:
        """Return what locations are still to ship of a line, on hold or not."""
        lines = (one for there in self.fulfilment_orders for one in there.lines)
        return sum(one.remaining for one in lines if one.line is line)

    def line(self, line_id: int) -> Line:
        """Return a line by its id, or raise `LookupError`."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise LookupError(f"order {self.name} has no line {line_id}")
