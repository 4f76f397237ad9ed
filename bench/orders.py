"""Signed orders of a WooCommerce shop, about 3 kB each, as its webhooks bring them."""

import base64
import hmac
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import orjson

from stocksync.core.names import Sku
from stocksync.sandbox import woocommerce

SECRET = "bench_signs"  # noqa: S105 of a toy shop
TOPIC = "order.created"
LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of a shop: its number, and the units of each line."""

    number: int
    lines: Sequence[tuple[Sku, int]]

    def body(self) -> bytes:
        """Return the order as its shop tells it."""
        told = orjson.loads(_example(len(self.lines)))
        moment = datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat()
        told |= {"id": self.number, "number": str(self.number)}
        told |= {"date_created_gmt": moment, "date_modified_gmt": moment}
        for place, (line, (sku, units)) in enumerate(
            zip(told["line_items"], self.lines, strict=True)
        ):
            line |= {"id": 10 * self.number + place, "name": sku, "sku": sku, "quantity": units}
            line["meta_data"][0] |= {"value": str(units), "display_value": str(units)}
        return orjson.dumps(told)

    def request(self, path: str) -> bytes:
        """Return the whole HTTP request that brings it to a path, signed."""
        body = self.body()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        head = (
            f"POST {path} HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\n"
            "Content-Type: application/json\r\n"
            f"X-WC-Webhook-Topic: {TOPIC}\r\n"
            f"X-WC-Webhook-Signature: {signature}\r\n"
            f"X-WC-Webhook-Delivery-ID: {self.number:032x}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(slots=True, kw_only=True)
class Book:
    """The shop's order numbers, and the chance by which its shoppers choose."""

    skus: Sequence[Sku]
    seed: int = 1
    _next: int = 1000

    def take(self, count: int, lines: int = LINES) -> list[Order]:
        """Return so many new orders, each of some different SKUs."""
        dice = random.Random(self.seed + self._next)  # noqa: S311 the same orders in every run
        first, self._next = self._next, self._next + count
        some = min(lines, len(self.skus))
        return [
            Order(number=number, lines=[(sku, 1) for sku in dice.sample(self.skus, some)])
            for number in range(first, first + count)
        ]


def sold(orders: Sequence[Order]) -> Mapping[Sku, int]:
    """Return the units of each SKU that these orders take."""
    units: dict[Sku, int] = {}
    for sku, some in all_lines(orders):
        units[sku] = units.get(sku, 0) + some
    return units


def left(opening: int, skus: Iterable[Sku], orders: Sequence[Order]) -> dict[Sku, int]:
    """Return what these orders leave of so many units of each SKU."""
    taken = sold(orders)
    return {sku: opening - taken.get(sku, 0) for sku in skus}


def all_lines(orders: Sequence[Order]) -> Iterator[tuple[Sku, int]]:
    """Yield the lines of all these orders."""
    return (line for order in orders for line in order.lines)


def skus(count: int) -> list[Sku]:
    """Return the names of so many SKUs."""
    return [Sku(f"SKU-{number:06}") for number in range(count)]


@cache
def _example(lines: int) -> bytes:
    """Return one order's body as the sandbox's shop would send it."""
    sent: list[bytes] = []

    def keep(post: woocommerce.Post) -> int:
        sent.append(post.body)
        return 200

    shop = woocommerce.Shop("example", key="ck_bench", secret="cs_bench", deliver=keep)  # noqa: S106
    for name in range(lines):
        shop.add_product(f"LINE-{name}", 10)
    shop.add_webhook(TOPIC, "http://127.0.0.1/hooks", SECRET)
    shop.run_due()
    shop.buy({f"LINE-{name}": 1 for name in range(lines)})
    shop.run_due()
    return sent[-1]
