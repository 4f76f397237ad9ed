"""Products of the shop: who owns which number, and what an order or a person does to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Type(StrEnum):
    """What kind of product one is."""

    SIMPLE = "simple"
    VARIABLE = "variable"
    VARIATION = "variation"


@dataclass(slots=True, kw_only=True)
class Product:
    """One product or variation; `stock` is None where the shop does not manage it."""

    id: int
    sku: str
    name: str
    type: Type
    created_at: datetime
    modified_at: datetime
    price_cents: int = 1000
    parent_id: int = 0
    status: str = "publish"
    managed: bool = True
    stock: int | None = None
    backorders: str = "no"
    low_stock_amount: int | None = None
    option: str = ""
    variations: list[int] = field(default_factory=list)
    total_sales: int = 0
    # The shop's books, which no client sees.
    opening: int = 0
    edits: int = 0
    gone: int = 0
    unread: int = 0  # units its orders took since the client last read the number


class Catalogue:
    """All products by id and by SKU."""

    def __init__(self) -> None:
        self._products: dict[int, Product] = {}
        self._by_sku: dict[str, int] = {}

    def __iter__(self) -> Iterator[Product]:
        return iter(self._products.values())

    def add(self, product: Product) -> None:
        """Take a product in; a SKU or an id can be used once."""
        if product.sku in self._by_sku:
            raise ValueError(f"SKU {product.sku} is in use by {self._by_sku[product.sku]}")
        if product.id in self._products:
            raise ValueError(f"id {product.id} is in use; leave it out to get a free one")
        self._products[product.id] = product
        if product.sku:
            self._by_sku[product.sku] = product.id
        if product.type is Type.VARIATION:
            self._products[product.parent_id].variations.append(product.id)

    def rename(self, product: Product, sku: str) -> None:
        """Give a product a SKU that no other has."""
        if self.find(sku) is not None:
            raise ValueError(f"SKU {sku} is on another product already")
        self._by_sku.pop(product.sku, None)
        product.sku = sku
        self._by_sku[sku] = product.id

    def get(self, product_id: int) -> Product | None:
        """Return the product of an id, if it is there."""
        return self._products.get(product_id)

    def named(self, sku: str) -> Product:
        """Return the product of a SKU that must be there."""
        found = self.find(sku)
        if found is None:
            raise LookupError(f"SKU {sku} is not in this shop; add it with add_product")
        return found

    def find(self, sku: str) -> Product | None:
        """Return the product of a SKU, if it is there."""
        return self._products.get(self._by_sku.get(sku, 0))

    def owner(self, product: Product) -> Product | None:
        """Return whose number moves when this one is sold; None where nobody counts."""
        if product.managed:
            return product
        parent = self._products.get(product.parent_id)
        return parent if parent is not None and parent.managed else None

    def touch(self, product: Product, now: datetime) -> None:
        """Let the product, and the parent of a variation, show as changed now."""
        product.modified_at = now
        parent = self._products.get(product.parent_id)
        if parent is not None:
            parent.modified_at = now

    def sell(self, owner: Product, units: int, now: datetime) -> None:
        """Let an order take units from a number, or give them back (below zero).

        One atomic statement in the real shop: it never loses another's change.
        """
        owner.stock = (owner.stock or 0) - units
        owner.unread += units
        self.touch(owner, now)

    def edit(self, owner: Product, stock: int, now: datetime) -> None:
        """Let a person or a client set a number, whatever it was."""
        owner.edits += stock - (owner.stock or 0)
        owner.stock = stock
        self.touch(owner, now)

    def remove(self, product: Product) -> list[Product]:
        """Delete a product for good, with its variations; return all that went."""
        went = [product, *(self._products[one] for one in product.variations)]
        for one in went:
            del self._products[one.id]
            self._by_sku.pop(one.sku, None)
        parent = self._products.get(product.parent_id)
        if parent is not None:
            parent.variations.remove(product.id)
        return went
