"""What a product body shows: a number to compare, and how the catalogue is built."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stocksync.channels.webhooks import NotUnderstood
from stocksync.core.facts import CatalogueChanged, CatalogueEntry, Fact, Shows
from stocksync.core.names import ListingId


def told(product: Mapping[str, Any], decimals: int) -> tuple[Fact, ...]:
    """Return the entry and, where it keeps a number of its own, that number."""
    one = entry(product)
    number = level(product, decimals)
    changed = CatalogueChanged(entries=(one,))
    return (changed,) if number is None else (changed, Shows(listing=one.listing, number=number))


def entry(product: Mapping[str, Any]) -> CatalogueEntry:
    """Return the entry of a product or variation, or raise `NotUnderstood`."""
    managed, parent = product["manage_stock"], product["parent_id"]
    by_parent = managed == "parent"
    if not product["id"] or managed is None or (by_parent and not parent):
        raise NotUnderstood(
            "product-incomplete",
            f"product {product['id']}: its id, parent_id or manage_stock is not as the shop writes",
        )
    listing = ListingId(str(product["id"]))
    varies = parent and "variation" in (product["type"] or "")
    return CatalogueEntry(
        listing=listing,
        sku=product["sku"],
        owner=ListingId(str(parent)) if by_parent else listing,
        managed=managed is not False,
        parent=ListingId(str(parent)) if by_parent or varies else None,
        unlimited=product["backorders"] in ("notify", "yes"),
        version=product["date_modified_gmt"] or "",
    )


def level(product: Mapping[str, Any], decimals: int) -> int | None:
    """Return the number of its own that an entry shows, in units.

    A variation that sells from its parent shows the parent's number: said once, by the
    parent. Null is unknown and never 0, and so is a fraction that we cannot count in.
    """
    if product["manage_stock"] is not True or product["stock_quantity"] is None:
        return None
    units = Decimal(product["stock_quantity"]).scaleb(decimals)
    return int(units) if units == units.to_integral_value() else None
