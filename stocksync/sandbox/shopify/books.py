"""The books: whether every unit came from somewhere and went somewhere."""

from dataclasses import dataclass

from stocksync.sandbox.shopify.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The books of one SKU over all its levels: what is left is what may be sold."""

    opening: int
    edits: int
    gone: int  # shipped and not returned, or given up
    held: int  # committed to orders
    aside: int  # damaged, reserved ...
    stock: int

    @property
    def balances(self) -> bool:
        """Return whether no unit came from nowhere or went nowhere."""
        return self.opening + self.edits - self.gone - self.held - self.aside == self.stock


def balances(house: House) -> dict[str, Balance]:
    """Return the books of every SKU; items of one SKU are told as one."""
    found: dict[str, Balance] = {}
    for item in house.catalogue.items.values():
        books = house.stockroom.books[item.id]
        levels = house.stockroom.of(item)
        stock = sum(one.available for one in levels)
        held = sum(one.committed for one in levels)
        before = found.get(item.sku or "", _NOTHING)
        found[item.sku or ""] = Balance(
            opening=before.opening + books.opening,
            edits=before.edits + books.edits,
            gone=before.gone + books.gone,
            held=before.held + held,
            aside=before.aside + sum(one.on_hand for one in levels) - stock - held,
            stock=before.stock + stock,
        )
    return found


_NOTHING = Balance(opening=0, edits=0, gone=0, held=0, aside=0, stock=0)
