"""What the shop shows now: the numbers of some listings, or its whole catalogue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from stocksync.channels.base import Target
from stocksync.channels.http import Params
from stocksync.channels.woocommerce import bodies, products
from stocksync.channels.woocommerce.api import PAGE, Api
from stocksync.core.names import ListingId

READS = 60
"""The most listings that one call may ask for by SKU."""
_SKUS_LENGTH_MAX = 1500  # of about 2,000 characters that a host lets an address have
_LEVEL = ("_fields", "id,manage_stock,stock_quantity")
_ENTRY = ("_fields", ",".join(bodies.PRODUCT_FIELDS))


def levels(api: Api, targets: Sequence[Target], decimals: int) -> dict[ListingId, int]:
    """Return what each listing shows of its own; one without a number is left out.

    By SKU first: only that finds variations of many products in one call.
    """
    wanted = {one.listing: one for one in targets if _is_id(one.listing)}
    found: dict[ListingId, Mapping[str, Any]] = {}

    def look(path: str, query: Params) -> None:
        for row in api.rows(path, [*query, _LEVEL]).value:
            product = bodies.product(row)
            listing = ListingId(str(product["id"]))
            if listing in wanted:
                found[listing] = product

    for skus in _by_length(wanted.values()):
        look("products", [("sku", ",".join(skus))])
    absent = [one for one in wanted.values() if one.listing not in found]
    for parent in dict.fromkeys(one.parent for one in absent):
        path = "products" if parent is None else f"products/{parent}/variations"
        ids = [one.listing for one in absent if one.parent == parent]
        for at in range(0, len(ids), PAGE):
            look(path, [("include", ",".join(ids[at : at + PAGE]))])
    shown = {listing: products.level(product, decimals) for listing, product in found.items()}
    return {listing: number for listing, number in shown.items() if number is not None}


def catalogue(api: Api) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield all products, and the variations of each, a page at a time, as listed fields."""
    for page in _pages(api, "products"):
        yield page
        for product in page:
            if "variable" in (product["type"] or ""):
                yield from _variations(api, product)


def _variations(api: Api, product: Mapping[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for page in _pages(api, f"products/{product['id']}/variations"):
        # Older shops say of a variation neither what it is nor of what.
        yield [
            {**row, "parent_id": row["parent_id"] or product["id"], "type": "variation"}
            for row in page
        ]


def _pages(api: Api, path: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    number, before = 1, None
    while True:
        order = [("orderby", "id"), ("order", "asc"), ("page", str(number))]
        said = api.rows(path, [*order, _ENTRY])
        if said.value:
            yield [bodies.product(row) for row in said.value]
        fewer = before is not None and said.total is not None and said.total < before
        before = said.total
        if fewer and number > 1:
            number -= 1  # one was deleted, and those behind it moved up past us
        elif not said.value or not said.more(PAGE, number):
            return
        else:
            number += 1


def _by_length(targets: Iterable[Target]) -> Iterator[list[str]]:
    """Yield the SKUs that can be asked for in a list, as many at once as fit."""
    some: list[str] = []
    length = 0
    for sku in dict.fromkeys(one.sku for one in targets if one.sku and _is_listable(one.sku)):
        size = len(quote(sku, safe="")) + 3
        if some and (len(some) == READS or length + size > _SKUS_LENGTH_MAX):
            yield some
            some, length = [], 0
        some.append(sku)
        length += size
    if some:
        yield some


def _is_listable(sku: str) -> bool:
    # The list is cut at commas, and its ends are trimmed; PHP reads a % twice under OAuth.
    return "," not in sku and "%" not in sku and sku == sku.strip()


def _is_id(listing: ListingId) -> bool:
    return listing.isascii() and listing.isdecimal()
