"""Shopify's two spellings of an id: a number in webhooks, `gid://shopify/Order/1` in GraphQL.

A number reaches 19 digits, so it is a Python int or text of digits, never a float. A *level*
is what one inventory item shows at one location: its listing is `ITEM@LOCATION`.
"""

import re
from typing import Any, NamedTuple

from stocksync.core.names import ListingId

ID_MAX = 2**63 - 1

_GID = re.compile(r"gid://shopify/([A-Za-z]{1,60})/([0-9]{1,19})(?:\?[^ ]{0,200})?")
_LEVEL = re.compile(r"([1-9][0-9]{0,18})@([1-9][0-9]{0,18})")


class Level(NamedTuple):
    """One inventory item at one location, by their numbers."""

    item: int
    location: int


def gid(kind: str, number: int) -> str:
    """Return the global id of a thing: `gid("Order", 1)` is `gid://shopify/Order/1`."""
    return f"gid://shopify/{kind}/{number}"


def number(kind: str, value: Any) -> int | None:
    """Return the number in a global id of this kind, or None if it is no such id."""
    found = _GID.fullmatch(value) if isinstance(value, str) else None
    return _bounded(found[2]) if found is not None and found[1] == kind else None


def listing_of(level: Level) -> ListingId:
    """Return the listing of a level."""
    return ListingId(f"{level.item}@{level.location}")


def level_of(listing: ListingId) -> Level | None:
    """Return the level that a listing names, or None if it is a variant's."""
    found = _LEVEL.fullmatch(listing)
    item, location = (_bounded(found[1]), _bounded(found[2])) if found else (None, None)
    return None if item is None or location is None else Level(item, location)


def _bounded(digits: str) -> int | None:
    value = int(digits)
    return value if 0 < value <= ID_MAX else None
