"""What the shop has: its locations, products and items, and how search finds them."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from stocksync.sandbox.shopify.products import Item, Location, Product, Variant

# First ids, as real ones look; shops of one test differ by their seed.
FIRST = {
    "location": 75_596_366_001,
    "product": 4_545_493_434_001,
    "variant": 31_939_875_864_001,
    "item": 48_513_488_879_001,
    "level": 99_102_937_001,
    "order": 6_749_596_057_001,
    "line": 16_353_368_736_001,
    "refund": 1_022_629_085_001,
    "refund_line": 653_531_316_001,
    "fulfilment": 4_900_000_000_001,
    "fulfilment_line": 11_200_000_000_001,
    "fulfilment_order": 6_100_000_000_001,
    "fulfilment_order_line": 13_400_000_000_001,
    "edit": 78_912_328_793_001,
    "group": 20_300_000_001,
    "bulk": 147_595_010_001,
}
BETWEEN_SEEDS = 100_000


class Ids:
    """Gives out ids, each kind from its own row of numbers."""

    def __init__(self, seed: int) -> None:
        self._next = {
            kind: count(first + seed % 1000 * BETWEEN_SEEDS) for kind, first in FIRST.items()
        }

    def new(self, kind: str) -> int:
        """Return a new id of a kind."""
        return next(self._next[kind])


class Catalogue:
    """Locations, products, variants and items by id, and by the words people use."""

    def __init__(self) -> None:
        self.locations: dict[int, Location] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.items: dict[int, Item] = {}
        self._skus: dict[int, list[tuple[datetime, str | None]]] = defaultdict(list)
        self._selling: dict[int, list[Variant]] = defaultdict(list)
        self._having: dict[str | None, set[int]] = defaultdict(set)

    def add(self, variant: Variant) -> None:
        """Take a variant in, with its product and its item."""
        self.products[variant.product.id] = variant.product
        self.items[variant.item.id] = variant.item
        self.variants[variant.id] = variant
        variant.product.variants.append(variant)
        self._selling[variant.item.id].append(variant)
        self.index(variant.item, variant.created_at)

    def remove(self, variant: Variant) -> None:
        """Delete a variant, and its product and item once nothing else needs them."""
        del self.variants[variant.id]
        variant.product.variants.remove(variant)
        self._selling[variant.item.id].remove(variant)
        if not variant.product.variants:
            del self.products[variant.product.id]
        if not self._selling[variant.item.id]:
            del self.items[variant.item.id]
            self._having[variant.item.sku].discard(variant.item.id)

    def index(self, item: Item, now: datetime) -> None:
        """Let search learn of an item's SKU, in its own time."""
        known = self._skus[item.id]
        if known:
            self._having[known[-1][1]].discard(item.id)
        self._having[item.sku].add(item.id)
        known.append((now, item.sku))

    def location(self, name: str) -> Location:
        """Return a location by its name, or raise `LookupError`."""
        for one in self.locations.values():
            if one.name == name:
                return one
        names = [one.name for one in self.locations.values()]
        raise LookupError(f"no location is called {name!r}; there are {names}")

    def named(self, sku: str | None) -> Variant:
        """Return the first variant of this SKU, or raise `LookupError`."""
        for item_id in sorted(self._having.get(sku, ())):
            return self._selling[item_id][0]
        raise LookupError(f"nothing has the SKU {sku!r}; add it with add_product")

    def selling(self, item: Item) -> list[Variant]:
        """Return the variants that sell an item."""
        return list(self._selling[item.id])

    def doubles(self, item: Item) -> int:
        """Return how many other items have the same SKU."""
        return len(self._having[item.sku]) - 1 if item.sku else 0

    def has(self, sku: str) -> bool:
        """Return whether anything has this SKU."""
        return bool(self._having.get(sku))

    def indexed_sku(self, variant: Variant, now: datetime, lag_s: float) -> str | None:
        """Return the SKU that search knows a variant by."""
        known = None
        for since, sku in self._skus[variant.item.id]:
            if since + timedelta(seconds=lag_s) <= now:
                known = sku
        return known


def looks_alike(wanted: str, sku: str | None) -> bool:
    """Return whether search takes one SKU for the other: all words are there, in any case."""
    if not sku:
        return False
    have = list(_words(sku))
    return all(any(_fits(word, one) for one in have) for word in _words(wanted))


def _words(text: str) -> Iterable[str]:
    return re.findall(r"[a-z0-9]+\*?", text.casefold())


def _fits(word: str, one: str) -> bool:
    return one.startswith(word[:-1]) if word.endswith("*") else one == word
