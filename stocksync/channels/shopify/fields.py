"""Single fields of what Shopify tells: each comes back of its type, or as None.

Reading what was already read gives the same again.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from stocksync.channels.shopify.gids import ID_MAX

UNITS_MAX = 1_000_000_000
"""The largest number that Shopify itself takes for a level."""

_SOURCE = re.compile(r"[A-Za-z0-9_.:/()&+-]+( [A-Za-z0-9_.:/()&+-]+){0,9}")


def identity(value: Any) -> int | None:
    """Return an id of up to 19 digits, also one written as text; never a fraction."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= ID_MAX
    return value if fits else None


def whole(value: Any, *, below_zero: bool = False) -> int | None:
    """Return a count of units."""
    least = -UNITS_MAX if below_zero else 0
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= UNITS_MAX
    return value if fits else None


def units(count: int, decimals: int) -> int:
    """Return a count of pieces in the units that the books count."""
    return int(count * 10**decimals)


def flag(value: Any) -> bool:
    """Return whether something is said to be so."""
    return value is True


def word(value: Any) -> str | None:
    """Return a short technical word in small letters, or None for anything that may be prose."""
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.:/-]{1,100}", value)
    return value.lower() if fits else None


def source(value: Any) -> str | None:
    """Return the name of an app or a marketplace in small letters; it may be several words."""
    fits = isinstance(value, str) and len(value) <= 100 and _SOURCE.fullmatch(value)
    return value.lower() if fits else None


def sku(value: Any) -> str | None:
    """Return a SKU as it was written; none at all is None."""
    if not isinstance(value, str):
        return None
    unfit = re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", value)  # no database takes them all
    return value if 0 < len(value) <= 255 and not unfit else None


def moment(value: Any) -> str | None:
    """Return a time in UTC and whole seconds: of fixed width, so that it sorts as text."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        told = None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    fits = told is not None and 1900 <= told.year < 2200
    return told.isoformat(timespec="seconds") if told is not None and fits else None


def listed(value: Any, one: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
    """Return each object of a list as `one` reads it; None if it is no list of objects."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    return [one(entry) for entry in value]
