"""The counters of a street: carts of many lines, goods that come back, and each shop's own book."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from stocksync.core.names import Sku
from stocksync.lab.retail import Line
from stocksync.sandbox import shopify, till, woocommerce
from stocksync.sandbox.shopify.orders import Restock

_ENDLESS = 10**9


class Bought(NamedTuple):
    """What came of a cart: the number of its order or receipt, and the lines that are in it."""

    number: str
    lines: Sequence[Line]


class OrderLine(NamedTuple):
    """What an order or receipt holds of one SKU, by the shop's own book."""

    number: str
    sku: str


class Counter_(Protocol):
    """placeholder"""


class Desk(Protocol):
    """Where one channel sells and takes back."""

    def stock_up(self, skus: Iterable[Sku]) -> None:
        """Have these for sale without end; nobody counts them."""
        ...

    def sell(self, lines: Sequence[Line]) -> Bought | None:
        """Sell the lines of which enough is shown, in one order; None if there is no such line."""
        ...

    def take_back(self, number: str, sku: Sku, units: int) -> None:
        """Take units of an order or receipt back, and put them on the shelf."""
        ...


def _fill(
    lines: Sequence[Line],
    shown: Callable[[Sku], int | None],
    buy: Callable[[Mapping[str, int]], str | None],
) -> Bought | None:
    """Buy what fits, line by line in their order; one of which too little is shown is left out.

    `buy` returns None if less is shown by now than a moment ago: then it is filled anew.
    """
    while True:
        cart: Counter[str] = Counter()
        taken = []
        for line in lines:
            left = shown(line.sku)
            if left is None or cart[line.sku] + line.units <= left:
                cart[line.sku] += line.units
                taken.append(line)
        if not taken:
            return None
        number = buy(+cart)
        if number is not None:
            return Bought(number, taken)


@dataclass(frozen=True, slots=True)
class WooDesk:
    shop: woocommerce.Shop

    def stock_up(self, skus: Iterable[Sku]) -> None:
        for sku in skus:
            self.shop.add_product(sku, None, managed=False)

    def sell(self, lines: Sequence[Line]) -> Bought | None:
        return _fill(lines, self.shop.stock, self._buy)

    def take_back(self, number: str, sku: Sku, units: int) -> None:
        self.shop.refund(int(number), {sku: units}, restock=True)

    def _buy(self, cart: Mapping[str, int]) -> str | None:
        try:
            return str(self.shop.buy(cart))
        except woocommerce.OutOfStock:
            return None


@dataclass(frozen=True, slots=True)
class ShopifyDesk:
    shop: shopify.Shop

    def stock_up(self, skus: Iterable[Sku]) -> None:
        for sku in skus:
            self.shop.add_product(sku, tracked=False)

    def sell(self, lines: Sequence[Line]) -> Bought | None:
        return _fill(lines, self.shop.stock, self._buy)

    def take_back(self, number: str, sku: Sku, units: int) -> None:
        self.shop.refund(int(number), {str(sku): units}, restock_type=Restock.CANCEL)

    def _buy(self, cart: Mapping[str, int]) -> str | None:
        try:
            return str(self.shop.buy(cart))
        except shopify.OutOfStock:
            return None


@dataclass(frozen=True, slots=True)
class TillDesk:
    till: till.Till

    def stock_up(self, skus: Iterable[Sku]) -> None:
        self.till.put(dict.fromkeys(skus, _ENDLESS))

    def sell(self, lines: Sequence[Line]) -> Bought | None:
        return _fill(lines, lambda sku: int(self.till.shows(sku)), self.till.sell)

    def take_back(self, number: str, sku: Sku, units: int) -> None:
        self.till.take_back(number, {sku: units}, restock=True)
