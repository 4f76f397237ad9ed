"""Locations, products, items and levels as GraphQL shows them.

A value that is a function is asked only for a field that somebody selected.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLResolveInfo

from stocksync.sandbox.shopify.connections import connection
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.products import Item, Location, Product, Variant
from stocksync.sandbox.shopify.stockroom import ON_HAND, Level, State

View = dict[str, Any]
Info = GraphQLResolveInfo
NAMES = (*State, ON_HAND)


def gid(kind: str, key: int) -> str:
    """Return an id as GraphQL knows it."""
    return f"gid://shopify/{kind}/{key}"


def moment(at: datetime | None) -> str | None:
    """Return a time in whole seconds of UTC."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ShelfViews:
    """Shows what stands in the shop."""

    def __init__(self, house: House) -> None:
        self._house = house

    def location(self, location: Location) -> View:
        """Show a location."""
        return {
            **_node("Location", location.id),
            "name": location.name,
            "isActive": location.active,
            "fulfillsOnlineOrders": location.fulfils_online,
            "isFulfillmentService": location.fulfilment_service,
            "shipsInventory": True,
            "createdAt": moment(location.created_at),
            "updatedAt": moment(location.updated_at),
        }

    def product(self, product: Product) -> View:
        """Show a product."""
        return {
            **_node("Product", product.id),
            "title": product.title,
            "status": product.status,
            "vendor": product.vendor,
            "createdAt": moment(product.created_at),
            "updatedAt": moment(product.updated_at),
            "totalInventory": lambda _: sum(
                self.total({one.item.id: one.item for one in product.variants}.values())
            ),
            "tracksInventory": any(one.item.tracked for one in product.variants),
        }

    def variant(self, variant: Variant) -> View:
        """Show a variant."""
        return {
            **_node("ProductVariant", variant.id),
            "title": variant.title,
            "sku": variant.sku,
            "barcode": variant.barcode,
            "inventoryPolicy": variant.policy.value,
            "inventoryQuantity": lambda _: sum(self.total([variant.item])),
            "requiresComponents": variant.requires_components,
            "createdAt": moment(variant.created_at),
            "updatedAt": moment(variant.updated_at),
            "product": lambda _: self.product(variant.product),
            "inventoryItem": lambda _: self.item(variant.item),
        }

    def item(self, item: Item) -> View:
        """Show an inventory item."""
        return {
            **_node("InventoryItem", item.id),
            "sku": item.sku,
            "tracked": item.tracked,
            "duplicateSkuCount": lambda _: self._house.catalogue.doubles(item),
            "createdAt": moment(item.created_at),
            "updatedAt": moment(item.updated_at),
            "inventoryLevel": lambda _, **asked: self._level_at(item, **asked),
            "inventoryLevels": lambda info, **asked: self._levels(info, item, **asked),
            "variants": lambda info, **asked: connection(
                info.context,
                [((one.id,), one) for one in self._house.catalogue.selling(item)],
                self.variant,
                **asked,
            ),
        }

    def level(self, level: Level) -> View:
        """Show a level; whoever reads its quantities has seen what was sold."""
        return {
            "__typename": "InventoryLevel",
            "id": f"{gid('InventoryLevel', level.id)}?inventory_item_id={level.item.id}",
            "isActive": level.active and level.location.active,
            "createdAt": moment(level.created_at),
            "updatedAt": moment(level.updated_at),
            "item": lambda _: self.item(level.item),
            "location": lambda _: self.location(level.location),
            "quantities": lambda _, names: self._quantities(level, names),
        }

    def total(self, items: Any) -> list[int]:
        """Return what is available of each item over its active levels."""
        levels = self._house.stockroom.of
        return [sum(one.available for one in levels(item) if one.active) for item in items]

    def _quantities(self, level: Level, names: list[str]) -> list[View]:
        if not level.item.tracked:
            return []
        level.unread = 0
        return [
            {
                "__typename": "InventoryQuantity",
                "id": f"gid://shopify/InventoryQuantity/{level.id}?quantity_name={name}",
                "name": name,
                "quantity": level.quantity(name),
                "updatedAt": moment(level.updated_at),
            }
            for name in names
            if name in NAMES
        ]

    def _level_at(
        self,
        item: Item,
        *,
        locationId: str,  # noqa: N803  - arguments have the API's own names
        includeInactive: bool = False,  # noqa: N803
    ) -> View | None:
        for level in self._house.stockroom.of(item):
            if gid("Location", level.location.id) == locationId:
                shown = (level.active and level.location.active) or includeInactive
                return self.level(level) if shown else None
        return None

    def _levels(
        self,
        info: Info,
        item: Item,
        *,
        includeInactive: bool = False,  # noqa: N803  - an argument of the API
        **asked: Any,
    ) -> Mapping[str, Any]:
        found = [
            ((one.id,), one)
            for one in self._house.stockroom.of(item)
            if (one.active and one.location.active) or includeInactive
        ]
        return connection(info.context, found, self.level, **asked)


def _node(kind: str, key: int) -> View:
    return {"__typename": kind, "id": gid(kind, key), "legacyResourceId": str(key)}
