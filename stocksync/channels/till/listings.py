"""The listings of a till: every SKU at its own location, named by both.

"main:MUG-RED"        a colon inside the location's word is written ~1, a tilde ~0
"""

from stocksync.core.names import ListingId


def listing_id(location: str, sku: str) -> ListingId:
    """Return the id of a SKU at a location, both in the till's own words."""
    return ListingId(f"{location.replace('~', '~0').replace(':', '~1')}:{sku}")


def split(listing: ListingId) -> tuple[str, str]:
    """Return the location and the SKU that a listing's id names."""
    location, _, sku = listing.partition(":")
    return location.replace("~1", ":").replace("~0", "~"), sku
