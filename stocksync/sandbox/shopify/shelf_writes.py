"""Clients stock an item at a location, or change what an item is."""

from typing import Any

from stocksync.sandbox.shopify.api_errors import user_error
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.shelf_views import ShelfViews, View, gid
from stocksync.sandbox.shopify.stockroom import ON_HAND, State


class ShelfWrites:
    """Writes what clients ask for. The caller holds the shop's lock."""

    def __init__(self, house: House, shelves: ShelfViews) -> None:
        self._house = house
        self._shelves = shelves

    def activate(
        self,
        *,
        inventoryItemId: str,  # noqa: N803  - arguments have the API's own names
        locationId: str,  # noqa: N803
        available: int | None = None,
        onHand: int | None = None,  # noqa: N803
        **_: Any,
    ) -> View:
        """Stock an item at a location; what stood there before stands there again."""
        house = self._house
        items, locations = house.catalogue.items.values(), house.catalogue.locations.values()
        item = next((one for one in items if gid("InventoryItem", one.id) == inventoryItemId), None)
        location = next((one for one in locations if gid("Location", one.id) == locationId), None)
        if item is None:
            said = "The product couldn't be stocked because it wasn't found."
            return _refused("inventoryLevel", said, "inventoryItemId")
        if location is None or not location.active:
            said = "The product couldn't be stocked because the location wasn't found."
            return _refused("inventoryLevel", said, "locationId")
        told = available if available is not None else onHand
        there = house.stockroom.find(item, location)
        if told is not None and there is not None:
            name = "available" if available is not None else "on hand"
            said = (
                f"Not allowed to set {name} quantity when the item is already active at the "
                "location."
            )
            return _refused(
                "inventoryLevel", said, "available" if available is not None else "onHand"
            )
        act = house.act()
        level = house.level(item, location, act)
        if not level.active:
            level.active = True
            level.updated_at = act.at
            act.add("inventory_levels/connect", level)
        if told is not None:
            name = State.AVAILABLE if available is not None else ON_HAND
            house.stockroom.set(level, name, told, act)
        house.tell(act)
        return {"inventoryLevel": self._shelves.level(level), "userErrors": []}

    def update_item(self, *, id: str, input: dict[str, Any]) -> View:  # noqa: A002  - the API's
        """Change an item's SKU, or whether it is counted."""
        house = self._house
        for item in house.catalogue.items.values():
            if gid("InventoryItem", item.id) == id:
                break
        else:
            return _refused("inventoryItem", "Inventory item does not exist", "id")
        act = house.act()
        item.updated_at = act.at
        if input.get("tracked") is not None:
            item.tracked = input["tracked"]
        if "sku" in input:
            item.sku = input["sku"]
            house.catalogue.index(item, act.at)
        act.add("inventory_items/update", item)
        for variant in house.catalogue.selling(item):
            act.sold(variant.product)
        house.tell(act)
        return {"inventoryItem": self._shelves.item(item), "userErrors": []}


def _refused(what: str, said: str, field: str) -> View:
    return {what: None, "userErrors": [user_error(said, (field,))]}
