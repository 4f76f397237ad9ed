"""What shoppers and staff do with orders; each act takes the shop's lock."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

from stocksync.sandbox.shopify.desk import Desk
from stocksync.sandbox.shopify.house import House, Refusal
from stocksync.sandbox.shopify.orders import Behaviour, Fulfilment, Line, Order, Restock, Shipping
from stocksync.sandbox.shopify.parcels import Parcels
from stocksync.sandbox.shopify.products import Location
from stocksync.sandbox.shopify.refunds import Back, Refunds
from stocksync.sandbox.shopify.shoppers import Shoppers, Wanted
from stocksync.sandbox.shopify.stockroom import State

WEB, POS, API = "web", "pos", "api"
DRAFT = "shopify_draft_order"

# One SKU may stand on two lines.
Items = Mapping[str, int] | Iterable[tuple[str, int]]
# Lines are named by their id or their SKU; one may come twice.
Lines = Mapping[int, int] | Mapping[str, int] | Iterable[tuple[int | str, int]]
Reserved = list[list[tuple[Location, int]]]


class People:
    """The acts of people with orders, for tests, shoppers and simulations."""

    _lock: AbstractContextManager[object]
    _house: House
    _desk: Desk
    _shoppers: Shoppers
    _parcels: Parcels
    _refunds: Refunds
    _drafts: dict[int, tuple[list[Wanted], Reserved]]

    @property
    def orders(self) -> Mapping[int, Order]:
        """Return the orders by id."""
        return self._house.orders

    def buy(
        self,
        items: Items,
        *,
        via: str = WEB,
        behaviour: str = Behaviour.BYPASS,
        source_name: str | None = None,
        location: str | None = None,
        paid: bool = True,
        oversell: bool = False,
        test: bool = False,
    ) -> int:
        """Sell in one go; return the order's id, or raise `OutOfStock`.

        Via "web" the shop looks at its shelves; via "pos" the units are handed over at a
        location and via "draft" staff sell, and nobody looks. Via "api" another app writes
        the order, and `behaviour` says what that does to stock. A SKU that the shop does not
        have becomes a custom line there.
        """
        with self._lock:
            bypassed = via == API and Behaviour(behaviour) is Behaviour.BYPASS
            obeys = via == API and Behaviour(behaviour) is Behaviour.OBEYING_POLICY
            wanted = self._wanted(items, custom=via == API)
            if (via == WEB or obeys) and not oversell:
                self._shoppers.check(wanted)
            sources = {WEB: "web", POS: "pos", "draft": DRAFT, API: "another-app"}
            retail = None
            if via == POS:
                first = next(iter(self._house.catalogue.locations.values()))
                retail = first if location is None else self._house.catalogue.location(location)
            return self._desk.create(
                wanted,
                source_name=source_name or sources[via],
                paid=paid,
                takes=not bypassed,
                retail=retail,
                test=test,
            ).id

    def reserve(self, items: Items) -> int:
        """Write a draft order that sets its units aside; return its number."""
        with self._lock:
            act = self._house.act()
            wanted = self._wanted(items, custom=False)
            reserved = []
            for one in wanted:
                assert one.variant is not None  # noqa: S101  - no custom lines were asked for
                places = self._shoppers.routes(one.variant, one.units)
                for place, units in places:
                    level = self._house.level(one.variant.item, place, act)
                    self._house.stockroom.set_aside(level, State.RESERVED, units, act)
                reserved.append(places)
            number = len(self._drafts) + 1
            self._drafts[number] = (wanted, reserved)
            self._house.tell(act)
            return number

    def complete_draft(self, number: int) -> int:
        """Make a draft an order; return the order's id."""
        with self._lock:
            wanted, reserved = self._drafts.pop(number)
            return self._desk.create(wanted, source_name=DRAFT, reserved=reserved).id

    def pay(self, order_id: int) -> None:
        """Take the money of an unpaid order."""
        with self._lock:
            self._desk.pay(self._order(order_id))

    def cancel(self, order_id: int, *, restock: bool = True, reason: str = "customer") -> None:
        """Cancel an order for good."""
        with self._lock:
            self._desk.cancel(self._order(order_id), restock=restock, reason=reason)

    def hold(self, order_id: int) -> None:
        """Put an order on hold."""
        with self._lock:
            self._desk.hold(self._order(order_id), True)

    def release(self, order_id: int) -> None:
        """Release an order that is on hold."""
        with self._lock:
            self._desk.hold(self._order(order_id), False)

    def edit_order(
        self,
        order_id: int,
        *,
        add: Items = (),
        remove: Lines = (),
        restock: bool = True,
    ) -> None:
        """Commit one edit: lines added by SKU, units removed by line id or SKU."""
        with self._lock:
            order = self._order(order_id)
            removed = {self._line(order, one).id: n for one, n in _pairs(remove)}
            added = self._wanted(add, custom=True)
            self._desk.edit(order, added=added, removed=removed, restock=restock)

    def move_fulfilment_order(self, order_id: int, source: str, destination: str) -> None:
        """Let one location ship what another was to ship."""
        with self._lock:
            location = self._house.catalogue.location
            self._desk.move(self._order(order_id), location(source), location(destination))

    def fulfil(
        self,
        order_id: int,
        lines: Lines | None = None,
        *,
        status: str = Shipping.SUCCESS,
    ) -> list[int]:
        """Ship some units, or all that is left; return the ids of the parcels."""
        with self._lock:
            order = self._order(order_id)
            units = None
            if lines is not None:
                units = {self._line(order, one).id: n for one, n in _pairs(lines)}
            return [one.id for one in self._parcels.fulfil(order, units, Shipping(status))]

    def end_fulfilment(self, fulfilment_id: int, status: str) -> None:
        """Let a parcel succeed, fail, or be cancelled."""
        with self._lock:
            self._parcels.end(self._parcel(fulfilment_id), Shipping(status))

    def refund(
        self,
        order_id: int,
        lines: Lines = (),
        *,
        restock_type: str = Restock.RETURN,
        location: str | None = None,
        unshipped: bool | None = None,
        amount_cents: int | None = None,
    ) -> int:
        """Refund units, or money alone; return the refund's id.

        A line may come twice. `unshipped` says of which units `no_restock` speaks; left out,
        of those that left, if they suffice.
        """
        with self._lock:
            order = self._order(order_id)
            place = None if location is None else self._house.catalogue.location(location)
            backs = [
                Back(
                    line=self._line(order, one),
                    units=units,
                    restock_type=Restock(restock_type),
                    location=place,
                    unshipped=unshipped,
                )
                for one, units in _pairs(lines)
            ]
            money = sum(one.units * one.line.price_cents for one in backs) if order.paid else 0
            told = money if amount_cents is None else amount_cents
            return self._refunds.make(order, backs, told).id

    def _order(self, order_id: int) -> Order:
        found = self._house.orders.get(order_id)
        if found is None:
            raise LookupError(f"there is no order {order_id}")
        return found

    def _parcel(self, fulfilment_id: int) -> Fulfilment:
        for order in self._house.orders.values():
            for one in order.fulfilments:
                if one.id == fulfilment_id:
                    return one
        raise LookupError(f"there is no fulfilment {fulfilment_id}")

    def _line(self, order: Order, line: int | str) -> Line:
        if isinstance(line, int):
            return order.line(line)
        for one in order.lines:
            if one.sku == line:
                return one
        raise LookupError(f"order {order.name} has no line of {line}")

    def _wanted(self, items: Items, *, custom: bool) -> list[Wanted]:
        pairs = items.items() if isinstance(items, Mapping) else items
        wanted = []
        for sku, units in pairs:
            if units < 1:
                raise Refusal(f"nobody can order {units} of {sku}")
            unknown = custom and not self._house.catalogue.has(sku)
            variant = None if unknown else self._house.catalogue.named(sku)
            title = sku if variant is None else variant.product.title
            wanted.append(Wanted(variant=variant, units=units, title=title))
        return wanted


def _pairs(lines: Lines) -> list[tuple[int | str, int]]:
    return list(lines.items() if isinstance(lines, Mapping) else lines)
