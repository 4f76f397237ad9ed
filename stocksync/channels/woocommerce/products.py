"""What a product body shows: a number to compare, and how the catalogue is built."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stocksync.channels.woocommerce.bodies import NotUnderstood
from stocksync.core.facts import CatalogueChanged, CatalogueEntry, Fact, Shows
from stocksync.core.names import ListingId


def told(product: Mapping[str, Any], decimals: int) -> tuple[Fact, ...]:
    """Return the entry and, where it keeps a number of its own, that number.

    A variation that sells from its parent shows the parent's number: said once, by the
    parent. Null is unknown and never 0, and so is a fraction that we cannot count in.
    """
    managed = product["manage_stock"]
    by_parent = managed == "parent"
    if not product["id"] or managed is None or (by_parent and not product["parent_id"]):
        raise NotUnderstood(
            "product-incomplete",
            f"product {product['id']}: its id, parent_id or manage_stock is not as the shop writes",
        )
    listing = ListingId(str(product["id"]))
    entry = CatalogueEntry(
        listing=listing,
        sku=product["sku"],
        owner=ListingId(str(product["parent_id"])) if by_parent else listing,
        managed=managed is not False,
        version=product["date_modified_gmt"] or "",
    )
    told = CatalogueChanged(entries=(entry,))
    if managed is not True or product["stock_quantity"] is None:
        return (told,)
    units = Decimal(product["stock_quantity"]).scaleb(decimals)
    if units != units.to_integral_value():
        return (told,)
    return told, Shows(listing=listing, number=int(units))
