"""What the shop shows now: the numbers of some levels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from stocksync.channels.base import Target
from stocksync.channels.errors import Transient
from stocksync.channels.shopify import gids
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.documents import LEVELS, LIST_MAX
from stocksync.channels.shopify.fields import units
from stocksync.core.names import ListingId


def levels(api: Api, targets: Sequence[Target], decimals: int) -> dict[ListingId, int]:
    """Return what each level shows; one that is unknown, untracked or inactive is left out.

    What an inactive level says is not for sale, and untracked goods have no number at all.
    """
    by_location: defaultdict[int, dict[int, ListingId]] = defaultdict(dict)
    for target in targets:
        level = gids.level_of(target.listing)
        if level is not None:
            by_location[level.location][level.item] = target.listing
    shown: dict[ListingId, int] = {}
    for location, items in by_location.items():
        wanted = list(items)
        for at in range(0, len(wanted), LIST_MAX):
            for item, number in _read(api, wanted[at : at + LIST_MAX], location).items():
                shown[items[item]] = units(number, decimals)
    return shown


def _read(api: Api, items: Sequence[int], location: int) -> dict[int, int]:
    said = api.run(
        LEVELS,
        {
            "ids": [gids.gid("InventoryItem", item) for item in items],
            "loc": gids.gid("Location", location),
        },
    )
    nodes = said.data.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(items):
        raise Transient("odd-answer", f"{api.host} answered other levels than were asked for")
    shown: dict[int, int] = {}
    for item, node in zip(items, nodes, strict=True):
        if not isinstance(node, dict):
            continue  # the shop has no such item
        if node.get("id") != gids.gid("InventoryItem", item):
            raise Transient("odd-answer", f"{api.host} answered other levels than were asked for")
        number = available(node.get("inventoryLevel")) if node.get("tracked") is True else None
        if number is not None:
            shown[item] = number
    return shown


def available(level: Any) -> int | None:
    """Return the number of a level that sells; None if it is inactive or shows none."""
    if not isinstance(level, Mapping) or level.get("isActive") is not True:
        return None
    for quantity in level.get("quantities") or ():
        number = quantity.get("quantity") if quantity.get("name") == "available" else None
        if isinstance(number, int) and not isinstance(number, bool):
            return number
    return None
