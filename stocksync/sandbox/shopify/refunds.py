"""How units come back or are given up: refunds, and removals by an edit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stocksync.sandbox.shopify.happenings import Act
from stocksync.sandbox.shopify.house import House, Refusal
from stocksync.sandbox.shopify.orders import (
    FulfilmentOrder,
    FulfilmentOrderLine,
    Line,
    Order,
    Refund,
    RefundLine,
    Restock,
    Shipping,
)
from stocksync.sandbox.shopify.products import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Units of one line to give back. `unshipped` None: of those that left, if they suffice."""

    line: Line
    units: int
    restock_type: Restock
    location: Location | None = None
    unshipped: bool | None = None

    @property
    def from_the_shelf(self) -> bool:
        """Return whether these units had not left."""
        match self.restock_type:
            case Restock.CANCEL:
                return True
            case Restock.RETURN:
                return False
            case Restock.NO_RESTOCK | Restock.LEGACY_RESTOCK:
                if self.unshipped is not None:
                    return self.unshipped
                return self.line.with_buyer < self.units


class Refunds:
    """Gives back. The caller holds the shop's lock."""

    def __init__(self, house: House) -> None:
        self._house = house

    def make(self, order: Order, backs: Sequence[Back], amount_cents: int) -> Refund:
        """Refund in an act of its own."""
        self.check(order, backs)
        act = self._house.act()
        refund = self.refund(order, backs, amount_cents, act)
        self._house.tell(act)
        return refund

    def check(self, order: Order, backs: Sequence[Back]) -> None:
        """Raise `Refusal` for more units than there are."""
        asked: dict[tuple[int, bool], int] = {}
        for back in backs:
            key = (back.line.id, back.from_the_shelf)
            asked[key] = asked.get(key, 0) + back.units
            there = order.waiting(back.line) if back.from_the_shelf else back.line.with_buyer
            if back.units < 1 or asked[key] > there:
                where = "have not left" if back.from_the_shelf else "are with the buyer"
                raise Refusal(f"of line {back.line.id} only {there} units {where}")

    def refund(self, order: Order, backs: Sequence[Back], amount_cents: int, act: Act) -> Refund:
        """Write a refund as a part of an act; a line may show in several parts."""
        refund = Refund(
            id=self._house.ids.new("refund"),
            order=order,
            created_at=act.at,
            updated_at=act.at,
            amount_cents=amount_cents,
        )
        order.refunds.append(refund)
        for back in backs:
            parts = self._from_shelf(order, back, act) if back.from_the_shelf else None
            for part in parts if parts is not None else [self._from_buyer(order, back, act)]:
                part.line.refunded += part.units
                put_back = part.restock_type is not Restock.NO_RESTOCK
                refund.lines.append(
                    RefundLine(
                        id=self._house.ids.new("refund_line"),
                        line=part.line,
                        quantity=part.units,
                        restock_type=part.restock_type,
                        location=part.location if put_back else None,
                    )
                )
        act.add("refunds/create", refund)
        self._house.touch(order, act)
        return refund

    def remove(self, order: Order, back: Back, act: Act) -> None:
        """Take units off an order by an edit, which no refund shows."""
        for part in self._from_shelf(order, back, act):
            part.line.removed += part.units

    def put_back(self, order: Order, act: Act) -> None:
        """Restock all that a cancelled order had not shipped."""
        backs = [
            Back(line=line, units=order.waiting(line), restock_type=Restock.CANCEL)
            for line in order.lines
            if order.waiting(line) > 0
        ]
        if backs:
            money = sum(one.units * one.line.price_cents for one in backs) if order.paid else 0
            self.refund(order, backs, money, act)

    def give_up(self, order: Order, act: Act) -> None:
        """Let a cancelled order wait for nothing; nothing goes back and no refund says so."""
        for there in order.fulfilment_orders:
            for one in there.lines:
                self._lose(there, one, one.claimed, act)
                one.remaining = one.claimed = 0

    def _from_shelf(self, order: Order, back: Back, act: Act) -> list[Back]:
        """Take units from what locations are to ship; return them by location."""
        chunks = [
            (there, one)
            for there in order.fulfilment_orders
            for one in there.lines
            if one.line is back.line and one.remaining
        ]
        chunks.sort(key=lambda chunk: chunk[0].location is not back.location)
        left, parts = back.units, []
        for there, one in chunks:
            units = min(left, one.remaining)
            if units == 0:
                break
            left -= units
            parts.append(self._chunk(there, one, replace(back, units=units), act))
        back.line.unshipped_gone += back.units
        return parts

    def _chunk(
        self, there: FulfilmentOrder, one: FulfilmentOrderLine, back: Back, act: Act
    ) -> Back:
        claimed = min(one.claimed, back.units)
        one.remaining -= back.units
        one.claimed -= claimed
        there.updated_at = act.at
        to = back.location or there.location
        # Nobody restocks an unpaid order where its location was closed.
        lost = back.restock_type is Restock.NO_RESTOCK or not (there.order.paid or to.active)
        variant = one.line.variant
        if lost:
            self._lose(there, one, claimed, act)
            return replace(back, restock_type=Restock.NO_RESTOCK, location=None)
        if variant is not None and claimed:
            level = self._house.level(variant.item, there.location, act)
            if to is there.location:
                self._house.stockroom.give(level, claimed, act)
            else:
                self._house.stockroom.ship(level, claimed, act)
                shelf = self._house.level(variant.item, to, act)
                self._house.stockroom.receive(shelf, claimed, act)
        never_taken = back.units - claimed
        if variant is not None and variant.item.tracked and self._house.knobs.bypassed_restock:
            shelf = self._house.level(variant.item, to, act)
            self._house.stockroom.receive(shelf, never_taken, act)
        return replace(back, location=to)

    def _lose(self, there: FulfilmentOrder, one: FulfilmentOrderLine, units: int, act: Act) -> None:
        if one.line.variant is not None and units:
            level = self._house.level(one.line.variant.item, there.location, act)
            self._house.stockroom.ship(level, units, act)

    def _from_buyer(self, order: Order, back: Back, act: Act) -> Back:
        if back.restock_type is Restock.NO_RESTOCK:
            return back
        to = back.location or self._shipped_from(order, back.line)
        variant = back.line.variant
        if variant is not None and variant.item.tracked:
            level = self._house.level(variant.item, to, act)
            self._house.stockroom.receive(level, back.units, act)
        return replace(back, location=to)

    def _shipped_from(self, order: Order, line: Line) -> Location:
        for parcel in reversed(order.fulfilments):
            arrived = parcel.status is Shipping.SUCCESS
            if arrived and any(one.line is line for one in parcel.lines):
                return parcel.location
        raise Refusal(f"line {line.id} never left; refund it with restock_type cancel")
