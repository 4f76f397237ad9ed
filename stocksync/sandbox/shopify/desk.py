"""How orders are made and changed, before anything is shipped or given back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from stocksync.sandbox.shopify.happenings import Act
from stocksync.sandbox.shopify.house import House, Refusal
from stocksync.sandbox.shopify.orders import (
    FulfilmentOrder,
    FulfilmentOrderLine,
    Line,
    Order,
    OrderEdit,
    Restock,
)
from stocksync.sandbox.shopify.parcels import Parcels
from stocksync.sandbox.shopify.products import Location
from stocksync.sandbox.shopify.refunds import Back, Refunds
from stocksync.sandbox.shopify.shoppers import Shoppers, Wanted
from stocksync.sandbox.shopify.stockroom import State

FIRST_NUMBER = 1001


class Desk:
    """Makes, cancels, edits and moves orders. The caller holds the shop's lock."""

    def __init__(
        self,
        house: House,
        shoppers: Shoppers,
        parcels: Parcels,
        refunds: Refunds,
        locked: Callable[[Callable[[], None]], Callable[[], None]],
    ) -> None:
        self._house = house
        self._shoppers = shoppers
        self._parcels = parcels
        self._refunds = refunds
        self._locked = locked

    def create(
        self,
        wanted: Sequence[Wanted],
        *,
        source_name: str,
        paid: bool = True,
        takes: bool = True,
        retail: Location | None = None,
        reserved: Sequence[Sequence[tuple[Location, int]]] = (),
        test: bool = False,
    ) -> Order:
        """Make an order; what it takes may not be there.

        `takes` false leaves every number alone. A `retail` sale is handed over at once.
        `reserved` units, for each line, are taken from what was set aside.
        """
        house, act = self._house, self._house.act()
        order = Order(
            id=house.ids.new("order"),
            number=FIRST_NUMBER + len(house.orders),
            created_at=act.at,
            updated_at=act.at,
            source_name=source_name,
            paid=paid,
            retail_location=retail,
            test=test,
        )
        house.orders[order.id] = order
        for place, one in enumerate(wanted):
            line = self._line(order, one)
            if reserved:
                for location, units in reserved[place]:
                    self._allot(order, line, location, units, State.RESERVED, act)
            else:
                took = State.AVAILABLE if takes else None
                self._take(order, line, line.quantity, retail, took, act)
        house.touch(order, act, "orders/create")
        if retail is not None:
            self._parcels.ship(order, act)
        self._sold(order, act)
        house.tell(act)
        return order

    def cancel(self, order: Order, *, restock: bool, reason: str) -> None:
        """Cancel for good. What had not left is put back a moment later, or never."""
        house, act = self._house, self._house.act()
        if order.cancelled_at is not None:
            raise Refusal(f"order {order.name} is cancelled already")
        order.cancelled_at = order.closed_at = act.at
        order.cancel_reason = reason
        house.touch(order, act, "orders/cancelled")
        if not restock:
            self._refunds.give_up(order, act)
        elif house.knobs.cancel_takes_s == 0:
            self._refunds.put_back(order, act)
        else:
            due = act.at + timedelta(seconds=house.knobs.cancel_takes_s)
            house.agenda.at(due, self._locked(lambda: self._put_back_later(order)))
        house.tell(act)

    def edit(
        self, order: Order, *, added: Sequence[Wanted], removed: Mapping[int, int], restock: bool
    ) -> None:
        """Commit one edit: new lines, and fewer units of old ones."""
        house, act = self._house, self._house.act()
        if order.cancelled_at is not None:
            raise Refusal(f"order {order.name} is cancelled and cannot be edited")
        kind = Restock.CANCEL if restock else Restock.NO_RESTOCK
        backs = [
            Back(line=order.line(line_id), units=units, restock_type=kind, unshipped=True)
            for line_id, units in removed.items()
        ]
        self._refunds.check(order, backs)
        additions = []
        for one in added:
            line = self._line(order, one)
            self._take(order, line, line.quantity, None, State.AVAILABLE, act)
            additions.append((line.id, line.quantity))
        if house.knobs.edits_refund:
            if backs:
                self._refunds.refund(order, backs, 0, act)
        else:
            for back in backs:
                self._refunds.remove(order, back, act)
        order.edited = True
        edit = OrderEdit(
            id=house.ids.new("edit"),
            order=order,
            created_at=act.at,
            committed_at=act.at,
            additions=tuple(additions),
            removals=tuple(removed.items()),
        )
        act.add("orders/edited", edit)
        house.touch(order, act)
        self._sold(order, act)
        house.tell(act)

    def move(self, order: Order, source: Location, destination: Location) -> None:
        """Let another location ship what one was to ship."""
        house, act = self._house, self._house.act()
        moved = [one for one in order.fulfilment_orders if one.location is source and one.remaining]
        if not moved:
            raise Refusal(f"{source.name} has nothing left to ship of order {order.name}")
        for there in moved:
            for one in there.lines:
                variant = one.line.variant
                if variant is not None and one.claimed:
                    before = house.level(variant.item, source, act)
                    after = house.level(variant.item, destination, act)
                    house.stockroom.give(before, one.claimed, act)
                    house.stockroom.take(after, one.claimed, act)
            there.location = destination
            there.updated_at = act.at
            act.add("fulfillment_orders/moved", there)
        house.tell(act)

    def hold(self, order: Order, on_hold: bool) -> None:
        """Put an order on hold, or release it."""
        act = self._house.act()
        for there in order.fulfilment_orders:
            there.on_hold = on_hold
            there.updated_at = act.at
        self._house.touch(order, act)
        self._house.tell(act)

    def pay(self, order: Order) -> None:
        """Take the money of an order that waits for it."""
        act = self._house.act()
        order.paid = True
        self._house.touch(order, act)
        self._house.tell(act)

    def _put_back_later(self, order: Order) -> None:
        act = self._house.act()
        self._refunds.put_back(order, act)
        self._house.tell(act)

    def _sold(self, order: Order, act: Act) -> None:
        for line in order.lines:
            if line.variant is not None:
                act.sold(line.variant.product)

    def _line(self, order: Order, wanted: Wanted) -> Line:
        variant = wanted.variant
        line = Line(
            id=self._house.ids.new("line"),
            variant=variant,
            product_exists=variant is not None,
            sku=None if variant is None else variant.sku,
            title=wanted.title,
            quantity=wanted.units,
            price_cents=wanted.price_cents if variant is None else variant.price_cents,
            manager=None if variant is None else variant.item.manager,
            variant_id=None if variant is None else variant.id,
            product_id=None if variant is None else variant.product.id,
            gift_card=variant is not None and variant.gift_card,
        )
        order.lines.append(line)
        if line.sku:
            self._house.log.sold[line.sku] += line.quantity
        return line

    def _take(
        self,
        order: Order,
        line: Line,
        units: int,
        retail: Location | None,
        took: State | None,
        act: Act,
    ) -> None:
        if retail is not None:
            places = [(retail, units)]
        elif line.variant is None:
            places = [(next(iter(self._house.catalogue.locations.values())), units)]
        else:
            places = self._shoppers.routes(line.variant, units)
        for location, part in places:
            self._allot(order, line, location, part, took, act)

    def _allot(
        self,
        order: Order,
        line: Line,
        location: Location,
        units: int,
        took: State | None,
        act: Act,
    ) -> None:
        house, claimed = self._house, 0
        counted = line.variant is not None and line.variant.item.tracked
        if line.variant is not None and counted and took is not None:
            claimed = units
            level = house.level(line.variant.item, location, act)
            if took is State.AVAILABLE:
                house.stockroom.take(level, units, act)
            else:
                house.stockroom.hand_over(level, took, units, act)
        there = next((one for one in order.fulfilment_orders if one.location is location), None)
        if there is None:
            there = FulfilmentOrder(
                id=house.ids.new("fulfilment_order"),
                order=order,
                location=location,
                created_at=act.at,
                updated_at=act.at,
                on_hold=order.on_hold,
            )
            order.fulfilment_orders.append(there)
        there.lines.append(
            FulfilmentOrderLine(
                id=house.ids.new("fulfilment_order_line"),
                line=line,
                total=units,
                remaining=units,
                claimed=claimed,
            )
        )
