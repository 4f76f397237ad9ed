"""Shoppers at the two checkouts: what they may buy, and what an unpaid checkout holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stocksync.sandbox.agenda import Agenda
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.woocommerce.catalogue import Product
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.orders import Order, Status, Wanted
from stocksync.sandbox.woocommerce.record import Log

CLASSIC = "checkout"
BLOCK = "store-api"
REST = "rest-api"


class OutOfStock(Exception):
    """The shop sends a shopper away; `code` and `status` are what its Store API answers."""

    def __init__(self, code: str, sku: str, status: int) -> None:
        super().__init__(f"{code}: {sku}")
        self.code = code
        self.sku = sku
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Units that an unpaid checkout keeps from other shoppers; REST never shows them."""

    order_id: int
    owner_id: int
    units: int
    ends_at: datetime


class Shoppers:
    """Sells to people. The caller holds the shop's lock."""

    def __init__(
        self,
        *,
        desk: Desk,
        agenda: Agenda,
        clock: Callable[[], datetime],
        dice: Dice,
        knobs: Knobs,
        log: Log,
    ) -> None:
        self._desk = desk
        self._agenda = agenda
        self._clock = clock
        self._dice = dice
        self._knobs = knobs
        self._log = log
        self._holds: list[Hold] = []

    def buy(self, items: Mapping[str, int], *, status: Status, via: str, oversell: bool) -> Order:
        """Sell in one go, or raise `OutOfStock`; an order over REST is never checked.

        An order that waits for its payment holds its units from other shoppers.
        """
        if via != REST and not oversell:
            for sku, units in items.items():
                self._check(sku, units)
        order = self._desk.create(self._wanted(items), status=status, via=via)
        if status is not Status.PENDING:
            self._log.sold.update(items)
        elif via != REST:
            self._hold(order)
        return order

    def draft(self, items: Mapping[str, int]) -> Order:
        """Open the block checkout and stop there: a draft, which holds nothing."""
        for sku, units in items.items():
            self._check(sku, units)
        return self._desk.create(self._wanted(items), status=Status.DRAFT, via=BLOCK)

    def pay(self, order: Order, status: Status) -> None:
        """Pay an open checkout.

        A draft looks at the shelf again and sells what is left of the cart; an order that
        waits for its payment is paid whatever became of the shelf.
        """
        if order.status is Status.DRAFT:
            self._shrink(order)
        now = self._clock()
        order.paid_at = now
        for line in order.lines:
            product = self._desk.catalogue.get(line.product_id)
            if product is not None:
                self._log.sold[product.sku] += line.quantity
        self._desk.save(order, status=status)

    def held(self, owner: Product) -> int:
        """Return what unpaid orders hold of a number."""
        now = self._clock()
        self._holds = [
            hold
            for hold in self._holds
            if hold.ends_at > now
            and hold.order_id in self._desk.orders
            and self._desk.orders[hold.order_id].status is Status.PENDING
        ]
        return sum(hold.units for hold in self._holds if hold.owner_id == owner.id)

    def _hold(self, order: Order) -> None:
        ends_at = self._clock() + self._hold_time()
        for line in order.lines:
            product = self._desk.catalogue.get(line.product_id)
            owner = None if product is None else self._desk.catalogue.owner(product)
            if owner is not None:
                self._holds.append(
                    Hold(order_id=order.id, owner_id=owner.id, units=line.quantity, ends_at=ends_at)
                )
        if order.created_via == CLASSIC:  # unpaid orders of the block checkout stay for ever
            self._agenda.at(ends_at, lambda: self._expire(order.id))

    def _check(self, sku: str, units: int) -> None:
        left = self._left(self._desk.catalogue.named(sku))
        if left is None or left >= units:
            return
        if self._dice.falls(self._knobs.oversell):
            return  # two shoppers looked at once
        self._log.refused[sku] += units
        partly = "partially_" if left > 0 else ""
        raise OutOfStock(f"woocommerce_rest_product_{partly}out_of_stock", sku, 400)

    def _shrink(self, order: Order) -> None:
        wanted = {}
        for line in order.lines:
            product = self._desk.catalogue.get(line.product_id)
            left = None if product is None else self._left(product)
            if product is not None and left is not None and left < line.quantity:
                if left <= 0:
                    self._log.refused[product.sku] += line.quantity
                    raise OutOfStock("woocommerce_rest_product_out_of_stock", product.sku, 409)
                wanted[line.id] = left
        for line in order.lines:
            if line.id in wanted:
                line.total_cents = line.total_cents * wanted[line.id] // line.quantity
                line.quantity = wanted[line.id]

    def _left(self, product: Product) -> int | None:
        owner = self._desk.catalogue.owner(product)
        if owner is None or owner.backorders != "no":
            return None
        return (owner.stock or 0) - self.held(owner)

    def _expire(self, order_id: int) -> None:
        order = self._desk.orders.get(order_id)
        if order is None or order.status is not Status.PENDING:
            return
        due = order.modified_at + self._hold_time()
        if due > self._clock():
            self._agenda.at(due, lambda: self._expire(order_id))
            return
        self._desk.save(order, status=Status.CANCELLED)

    def _hold_time(self) -> timedelta:
        return timedelta(minutes=self._knobs.hold_stock_minutes)

    def _wanted(self, items: Mapping[str, int]) -> list[Wanted]:
        return [
            Wanted(product_id=self._desk.catalogue.named(sku).id, quantity=units)
            for sku, units in items.items()
        ]
