"""Table 4.1 of the reference: how each change of an order moves the numbers.

Every verb returns the owners whose number moved, in the order of the lines.
"""

from datetime import datetime

from stocksync.sandbox.woocommerce.catalogue import Catalogue, Product
from stocksync.sandbox.woocommerce.orders import GIVING, TAKING, Line, Order, Status

Moved = list[Product]


class Stockroom:
    """Takes stock for orders and puts it back, as the shop does and not as one would wish."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def enter(self, order: Order, status: Status, now: datetime) -> Moved:
        """Move an order into a status, with what that does to stock.

        Failed and refunded keep what they took, and so does the trash.
        """
        order.status = status
        if status is Status.COMPLETED and order.completed_at is None:
            order.completed_at = now
        if status in TAKING and not order.stock_reduced:
            order.stock_reduced = True
            return self._take_all(order, now)
        if status in GIVING and order.stock_reduced:
            order.stock_reduced = False
            return self._give_all(order, now)
        return []

    def adjust(self, order: Order, line: Line, quantity: int, now: datetime) -> Moved:
        """Let stock follow an edited line; quantity 0 is a line about to go.

        Only a deleted line is put back whatever the order's status; others follow while
        the order takes stock.
        """
        if quantity and order.status not in TAKING:
            return []
        owner = self._owner(line)
        if owner is None:
            return []
        restocked, taken = line.restocked or 0, line.reduced or 0
        more = quantity - restocked - taken if quantity else -taken
        if more == 0:
            return []
        self._sell(owner, line, more, now)
        line.reduced = quantity - restocked if quantity else 0
        if quantity:
            order.stock_reduced = True
        return [owner]

    def restock(self, order: Order, units: dict[int, int], now: datetime) -> Moved:
        """Put refunded units back; how many were ordered is not asked."""
        moved = []
        for line in order.lines:
            owner = self._owner(line)
            back = units.get(line.id, 0)
            if owner is None or not line.reduced or not back:
                continue
            self._sell(owner, line, -back, now)
            line.reduced -= back
            line.restocked = (line.restocked or 0) + back
            moved.append(owner)
        return _each_once(moved)

    def drop(self, order: Order, line: Line, now: datetime) -> Moved:
        """Take a line off an order, and put back what it still takes."""
        moved = self.adjust(order, line, 0, now)
        order.lines.remove(line)
        self._forget(line)  # where nobody counts any more, nothing could be put back
        return moved

    def forget(self, order: Order) -> None:
        """Delete an order for good: what it took is gone, and nobody says so."""
        for line in order.lines:
            self._forget(line)

    def _forget(self, line: Line) -> None:
        owner = self._catalogue.get(line.owner_id)
        if owner is not None and line.reduced:
            owner.gone += line.reduced

    def _take_all(self, order: Order, now: datetime) -> Moved:
        moved = []
        for line in order.lines:
            owner = self._owner(line)
            if owner is None or line.reduced:
                continue
            # The whole quantity, also units refunded and restocked before.
            self._sell(owner, line, line.quantity, now)
            line.reduced = line.quantity
            moved.append(owner)
        return _each_once(moved)

    def _give_all(self, order: Order, now: datetime) -> Moved:
        moved = []
        for line in order.lines:
            owner = self._owner(line)
            if owner is None or not line.reduced:
                continue  # the line of a deleted product keeps its memory for ever
            self._sell(owner, line, -line.reduced, now)
            line.reduced = None
            moved.append(owner)
        return _each_once(moved)

    def _owner(self, line: Line) -> Product | None:
        product = self._catalogue.get(line.product_id)
        return None if product is None else self._catalogue.owner(product)

    def _sell(self, owner: Product, line: Line, units: int, now: datetime) -> None:
        before = self._catalogue.get(line.owner_id)
        if before is not None and before is not owner and line.reduced:
            # A variation left or joined its parent's pool meanwhile: in the books the
            # units that this line holds move with it.
            before.edits -= line.reduced
            owner.edits += line.reduced
        line.owner_id = owner.id
        self._catalogue.sell(owner, units, now)


def _each_once(owners: Moved) -> Moved:
    return list({owner.id: owner for owner in owners}.values())
