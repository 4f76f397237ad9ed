"""What the catalogue lists: each inventory item at each mapped location, and its variants.

Only levels keep a number. A variant draws on the one level where it is stocked; where it is
stocked at several, nobody knows which one a sale took from.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stocksync.channels.base import Listed
from stocksync.channels.shopify.bulk import Row
from stocksync.channels.shopify.fields import sku, units
from stocksync.channels.shopify.gids import Level, gid, listing_of, number
from stocksync.channels.shopify.reading import available
from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId

_CONTINUES = "CONTINUE"


def listed(row: Row, mapped: frozenset[int], decimals: int) -> Iterator[Listed]:
    """Yield the entries of one inventory item: its mapped levels, then its variants.

    One variant that sells below zero, or an item without tracking, makes its numbers no limit;
    a bundle's number is not its own.
    """
    variants = row.variants
    tracked = row.item.get("tracked") is True
    bundle = any(variant.get("requiresComponents") is True for variant in variants)
    unlimited = not tracked or any(
        variant.get("inventoryPolicy") == _CONTINUES for variant in variants
    )
    named = sku(variants[0].get("sku")) if variants else None
    places: list[Listed] = []
    for level in row.levels:
        place = _place(level)
        if place is None or place.location not in mapped:
            continue
        shown = available(level) if tracked and not bundle else None
        entry = CatalogueEntry(
            listing=listing_of(place),
            sku=named,
            owner=listing_of(place),
            managed=shown is not None,
            unlimited=unlimited,
            location=gid("Location", place.location),
        )
        places.append(Listed(entry=entry, shown=None if shown is None else units(shown, decimals)))
    places.sort(key=lambda one: one.entry.listing)
    yield from places
    sells = [one.entry for one in places if one.entry.managed]
    for variant in variants:
        known = number("ProductVariant", variant.get("id"))
        if known is not None:
            listing = ListingId(str(known))
            yield Listed(
                entry=_variant(listing, sku(variant.get("sku")), sells, unlimited), shown=None
            )


def _variant(
    listing: ListingId, named: str | None, sells: Sequence[CatalogueEntry], unlimited: bool
) -> CatalogueEntry:
    if len(sells) == 1:
        return CatalogueEntry(
            listing=listing, sku=named, owner=sells[0].listing, managed=True, unlimited=unlimited
        )
    return CatalogueEntry(
        listing=listing,
        sku=named,
        owner=listing,
        managed=False,
        unlimited=unlimited,
        levels=tuple(one.listing for one in sells),
    )


def _place(level: Mapping[str, Any]) -> Level | None:
    item, location = level.get("item"), level.get("location")
    if not isinstance(item, Mapping) or not isinstance(location, Mapping):
        return None
    item_id = number("InventoryItem", item.get("id"))
    location_id = number("Location", location.get("id"))
    return None if item_id is None or location_id is None else Level(item_id, location_id)
