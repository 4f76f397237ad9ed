"""What shoppers and staff do in the shop; each act takes the shop's lock."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from stocksync.sandbox.woocommerce.catalogue import Product, Type
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.orders import Order, Status, Wanted
from stocksync.sandbox.woocommerce.shoppers import BLOCK, Shoppers


class People:
    """The acts of people, for tests, shoppers and simulations."""

    _lock: AbstractContextManager[object]
    _clock: Callable[[], datetime]
    _desk: Desk
    _shoppers: Shoppers

    # Staff: the shelves

    def add_product(
        self,
        sku: str,
        stock: int | None,
        *,
        id: int | None = None,  # noqa: A002  - the shop's own word
        managed: bool = True,
        backorders: str = "no",
        price_cents: int = 1000,
        name: str | None = None,
    ) -> int:
        """Add a simple product; return its id."""
        with self._lock:
            return self._add(
                sku, stock if managed else None, Type.SIMPLE, id, backorders, price_cents, name
            ).id

    def add_variable(
        self,
        sku: str,
        stock: int | None = None,
        *,
        variations: Mapping[str, int | str],
        id: int | None = None,  # noqa: A002  - the shop's own word
        ids: Mapping[str, int] | None = None,
        price_cents: int = 1000,
    ) -> int:
        """Add a variable product; a variation has its own number or the word "parent"."""
        with self._lock:
            parent = self._add(sku, stock, Type.VARIABLE, id, "no", price_cents, None)
            for one, told in variations.items():
                own = None if told == "parent" else int(told)
                number = (ids or {}).get(one)
                self._add(one, own, Type.VARIATION, number, "no", price_cents, None, parent)
            return parent.id

    def add_variation(self, parent: str, sku: str) -> int:
        """Add a variation that draws on its parent's number to a variable product."""
        with self._lock:
            whole = self._desk.catalogue.named(parent)
            return self._add(sku, None, Type.VARIATION, None, "no", 1000, None, whole).id

    def edit_stock(self, sku: str, stock: int) -> None:
        """Let staff set a number, whatever it was."""
        with self._lock:
            self._desk.save_product(self._owner(sku), stock)

    def save_product(self, sku: str, *, name: str | None = None) -> None:
        """Let staff save a product and leave its number alone."""
        with self._lock:
            product = self._desk.catalogue.named(sku)
            product.name = product.name if name is None else name
            self._desk.save_product(product)

    def rename(self, sku: str, new: str) -> None:
        """Let staff give a product another SKU."""
        with self._lock:
            product = self._desk.catalogue.named(sku)
            self._desk.catalogue.rename(product, new)
            self._desk.save_product(product)

    def delete_product(self, sku: str, *, force: bool = False) -> None:
        """Put a product in the trash, or delete it for good, of which no webhook tells."""
        with self._lock:
            product = self._desk.catalogue.named(sku)
            if force:
                self._desk.catalogue.remove(product)
            else:
                self._desk.trash_product(product)

    def restore_product(self, sku: str) -> None:
        """Take a product out of the trash."""
        with self._lock:
            self._desk.restore_product(self._desk.catalogue.named(sku))

    def stock(self, sku: str) -> int | None:
        """Return the number that moves when this SKU is sold; None where nobody counts."""
        with self._lock:
            owner = self._desk.catalogue.owner(self._desk.catalogue.named(sku))
            return None if owner is None else owner.stock

    def id_of(self, sku: str) -> int:
        """Return the id of a SKU."""
        with self._lock:
            return self._desk.catalogue.named(sku).id

    # Shoppers

    def buy(
        self,
        items: Mapping[str, int],
        *,
        status: str = "processing",
        via: str = BLOCK,
        oversell: bool = False,
    ) -> int:
        """Sell in one go; return the order's id, or raise `OutOfStock`."""
        with self._lock:
            return self._shoppers.buy(items, status=Status(status), via=via, oversell=oversell).id

    def open_checkout(self, items: Mapping[str, int], *, via: str = BLOCK) -> int:
        """Reach the payment step and stop there; return the unpaid order's id.

        The block checkout makes a draft, which holds nothing; the classic one an order that
        holds its units for `hold_stock_minutes`.
        """
        with self._lock:
            if via == BLOCK:
                return self._shoppers.draft(items).id
            return self._shoppers.buy(items, status=Status.PENDING, via=via, oversell=False).id

    def pay(self, order_id: int, *, status: str = "processing") -> None:
        """Pay an open checkout, or raise `OutOfStock`."""
        with self._lock:
            self._shoppers.pay(self._desk.order(order_id), Status(status))

    def held(self, sku: str) -> int:
        """Return what unpaid orders hold of a number; REST never shows it."""
        with self._lock:
            return self._shoppers.held(self._owner(sku))

    # Staff: the orders

    @property
    def orders(self) -> Mapping[int, Order]:
        """Return the orders by id, those in the trash among them."""
        return self._desk.orders

    def create_order(
        self,
        items: Mapping[str, int],
        *,
        status: str = "processing",
        via: str = "rest-api",
        fees: Mapping[str, int] | None = None,
    ) -> int:
        """Write an order as an importer does: nobody looks at the shelf, a SKU may be unknown."""
        with self._lock:
            wanted = [self._wanted(sku, units) for sku, units in items.items()]
            order = self._desk.create(
                wanted, status=Status(status), via=via, fees=(fees or {}).items()
            )
            return order.id

    def set_status(self, order_id: int, status: str) -> None:
        """Save an order with another status."""
        with self._lock:
            self._desk.save(self._desk.order(order_id), status=Status(status))

    def note(self, order_id: int, note: str) -> None:
        """Save an order with another note and nothing else."""
        with self._lock:
            self._desk.save(self._desk.order(order_id), note=note)

    def edit_line(self, order_id: int, line: int | str, units: int) -> None:
        """Change a line's quantity; a line is named by its id or its SKU."""
        with self._lock:
            order = self._desk.order(order_id)
            self._desk.save(order, quantities={self._line(order, line): units})

    def add_line(self, order_id: int, sku: str, units: int) -> None:
        """Add a line."""
        with self._lock:
            self._desk.save(self._desk.order(order_id), added=[self._wanted(sku, units)])

    def delete_line(self, order_id: int, line: int | str) -> None:
        """Delete a line; what it still takes goes back."""
        self.edit_line(order_id, line, 0)

    def refund(
        self,
        order_id: int,
        units: Mapping[int | str, int] | None = None,
        *,
        restock: bool = True,
        amount_cents: int | None = None,
    ) -> int:
        """Refund units, or an amount alone; return the refund's id."""
        with self._lock:
            order = self._desk.order(order_id)
            back = {self._line(order, line): n for line, n in (units or {}).items()}
            totals = {
                line.id: line.total_cents * back[line.id] // max(line.quantity, 1)
                for line in order.lines
                if line.id in back
            }
            told = sum(totals.values()) if amount_cents is None else amount_cents
            return self._desk.refund(
                order, units=back, totals=totals, amount_cents=told, restock=restock
            ).id

    def delete_refund(self, order_id: int, refund_id: int) -> None:
        """Delete a refund: no stock moves, and nobody is told."""
        with self._lock:
            order = self._desk.order(order_id)
            found = next(one for one in order.refunds if one.id == refund_id)
            self._desk.delete_refund(order, found)

    def trash(self, order_id: int) -> None:
        """Put an order in the trash; its units stay taken."""
        with self._lock:
            self._desk.trash(self._desk.order(order_id))

    def restore(self, order_id: int) -> None:
        """Take an order out of the trash, as it was."""
        with self._lock:
            self._desk.restore(self._desk.order(order_id))

    def force_delete(self, order_id: int) -> None:
        """Delete an order for good: no webhook, and its units stay taken for ever."""
        with self._lock:
            self._desk.force_delete(self._desk.order(order_id))

    def _add(
        self,
        sku: str,
        stock: int | None,
        kind: Type,
        number: int | None,
        backorders: str,
        price_cents: int,
        name: str | None,
        parent: Product | None = None,
    ) -> Product:
        now = self._clock()
        return self._desk.add_product(
            Product(
                id=self._desk.new_id() if number is None else number,
                sku=sku,
                name=name or sku,
                type=kind,
                created_at=now,
                modified_at=now,
                managed=stock is not None,
                stock=stock,
                backorders=backorders,
                price_cents=price_cents,
                parent_id=0 if parent is None else parent.id,
                option="" if parent is None else sku,
            )
        )

    def _owner(self, sku: str) -> Product:
        owner = self._desk.catalogue.owner(self._desk.catalogue.named(sku))
        if owner is None:
            raise LookupError(f"nobody counts {sku}; add it with managed=True")
        return owner

    def _wanted(self, sku: str, units: int) -> Wanted:
        found = self._desk.catalogue.find(sku)
        return Wanted(product_id=0 if found is None else found.id, quantity=units)

    def _line(self, order: Order, line: int | str) -> int:
        if isinstance(line, int):
            return line
        product = self._desk.catalogue.named(line)
        for one in order.lines:
            if one.product_id == product.id:
                return one.id
        raise LookupError(f"order {order.id} has no line of {line}")
