"""What staff do with products, shelves and locations; each act takes the shop's lock."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.products import (
    SHOPIFY,
    Item,
    Location,
    Policy,
    Product,
    Variant,
)
from stocksync.sandbox.shopify.stockroom import ON_HAND, Level, State


class Staff:
    """The acts of staff at the shelves."""

    _lock: AbstractContextManager[object]
    _house: House

    # Locations

    def add_location(
        self,
        name: str,
        *,
        id: int | None = None,  # noqa: A002  - the shop's own word
        fulfils_online: bool = True,
        active: bool = True,
        fulfilment_service: bool = False,
    ) -> int:
        """Open a location; return its id."""
        with self._lock:
            now = self._house.clock()
            made = Location(
                id=self._house.ids.new("location") if id is None else id,
                name=name,
                created_at=now,
                updated_at=now,
                active=active,
                fulfils_online=fulfils_online,
                fulfilment_service=fulfilment_service,
            )
            self._house.catalogue.locations[made.id] = made
            return made.id

    def deactivate_location(self, name: str) -> None:
        """Close a location; what stands there is not sold any more."""
        with self._lock:
            act = self._house.act()
            location = self._house.catalogue.location(name)
            location.active = False
            location.updated_at = act.at
            act.add("locations/deactivate", location)
            self._house.tell(act)

    # Products

    def add_product(
        self,
        sku: str | None,
        stock: int | Mapping[str, int] = 0,
        *,
        tracked: bool = True,
        policy: str = Policy.DENY,
        title: str | None = None,
        price_cents: int = 1000,
        barcode: str | None = None,
        requires_components: bool = False,
        gift_card: bool = False,
        service: str = SHOPIFY,
        item_id: int | None = None,
        variant_id: int | None = None,
        product_id: int | None = None,
    ) -> int:
        """Add a product with one variant; return the variant's id.

        `stock` is what is available at the first location, or at each location by its name.
        """
        with self._lock:
            act, ids = self._house.act(), self._house.ids
            item = Item(
                id=ids.new("item") if item_id is None else item_id,
                sku=sku,
                created_at=act.at,
                updated_at=act.at,
                tracked=tracked,
                service=service,
            )
            product = Product(
                id=ids.new("product") if product_id is None else product_id,
                title=title or sku or "Nameless",
                created_at=act.at,
                updated_at=act.at,
            )
            variant = Variant(
                id=ids.new("variant") if variant_id is None else variant_id,
                product=product,
                item=item,
                title="Default Title",
                created_at=act.at,
                updated_at=act.at,
                barcode=barcode,
                price_cents=price_cents,
                policy=Policy(policy),
                requires_components=requires_components,
                gift_card=gift_card,
            )
            self._house.catalogue.add(variant)
            act.add("products/create", product)
            act.add("inventory_items/create", item)
            first = next(iter(self._house.catalogue.locations.values())).name
            places = stock if isinstance(stock, Mapping) else {first: stock}
            for name, units in places.items():
                level = Level(
                    id=ids.new("level"),
                    item=item,
                    location=self._house.catalogue.location(name),
                    created_at=act.at,
                    updated_at=act.at,
                )
                level.states[State.AVAILABLE] = units
                self._house.stockroom.add(level)
                act.add("inventory_levels/connect", level)
            self._house.tell(act)
            return variant.id

    def add_variant(self, sku: str, title: str, *, policy: str = Policy.DENY) -> int:
        """Let another variant of the same product sell the same item; return its id."""
        with self._lock:
            other = self._house.catalogue.named(sku)
            act = self._house.act()
            made = Variant(
                id=self._house.ids.new("variant"),
                product=other.product,
                item=other.item,
                title=title,
                created_at=act.at,
                updated_at=act.at,
                policy=Policy(policy),
            )
            self._house.catalogue.add(made)
            act.sold(made.product)
            self._house.tell(act)
            return made.id

    def rename(self, sku: str | None, to: str | None) -> None:
        """Give an item another SKU; orders keep the old one."""
        with self._lock:
            item = self._house.catalogue.named(sku).item
            item.sku = to
            self._house.catalogue.index(item, self._house.clock())
            self._item_changed(item)

    def set_tracked(self, sku: str, tracked: bool) -> None:
        """Begin or end to count; the numbers are kept meanwhile."""
        with self._lock:
            item = self._house.catalogue.named(sku).item
            item.tracked = tracked
            self._item_changed(item)

    def set_policy(self, sku: str, policy: str) -> None:
        """Say what happens to online shoppers when nothing is left."""
        with self._lock:
            act = self._house.act()
            for variant in self._house.catalogue.selling(self._house.catalogue.named(sku).item):
                variant.policy = Policy(policy)
                act.sold(variant.product)
            self._house.tell(act)

    def delete_product(self, sku: str) -> None:
        """Delete a product; lines of old orders lose their variant."""
        with self._lock:
            act = self._house.act()
            variant = self._house.catalogue.named(sku)
            self._house.catalogue.remove(variant)
            for order in self._house.orders.values():
                for line in order.lines:
                    if line.variant is variant:
                        line.variant = line.variant_id = line.product_id = None
                        line.product_exists = False
            if variant.item.id not in self._house.catalogue.items:
                self._house.stockroom.forget(variant.item)
                act.add("inventory_items/delete", variant.item)
            act.add("products/delete", variant.product)
            self._house.tell(act)

    # Shelves

    def edit_stock(
        self, sku: str, units: int, name: str = State.AVAILABLE, location: str | None = None
    ) -> None:
        """Let staff set `available` or `on_hand`, whatever it was."""
        with self._lock:
            act = self._house.act()
            self._house.stockroom.set(self._level(sku, location), name, units, act)
            self._house.tell(act)

    def set_aside(self, sku: str, state: str, units: int, location: str | None = None) -> None:
        """Move units from what is available to damaged, safety_stock ...; back, if negative."""
        with self._lock:
            act = self._house.act()
            level = self._level(sku, location)
            self._house.stockroom.set_aside(level, State(state), units, act)
            self._house.tell(act)

    def deactivate(self, sku: str, location: str | None = None) -> None:
        """Stop stocking an item at a location; its numbers are kept."""
        with self._lock:
            act = self._house.act()
            level = self._level(sku, location)
            level.active = False
            level.updated_at = act.at
            act.add("inventory_levels/disconnect", level)
            self._house.tell(act)

    def activate(self, sku: str, location: str) -> None:
        """Stock an item at a location, again or for the first time."""
        with self._lock:
            act = self._house.act()
            item = self._house.catalogue.named(sku).item
            level = self._house.level(item, self._house.catalogue.location(location), act)
            if not level.active:
                level.active = True
                level.updated_at = act.at
                act.add("inventory_levels/connect", level)
            self._house.tell(act)

    def stock(self, sku: str, location: str | None = None, name: str = "available") -> int | None:
        """Return a number of one location or of all that are active; None: not tracked."""
        with self._lock:
            item = self._house.catalogue.named(sku).item
            if not item.tracked:
                return None
            if location is not None:
                return self._level(sku, location).quantity(name)
            levels = self._house.stockroom.of(item)
            return sum(one.quantity(name) for one in levels if one.active)

    def levels(self, sku: str) -> dict[str, dict[str, int]]:
        """Return every number of a SKU, by location."""
        with self._lock:
            names = [*State, ON_HAND]
            found = self._house.stockroom.of(self._house.catalogue.named(sku).item)
            return {one.location.name: {str(n): one.quantity(n) for n in names} for one in found}

    def ids(self, sku: str) -> tuple[int, int, int]:
        """Return the ids of a SKU's product, variant and inventory item."""
        with self._lock:
            variant = self._house.catalogue.named(sku)
            return variant.product.id, variant.id, variant.item.id

    def location_id(self, name: str) -> int:
        """Return the id of a location."""
        with self._lock:
            return self._house.catalogue.location(name).id

    def _item_changed(self, item: Item) -> None:
        act = self._house.act()
        item.updated_at = act.at
        act.add("inventory_items/update", item)
        for variant in self._house.catalogue.selling(item):
            act.sold(variant.product)
        self._house.tell(act)

    def _level(self, sku: str, location: str | None) -> Level:
        item = self._house.catalogue.named(sku).item
        for level in self._house.stockroom.of(item):
            if location is None or level.location.name == location:
                return level
        raise LookupError(f"{sku} was never stocked at {location}; activate it there")
