"""What people and clients do with products and orders, and which webhooks each act fires."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count

from stocksync.sandbox.dice import LETTERS, Dice
from stocksync.sandbox.woocommerce.bodies import Home
from stocksync.sandbox.woocommerce.catalogue import Catalogue, Product, Type
from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.order_bodies import OrderBodies
from stocksync.sandbox.woocommerce.orders import Line, Order, Refund, Status, Wanted
from stocksync.sandbox.woocommerce.product_bodies import ProductBodies
from stocksync.sandbox.woocommerce.queue import Fires
from stocksync.sandbox.woocommerce.stockroom import Moved, Stockroom

VERSIONS_KEPT = 16


class Desk:
    """Acts on orders and products; the caller holds the shop's lock."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        home: Home,
        clock: Callable[[], datetime],
        dice: Dice,
        fire: Callable[[Fires, datetime], None],
    ) -> None:
        self.catalogue = catalogue
        self.home = home
        self.product_bodies = ProductBodies(catalogue, home)
        self.order_bodies = OrderBodies(catalogue, home)
        self.orders: dict[int, Order] = {}
        self.versions: dict[int, list[tuple[datetime, dict[str, object]]]] = {}
        self._clock = clock
        self._dice = dice
        self._fire = fire
        self._stockroom = Stockroom(catalogue)
        self._ids = count(10)
        self._line_ids = count(1)
        self._meta_ids = count(10)

    def new_id(self) -> int:
        """Return a free id: products, orders and refunds share one row of numbers."""
        return next(
            one for one in self._ids if one not in self.orders and self.catalogue.get(one) is None
        )

    # Products

    def add_product(self, product: Product) -> Product:
        """Take a product in; product.created follows."""
        self.catalogue.add(product)
        product.opening = product.stock or 0
        self._tell([("product.created", product.id)])
        return product

    def save_product(self, product: Product, stock: int | None = None) -> None:
        """Save a product, perhaps with a new number; the same number is a save as well."""
        now = self._clock()
        topics = [("product.updated", product.id)]
        if stock is not None:
            self.catalogue.edit(product, stock, now)
            if product.type is not Type.VARIATION:
                topics.append(("action.woocommerce_product_set_stock", 0))
        self.catalogue.touch(product, now)
        self._tell(topics)

    def count_here(self, product: Product, managed: bool) -> None:
        """Begin or end to manage stock at this product itself."""
        if product.managed == managed:
            return
        if not managed:
            product.edits -= product.stock or 0
            product.stock = None
        else:
            product.stock = 0
        product.managed = managed

    def trash_product(self, product: Product) -> None:
        """Put a product in the trash; product.deleted follows."""
        product.status = "trash"
        self.catalogue.touch(product, self._clock())
        self._tell([("product.deleted", product.id)])

    def restore_product(self, product: Product) -> None:
        """Take a product out of the trash."""
        product.status = "publish"
        self.catalogue.touch(product, self._clock())
        self._tell([("product.restored", product.id)])

    # Orders

    def order(self, order_id: int) -> Order:
        """Return an order, or raise the shop's 404."""
        found = self.orders.get(order_id)
        if found is None:
            raise RestError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
        return found

    def create(
        self,
        wanted: Iterable[Wanted],
        *,
        status: Status,
        via: str,
        fees: Iterable[tuple[str, int]] = (),
        note: str = "",
        payment_method: str = "cod",
        paid: bool = False,
    ) -> Order:
        """Make an order. A shopper's stock is checked elsewhere; here nothing is."""
        now = self._clock()
        order = Order(
            id=self.new_id(),
            status=Status.PENDING,
            created_via=via,
            created_at=now,
            modified_at=now,
            order_key=f"wc_order_{self._dice.word(13, LETTERS)}",
            customer_note=note,
            payment_method=payment_method,
            paid_at=now if paid or status is Status.COMPLETED else None,
        )
        order.lines = [self._line(one) for one in wanted]
        order.fees = [(next(self._line_ids), name, cents) for name, cents in fees]
        self.orders[order.id] = order
        moved = self._stockroom.enter(order, status, now)
        fires = Fires()
        self._announce(fires, order)
        self._close(order, fires, moved, now)
        return order

    def save(
        self,
        order: Order,
        *,
        status: Status | None = None,
        note: str | None = None,
        quantities: Mapping[int, int] | None = None,
        added: Iterable[Wanted] = (),
    ) -> None:
        """Save an order once, with all that was changed; quantity 0 deletes a line."""
        now = self._clock()
        was = order.status
        fires = Fires()
        lines_moved = self._edit_lines(order, quantities or {}, added, now)
        self._products(fires, lines_moved)
        if note is not None:
            order.customer_note = note
        moved = [] if status is None else self._enter(order, status, now)
        # Leaving the trash, or going there, by a save is a change that no webhook tells.
        if Status.TRASH not in (was, order.status):
            fires.add("order.updated", order.id)
            if was is Status.DRAFT and order.status is not Status.DRAFT:
                fires.add("order.created", order.id)
        order.modified_at = now
        self._close(order, fires, moved, now)

    def refund(
        self,
        order: Order,
        *,
        units: Mapping[int, int],
        totals: Mapping[int, int],
        amount_cents: int,
        restock: bool,
        reason: str = "",
    ) -> Refund:
        """Refund units or an amount; refunding all of the money makes the order refunded."""
        now = self._clock()
        left = order.total_cents - order.refunded_cents
        if amount_cents < 0 or amount_cents > left:
            raise RestError(
                "woocommerce_rest_cannot_create_order_refund",
                "Invalid refund amount.",
                500,
                bare=True,
            )
        refund = self._refund_record(order, units, totals, amount_cents, reason, now)
        moved = self._stockroom.restock(order, dict(units), now) if restock else []
        fires = Fires()
        self._products(fires, moved)
        if amount_cents == left:
            moved = self._stockroom.enter(order, Status.REFUNDED, now)
        fires.add("order.updated", order.id)
        order.modified_at = now
        self._close(order, fires, moved, now)
        return refund

    def delete_refund(self, order: Order, refund: Refund) -> None:
        """Delete a refund: no webhook, no stock, no new date; the status stays."""
        order.refunds.remove(refund)
        self._remember(order)

    def trash(self, order: Order) -> None:
        """Put an order in the trash; its units stay taken."""
        order.before_trash = order.status
        order.status = Status.TRASH
        order.modified_at = self._clock()
        self._remember(order)
        self._tell([("order.deleted", order.id)])

    def restore(self, order: Order) -> None:
        """Take an order out of the trash, as it was."""
        order.status = order.before_trash
        order.modified_at = self._clock()
        self._remember(order)
        self._tell([("order.restored", order.id)])

    def force_delete(self, order: Order) -> None:
        """Delete an order for good: no webhook, and its units stay taken for ever."""
        self._stockroom.forget(order)
        del self.orders[order.id]
        self.versions.pop(order.id, None)

    def body_of(self, topic: str, key: int) -> object:
        """Return the body of a delivery as the object now is, or raise the shop's error."""
        resource, _, event = topic.partition(".")
        if resource == "action":
            return {"action": event, "arg": []}
        if event == "deleted":
            return {"id": key}
        if resource == "order":
            return self.order_bodies.order(self.order(key))
        product = self.catalogue.get(key)
        if product is None:
            raise RestError("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
        return self.product_bodies.product(product)

    def _enter(self, order: Order, status: Status, now: datetime) -> Moved:
        if status is Status.TRASH and order.status is not Status.TRASH:
            order.before_trash = order.status
        if status is Status.REFUNDED and order.status is not Status.REFUNDED:
            left = order.total_cents - order.refunded_cents
            if left > 0:
                self._refund_record(order, {}, {}, left, "Order fully refunded.", now)
        return self._stockroom.enter(order, status, now)

    def _edit_lines(
        self, order: Order, quantities: Mapping[int, int], added: Iterable[Wanted], now: datetime
    ) -> Moved:
        moved: Moved = []
        for line_id, quantity in quantities.items():
            line = order.line(line_id)
            if line is None:
                raise RestError(
                    "woocommerce_rest_invalid_item_id",
                    "Order item ID provided is not associated with order.",
                    400,
                )
            if quantity == 0:
                moved += self._stockroom.drop(order, line, now)
            else:
                line.quantity = quantity
                moved += self._stockroom.adjust(order, line, quantity, now)
        for one in added:
            line = self._line(one)
            order.lines.append(line)
            moved += self._stockroom.adjust(order, line, line.quantity, now)
        return moved

    def _line(self, wanted: Wanted) -> Line:
        product = self.catalogue.get(wanted.product_id)
        price = 0 if product is None else product.price_cents
        total = price * wanted.quantity if wanted.total_cents is None else wanted.total_cents
        return Line(
            id=next(self._line_ids),
            product_id=wanted.product_id,
            name=wanted.name if product is None else product.name,
            quantity=wanted.quantity,
            total_cents=total,
        )

    def _refund_record(
        self,
        order: Order,
        units: Mapping[int, int],
        totals: Mapping[int, int],
        amount_cents: int,
        reason: str,
        now: datetime,
    ) -> Refund:
        refund = Refund(
            id=self.new_id(),
            line_id=next(self._line_ids),
            amount_cents=amount_cents,
            reason=reason,
            created_at=now,
            units=dict(units),
            totals=dict(totals),
        )
        for _ in list(units)[1:]:
            next(self._line_ids)
        order.refunds.append(refund)
        return refund

    def _announce(self, fires: Fires, order: Order) -> None:
        if order.status is Status.DRAFT:
            fires.add("order.updated", order.id)
        elif order.created_via == "store-api":
            fires.add("order.updated", order.id)
            fires.add("order.created", order.id)
        elif order.created_via == "checkout":
            fires.add("order.created", order.id)
            fires.twice("order.updated", order.id)
        else:
            fires.add("order.created", order.id)
            fires.add("order.updated", order.id)

    def _products(self, fires: Fires, moved: Moved) -> None:
        for owner in moved:
            fires.add("product.updated", owner.id)
            if owner.type is not Type.VARIATION:
                fires.add("action.woocommerce_product_set_stock", 0)

    def _close(self, order: Order, fires: Fires, moved: Moved, now: datetime) -> None:
        self._products(fires, moved)
        self._remember(order)
        self._fire(fires, now)

    def _remember(self, order: Order) -> None:
        """Number the line's meta rows and keep what the order index may still show."""
        for line in order.lines:
            told = {
                "option": True,
                "_reduced_stock": line.reduced is not None,
                "_restock_refunded_items": line.restocked is not None,
            }
            for key, there in told.items():
                if not there:
                    line.meta_ids.pop(key, None)
                elif key not in line.meta_ids:
                    line.meta_ids[key] = next(self._meta_ids)
        kept = self.versions.setdefault(order.id, [])
        kept.append((self._clock(), self.order_bodies.order(order)))
        del kept[:-VERSIONS_KEPT]

    def _tell(self, topics: Iterable[tuple[str, int]]) -> None:
        self._fire(Fires(list(topics)), self._clock())
