"""Inventory items that are read by themselves, so that a new level is listed like all others.

A webhook names an item, and does not tell it whole: its key is asked for, its node is kept slim
in the words of the shop, and what it lists is what the catalogue would list.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stocksync.channels.errors import Transient
from stocksync.channels.shopify import levels
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Row
from stocksync.channels.shopify.documents import ITEMS, LIST_MAX
from stocksync.channels.shopify.gids import Level, gid, listing_of, number
from stocksync.channels.shopify.topics import Kind
from stocksync.channels.shopify.whole import goes_on
from stocksync.channels.webhooks import NotUnderstood
from stocksync.core.facts import AskAgain, CatalogueChanged, CatalogueEntry, Fact, LookAgain
from stocksync.core.names import ListingId, PaperKey

Node = Mapping[str, Any]

_KEY = re.compile(r"item:([1-9][0-9]{0,18})")
_VARIANT = ("id", "sku", "inventoryPolicy", "requiresComponents")
_LEVEL = ("isActive", "location", "quantities")


def asked(item: int, why: str) -> AskAgain:
    """Return the question for an inventory item. Its key is never an order's: those are digits."""
    return AskAgain(order=PaperKey(f"item:{item}"), why=why)


def among(keys: Iterable[PaperKey]) -> Sequence[int]:
    """Return the inventory items that are asked for among orders, each once."""
    found = (_KEY.fullmatch(key) for key in keys)
    return list(dict.fromkeys(int(one[1]) for one in found if one is not None))


def fetch(api: Api, items: Sequence[int]) -> Sequence[Node | None]:
    """Return these items as they are now, None for one that the shop does not have."""
    found: list[Node | None] = []
    for at in range(0, len(items), LIST_MAX):
        ids = [gid("InventoryItem", item) for item in items[at : at + LIST_MAX]]
        nodes = api.run(ITEMS, {"ids": ids}).data.get("nodes")
        if not isinstance(nodes, list) or not _are(nodes, ids):
            raise Transient("odd-answer", f"{api.host} answered other items than were asked for")
        found += nodes
    return found


def kept(node: Node) -> dict[str, Any]:
    """Return what is kept of an item that we read, or raise `NotUnderstood`."""
    item = number("InventoryItem", node.get("id"))
    variants, places = _nodes(node, "variants"), _nodes(node, "inventoryLevels")
    if item is None or variants is None or places is None:
        raise NotUnderstood("unknown-body", "what we read is no inventory item of Shopify")
    if goes_on(node["variants"]) or goes_on(node["inventoryLevels"]):
        raise NotUnderstood(
            "item-cut",
            f"inventory item {item} has more levels or variants than one answer shows; list it "
            "with: stocksync link",
        )
    return {
        "kind": Kind.ITEM.value,
        "id": item,
        "tracked": node.get("tracked") is True,
        "variants": [{name: one.get(name) for name in _VARIANT} for one in variants],
        "levels": [{name: one.get(name) for name in _LEVEL} for one in places],
    }


def kept_gone(item: int) -> dict[str, Any]:
    """Return what is kept of an item that the shop does not have any more."""
    return {"kind": Kind.ITEM_GONE.value, "id": item}


def told(said: Mapping[str, Any], mapped: frozenset[int], decimals: int) -> tuple[Fact, ...]:
    """Return what an item lists, as the catalogue says it, and a look at its mapped levels.

    A level that is switched off, which the catalogue leaves out, is listed without a number.
    """
    item = {"id": gid("InventoryItem", said["id"]), "tracked": said["tracked"]}
    row = Row(
        item=item,
        variants=said["variants"],
        levels=[{**level, "item": item} for level in said["levels"]],
    )
    entries = tuple(one.entry for one in levels.listed(row, mapped, decimals))
    return (CatalogueChanged(entries=entries), _look(said["id"], mapped))


def gone(item: int, mapped: frozenset[int]) -> tuple[Fact, ...]:
    """Return that no level of an item sells any more: its SKU may stand on another one now."""
    entries = tuple(
        CatalogueEntry(
            listing=listing,
            sku=None,
            owner=listing,
            managed=False,
            location=gid("Location", location),
        )
        for location, listing in _places(item, mapped)
    )
    return (CatalogueChanged(entries=entries), _look(item, mapped))


def _look(item: int, mapped: frozenset[int]) -> LookAgain:
    # At all mapped locations: one where the item has no level any more is in no answer.
    listings = tuple(listing for _, listing in _places(item, mapped))
    return LookAgain(listings=listings, why=f"inventory item {item} was read")


def _places(item: int, mapped: frozenset[int]) -> Sequence[tuple[int, ListingId]]:
    return [(one, listing_of(Level(item, one))) for one in sorted(mapped)]


def _nodes(node: Node, name: str) -> Sequence[Node] | None:
    listed = node.get(name)
    nodes = listed.get("nodes") if isinstance(listed, dict) else None
    whole = isinstance(nodes, list) and all(isinstance(one, dict) for one in nodes)
    return nodes if whole else None


def _are(nodes: Sequence[Any], ids: Sequence[str]) -> bool:
    """Return whether these are the nodes of the ids, some of them missing."""
    return len(nodes) == len(ids) and all(
        node is None or (isinstance(node, dict) and node.get("id") == one)
        for node, one in zip(nodes, ids, strict=True)
    )
