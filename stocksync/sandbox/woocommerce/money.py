"""Money as the shop writes it."""

import math
from typing import Any


def text(cents: int) -> str:
    """Write cents as the shop writes totals: 1250 is "12.50"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def short(cents: int) -> str:
    """Write cents as the shop writes prices: 500 is "5"."""
    return text(cents).removesuffix(".00")


def number(total_cents: int, quantity: int) -> int | float:
    """Return the price of one unit as the shop writes it into a line: 10, or 5.5."""
    if quantity == 0:
        return 0
    price = total_cents / 100 / quantity
    return int(price) if price.is_integer() else price


def cents(told: Any) -> int | None:
    """Read an amount that a client sent; None where it is no amount."""
    try:
        amount = float(told)
    except (TypeError, ValueError):
        return None
    return round(amount * 100) if math.isfinite(amount) else None
