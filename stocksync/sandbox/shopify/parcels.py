"""How units leave the shop, and how a parcel comes to nothing."""

from collections.abc import Mapping

from stocksync.sandbox.shopify.happenings import Act
from stocksync.sandbox.shopify.house import House, Refusal
from stocksync.sandbox.shopify.orders import (
    Fulfilment,
    FulfilmentLine,
    FulfilmentOrder,
    Order,
    Shipping,
)


class Parcels:
    """Ships what locations are to ship. The caller holds the shop's lock."""

    def __init__(self, house: House) -> None:
        self._house = house

    def fulfil(
        self, order: Order, units: Mapping[int, int] | None, status: Shipping
    ) -> list[Fulfilment]:
        """Make a parcel at each location that has to ship; None ships all that is left."""
        if order.on_hold:
            raise Refusal(f"order {order.name} is on hold; release it first")
        for line_id, wanted in (units or {}).items():
            if wanted > order.line(line_id).unfulfilled:
                raise Refusal(f"line {line_id} of {order.name} has fewer than {wanted} to ship")
        act = self._house.act()
        made = self.ship(order, act, units, status)
        self._house.touch(order, act)
        self._house.tell(act)
        return made

    def ship(
        self,
        order: Order,
        act: Act,
        units: Mapping[int, int] | None = None,
        status: Shipping = Shipping.SUCCESS,
    ) -> list[Fulfilment]:
        """Make the parcels as a part of an act."""
        left = {line.id: line.unfulfilled for line in order.lines} if units is None else dict(units)
        made = []
        for there in order.fulfilment_orders:
            parcel = self._parcel(order, there, left, status, act)
            if parcel is not None:
                made.append(parcel)
        if not made:
            raise Refusal(f"order {order.name} has nothing left to ship")
        self._close(order, act)
        return made

    def end(self, parcel: Fulfilment, status: Shipping) -> None:
        """Let a parcel end otherwise; what shipped and did not arrive is to be shipped again."""
        act = self._house.act()
        order = parcel.order
        if parcel.status is not Shipping.SUCCESS and status is Shipping.SUCCESS:
            for one in parcel.lines:
                one.claimed = self._leave(parcel, one, act)
        elif parcel.status is Shipping.SUCCESS and status is not Shipping.SUCCESS:
            for one in parcel.lines:
                if one.line.with_buyer < one.quantity:
                    raise Refusal("some of this parcel was refunded; it cannot be undone")
            for one in parcel.lines:
                self._come_back(parcel, one, act)
            order.closed_at = None
        parcel.status = status
        parcel.updated_at = act.at
        act.add("fulfillments/update", parcel)
        self._close(order, act)
        self._house.touch(order, act)
        self._house.tell(act)

    def _parcel(
        self,
        order: Order,
        there: FulfilmentOrder,
        left: dict[int, int],
        status: Shipping,
        act: Act,
    ) -> Fulfilment | None:
        packed: dict[int, int] = {}
        for one in there.lines:
            units = min(one.remaining, left.get(one.line.id, 0))
            if units > 0:
                left[one.line.id] -= units
                packed[one.line.id] = packed.get(one.line.id, 0) + units
        if not packed:
            return None
        ids = self._house.ids
        parcel = Fulfilment(
            id=ids.new("fulfilment"),
            order=order,
            location=there.location,
            created_at=act.at,
            updated_at=act.at,
            status=status,
            name=f"{order.name}.{len(order.fulfilments) + 1}",
            lines=[
                FulfilmentLine(
                    id=ids.new("fulfilment_line"),
                    line=order.line(line_id),
                    quantity=units,
                    claimed=0,
                )
                for line_id, units in packed.items()
            ],
        )
        if status is Shipping.SUCCESS:
            for line in parcel.lines:
                line.claimed = self._leave(parcel, line, act)
        order.fulfilments.append(parcel)
        act.add("fulfillments/create", parcel)
        return parcel

    def _leave(self, parcel: Fulfilment, packed: FulfilmentLine, act: Act) -> int:
        """Let the units of one line leave; return how many of them had been taken."""
        left, claimed = packed.quantity, 0
        for there in parcel.order.fulfilment_orders:
            for one in there.lines:
                if there.location is not parcel.location or one.line is not packed.line:
                    continue
                units = min(left, one.remaining)
                taken = min(units, one.claimed)
                one.remaining -= units
                one.claimed -= taken
                left -= units
                claimed += taken
        if left:
            raise Refusal(f"{parcel.location.name} has fewer units to ship than parcel {parcel.id}")
        packed.line.shipped += packed.quantity
        if packed.line.variant is not None and claimed:
            level = self._house.level(packed.line.variant.item, parcel.location, act)
            self._house.stockroom.ship(level, claimed, act)
        return claimed

    def _come_back(self, parcel: Fulfilment, packed: FulfilmentLine, act: Act) -> None:
        packed.line.shipped -= packed.quantity
        for there in parcel.order.fulfilment_orders:
            for one in there.lines:
                if there.location is parcel.location and one.line is packed.line:
                    one.remaining += packed.quantity
                    one.claimed += packed.claimed
                    if packed.line.variant is not None and packed.claimed:
                        level = self._house.level(packed.line.variant.item, parcel.location, act)
                        self._house.stockroom.unship(level, packed.claimed, act)
                    return

    def _close(self, order: Order, act: Act) -> None:
        """Archive an order that is paid and shipped, as shops do by themselves."""
        shipped = all(line.unfulfilled == 0 for line in order.lines)
        if order.closed_at is None and order.paid and shipped:
            order.closed_at = act.at
