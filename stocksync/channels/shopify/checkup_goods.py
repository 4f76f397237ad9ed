"""What must be right with the goods of a shop, so that a number that is written also sells."""

from collections.abc import Mapping, Sequence
from typing import Any

from stocksync.channels.base import Finding
from stocksync.channels.findings import counted, well
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Row
from stocksync.channels.shopify.documents import LEVELS_ALL, LIST_MAX


def findings(api: Api, rows: Sequence[Row], locations: Sequence[str]) -> Sequence[Finding]:
    """Return what is right and what is not. Or `CallError`."""
    selling = [(row, one) for row in rows for one in row.variants if _sells(one)]
    items = {id(row): row for row, _ in selling}.values()
    untracked = [row for row in items if row.item.get("tracked") is not True]
    tracked = [row for row in items if row.item.get("tracked") is True]
    absent = [
        row
        for row in tracked
        if not any(
            one.get("isActive") is True and _id(one.get("location")) in locations
            for one in row.levels
        )
    ]
    return [
        well("catalogue", f"{len(selling)} variants sell"),
        counted(
            "untracked",
            [_named(row.variants[0]) for row in untracked],
            "variants sell without a number",
            "switch on Inventory > Track quantity, or they sell without end",
        ),
        *_levels(api, absent, locations),
        counted(
            "duplicate-skus",
            sorted({_named(one) for row, one in selling if row.item.get("duplicateSkuCount")}),
            "SKUs stand on several variants",
            "give each its own SKU; numbers are not pushed to doubled ones",
        ),
        counted(
            "without-sku",
            [_named(one) for _, one in selling if not one.get("sku")],
            "variants have no SKU",
            "give them one, or map them by id; until then their sales are parked",
        ),
        counted(
            "sells-below-zero",
            [_named(one) for _, one in selling if one.get("inventoryPolicy") == "CONTINUE"],
            "variants go on selling when they are out of stock",
            "switch off Continue selling when out of stock where you do not mean it",
        ),
        counted(
            "bundles",
            [_named(one) for _, one in selling if one.get("requiresComponents") is True],
            "variants are bundles of others, and keep no number of their own",
            "map what they consist of; delete their own mapping",
        ),
    ]


def _levels(api: Api, absent: Sequence[Row], locations: Sequence[str]) -> Sequence[Finding]:
    """Say of items without an active level whether they have an inactive one."""
    asleep: list[str] = []
    nowhere: list[str] = []
    named = {str(row.item.get("id")): _named(row.variants[0]) for row in absent}
    names = list(named)
    for at in range(0, len(names), LIST_MAX):
        nodes = api.run(LEVELS_ALL, {"ids": names[at : at + LIST_MAX]}).data.get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            if not isinstance(node, dict) or str(node.get("id")) not in named:
                continue
            listed = node.get("inventoryLevels")
            levels = listed.get("nodes") if isinstance(listed, dict) else None
            here = [one for one in levels or () if _id(one.get("location")) in locations]
            (asleep if here else nowhere).append(named[str(node["id"])])
    return [
        counted(
            "inactive-levels",
            asleep,
            "variants are switched off at every synced location, so that no number sells them",
            "activate them there (Inventory > Edit locations)",
        ),
        counted(
            "not-stocked",
            nowhere,
            "variants are stocked at no synced location",
            "stock them there (Inventory > Edit locations), or map the location where they are",
        ),
    ]


def _sells(variant: Mapping[str, Any]) -> bool:
    product = variant.get("product")
    return isinstance(product, dict) and product.get("status") == "ACTIVE"


def _named(variant: Mapping[str, Any]) -> str:
    return str(variant.get("sku") or variant.get("id") or "a variant")


def _id(thing: Any) -> Any:
    return thing.get("id") if isinstance(thing, dict) else None
