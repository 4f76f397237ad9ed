"""What must be right with the goods of a shop, so that a number that is written also sells."""

from collections.abc import Iterable, Mapping, Sequence
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
    lacking = [row for row in tracked if len(_active(row.levels, locations)) < len(set(locations))]
    return [
        well("catalogue", f"{len(selling)} variants sell"),
        counted(
            "untracked",
            [_named(row.variants[0]) for row in untracked],
            "variants sell without a number",
            "switch on Inventory > Track quantity, or they sell without end",
        ),
        *_levels(api, lacking, locations),
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


def _active(levels: Iterable[Mapping[str, Any]], locations: Sequence[str]) -> set[str]:
    """Return at which of these locations a level is switched on."""
    on = {str(_id(one.get("location"))) for one in levels if one.get("isActive") is True}
    return on & set(locations)


def _levels(api: Api, lacking: Sequence[Row], locations: Sequence[str]) -> Sequence[Finding]:
    """Say of items that lack an active level somewhere whether they have an inactive one there."""
    asleep: list[str] = []
    nowhere: list[str] = []
    named = {str(row.item.get("id")): _named(row.variants[0]) for row in lacking}
    names = list(named)
    for at in range(0, len(names), LIST_MAX):
        nodes = api.run(LEVELS_ALL, {"ids": names[at : at + LIST_MAX]}).data.get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            if not isinstance(node, dict) or str(node.get("id")) not in named:
                continue
            listed = node.get("inventoryLevels")
            levels = listed.get("nodes") if isinstance(listed, dict) else None
            here = [one for one in levels or () if _id(one.get("location")) in locations]
            if len(_active(here, locations)) < len(here):
                asleep.append(named[str(node["id"])])
            elif not here:
                nowhere.append(named[str(node["id"])])
    return [
        counted(
            "inactive-levels",
            asleep,
            "variants are switched off at a synced location, so that no number sells them there",
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
