"""The counters of a street: carts of many lines, goods that come back, and each shop's own book."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from stocksync.core.names import ChannelName, Sku
from stocksync.lab.retail import Line, units_of
from stocksync.lab.stores import ShopifyStore, WooStore
from stocksync.lab.street import TILL, Street
from stocksync.sandbox import shopify, till, woocommerce
from stocksync.sandbox.shopify.orders import Restock

_ENDLESS = 10**9


Book = Mapping[tuple[str, Sku], int]
"""What each order, receipt or document took of each SKU; below 0 it put units back."""


class Desk(Protocol):
    """Where one channel sells and takes back."""

    def stock_up(self, skus: Iterable[Sku]) -> None:
        """Have these for sale without end: none of them is goods of ours."""
        ...

    def shown(self, sku: Sku) -> int | None:
        """Return what shoppers see; None where nobody counts."""
        ...

    def buy(self, cart: Mapping[str, int], *, unseen: bool = False) -> str | None:
        """Sell a cart in one order and return its number; None if less is shown than that.

        `unseen` sells it whatever is shown.
        """
        ...

    def take_back(self, number: str, lines: Iterable[Line]) -> None:
        """Take units of an order or receipt back, and put them on the shelf."""
        ...

    def book(self) -> Book:
        """Return the channel's own book; entries of 0 may be left out."""
        ...

    def untold(self) -> int:
        """Return how many webhooks wait to be sent."""
        ...


def cart_of(lines: Iterable[Line]) -> Mapping[str, int]:
    """Return lines as a cart, in which a SKU stands once."""
    return {str(sku): units for sku, units in units_of(lines).items()}


def desks(street: Street) -> dict[ChannelName, Desk]:
    """Return the desk of every channel, that of the till last."""
    found: dict[ChannelName, Desk] = {}
    for name, store in street.shops.items():
        if isinstance(store, WooStore):
            found[name] = WooDesk.of(store.shop)
        elif isinstance(store, ShopifyStore):
            found[name] = ShopifyDesk(store.shop)
    return found | {TILL: TillDesk(street.till)}


@dataclass(frozen=True, slots=True)
class WooDesk:
    """The checkout and the office of a WooCommerce-like shop."""

    shop: woocommerce.Shop
    skus: dict[int, Sku]

    @classmethod
    def of(cls, shop: woocommerce.Shop) -> "WooDesk":
        """Return the desk of a shop: an order there names its products by their ids."""
        return cls(shop, {shop.id_of(sku): Sku(sku) for sku in shop.truth()})

    def stock_up(self, skus: Iterable[Sku]) -> None:
        """Have these for sale; an order takes nothing of what the shop does not count at all."""
        for sku in skus:
            self.skus[self.shop.add_product(sku, _ENDLESS)] = sku

    def shown(self, sku: Sku) -> int | None:
        """Return what shoppers see; None where nobody counts."""
        return self.shop.stock(sku)

    def buy(self, cart: Mapping[str, int], *, unseen: bool = False) -> str | None:
        """Sell a cart in one order; None if too little is shown."""
        try:
            return str(self.shop.buy(cart, oversell=unseen))
        except woocommerce.OutOfStock:
            return None

    def take_back(self, number: str, lines: Iterable[Line]) -> None:
        """Refund units, and put them on the shelf."""
        units: dict[int | str, int] = dict(cart_of(lines).items())
        self.shop.refund(int(number), units, restock=True)

    def book(self) -> Book:
        """Return what each order holds."""
        found: Counter[tuple[str, Sku]] = Counter()
        for order in self.shop.orders.values():
            back: Counter[int] = Counter()
            for refund in order.refunds:
                back.update(refund.units)
            for line in order.lines:
                found[str(order.id), self.skus[line.product_id]] += line.quantity - back[line.id]
        return found

    def untold(self) -> int:
        """Return how many webhooks wait to be sent."""
        return self.shop.waiting


@dataclass(frozen=True, slots=True)
class ShopifyDesk:
    """The checkout and the office of a Shopify-like shop."""

    shop: shopify.Shop

    def stock_up(self, skus: Iterable[Sku]) -> None:
        """Have these for sale without end; nobody counts them."""
        for sku in skus:
            self.shop.add_product(sku, tracked=False)

    def shown(self, sku: Sku) -> int | None:
        """Return what shoppers see; None where nobody counts."""
        return self.shop.stock(sku)

    def buy(self, cart: Mapping[str, int], *, unseen: bool = False) -> str | None:
        """Sell a cart in one order; None if too little is shown."""
        try:
            return str(self.shop.buy(cart, oversell=unseen))
        except shopify.OutOfStock:
            return None

    def take_back(self, number: str, lines: Iterable[Line]) -> None:
        """Refund units that have not left, and put them on the shelf."""
        self.shop.refund(int(number), cart_of(lines), restock_type=Restock.CANCEL)

    def book(self) -> Book:
        """Return what each order holds."""
        found: Counter[tuple[str, Sku]] = Counter()
        for order in self.shop.orders.values():
            for line in order.lines:
                found[str(order.id), Sku(line.sku or "")] += line.current
        return found

    def untold(self) -> int:
        """Return how many webhooks wait to be sent."""
        return self.shop.waiting


@dataclass(frozen=True, slots=True)
class TillDesk:
    """The counter of a till, where goods also come back without a receipt."""

    till: till.Till

    def stock_up(self, skus: Iterable[Sku]) -> None:
        """Have these for sale without end."""
        self.till.put(dict.fromkeys(skus, _ENDLESS))

    def shown(self, sku: Sku) -> int | None:
        """Return what the till shows."""
        return int(self.till.shows(sku))

    def buy(self, cart: Mapping[str, int], *, unseen: bool = False) -> str | None:
        """Write a receipt; None if too little is shown."""
        return self.till.sell(cart, below_zero=unseen)

    def take_back(self, number: str, lines: Iterable[Line]) -> None:
        """Take units of a receipt back, and put them on the shelf."""
        self.till.take_back(number, cart_of(lines), restock=True)

    def take_back_unknown(self, lines: Iterable[Line]) -> None:
        """Take units back of which nobody knows who sold them, and put them on the shelf."""
        self.till.take_back(None, cart_of(lines), restock=True)

    def write_off(self, lines: Iterable[Line]) -> None:
        """Correct the shelf downwards."""
        units = {sku: -many for sku, many in cart_of(lines).items()}
        self.till.adjust(units, "damaged")

    def book(self) -> Book:
        """Return what each receipt and document did."""
        return {(number, Sku(sku)): int(much) for (number, sku), much in self.till.truth().items()}

    def untold(self) -> int:
        """Return how many webhooks wait to be sent."""
        return self.till.waiting
