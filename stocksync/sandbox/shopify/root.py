"""The fields that a call may begin with."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from graphql import get_directive_values

from stocksync.sandbox.shopify.api_errors import ApiError, access_denied, user_error
from stocksync.sandbox.shopify.bulk import Bulk
from stocksync.sandbox.shopify.catalogue import looks_alike
from stocksync.sandbox.shopify.connections import connection
from stocksync.sandbox.shopify.document import load_schema
from stocksync.sandbox.shopify.hook_fields import HookFields
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.idempotency import WORDS, Keys, Verdict
from stocksync.sandbox.shopify.order_views import OrderViews
from stocksync.sandbox.shopify.orders import Order
from stocksync.sandbox.shopify.quantity_writes import QuantityWrites
from stocksync.sandbox.shopify.search import Meets, by_moment, by_text, matcher
from stocksync.sandbox.shopify.shelf_views import Info, ShelfViews, View, gid
from stocksync.sandbox.shopify.shelf_writes import ShelfWrites

VERSIONS = ("2026-07", "2026-10", "unstable")
SCOPE_OF = {
    "location": "read_locations",
    "locations": "read_locations",
    "inventoryItem": "read_inventory",
    "productVariant": "read_products",
    "productVariants": "read_products",
    "order": "read_orders",
    "orders": "read_orders",
    "refund": "read_orders",
    "fulfillment": "read_orders",
    "inventorySetQuantities": "write_inventory",
    "inventoryAdjustQuantities": "write_inventory",
    "inventoryActivate": "write_inventory",
    "inventoryItemUpdate": "write_inventory",
}
SCOPE_OF_NODE = {
    "InventoryItem": "read_inventory",
    "InventoryLevel": "read_inventory",
    "Location": "read_locations",
    "Product": "read_products",
    "ProductVariant": "read_products",
    "Order": "read_orders",
    "Refund": "read_orders",
    "Fulfillment": "read_orders",
}
IDEMPOTENT = load_schema().get_directive("idempotent")


class Root:
    """Answers the first fields of queries and mutations."""

    def __init__(
        self, house: House, keys: Keys, writes: QuantityWrites, hooks: HookFields, bulk: Bulk
    ) -> None:
        self._house = house
        self._keys = keys
        self._writes = writes
        self._hooks = hooks
        self._bulk = bulk
        self._shelves = ShelfViews(house)
        self._orders = OrderViews(self._shelves)
        self._shelf_writes = ShelfWrites(house, self._shelves)

    def fields(self) -> Mapping[str, Callable[..., Any]]:
        """Return every first field with what answers it."""
        found: dict[str, Callable[..., Any]] = {
            "shop": lambda _: self._shop(),
            "currentAppInstallation": self._installation,
            "publicApiVersions": lambda _: [_version(one) for one in VERSIONS],
            "locations": self._locations,
            "productVariants": self._variants,
            "node": self._node,
            "nodes": lambda info, ids: [self._node(info, one) for one in ids],
            "orders": self._order_list,
            "webhookSubscriptions": self._hooks.listing,
            "webhookSubscriptionCreate": self._hooks.create,
            "webhookSubscriptionUpdate": self._hooks.update,
            "webhookSubscriptionDelete": self._hooks.delete,
            "bulkOperation": self._bulk.poll,
            "bulkOperationRunQuery": self._bulk.start,
            "inventorySetQuantities": lambda info, **told: self._once(
                info, "inventoryAdjustmentGroup", told, self._set
            ),
            "inventoryAdjustQuantities": lambda info, **told: self._once(
                info, "inventoryAdjustmentGroup", told, self._adjust
            ),
            "inventoryActivate": lambda info, **told: self._once(
                info, "inventoryLevel", told, self._activate
            ),
            "inventoryItemUpdate": lambda _, **told: self._shelf_writes.update_item(**told),
        }
        for kind in ("Location", "InventoryItem", "ProductVariant", "Order", "Refund"):
            found[kind[0].lower() + kind[1:]] = self._one(kind)
        found["fulfillment"] = self._one("Fulfillment")
        return {name: _scoped(name, answer) for name, answer in found.items()}

    # Reading

    def _shop(self) -> View:
        return {
            "__typename": "Shop",
            "id": gid("Shop", self._house.shop_id),
            "name": self._house.name,
            "myshopifyDomain": self._house.domain,
            "plan": {
                "publicDisplayName": self._house.knobs.plan,
                "shopifyPlus": self._house.knobs.plan == "Plus",
                "partnerDevelopment": False,
            },
        }

    def _installation(self, info: Info) -> View:
        return {
            "__typename": "AppInstallation",
            "id": gid("AppInstallation", self._house.shop_id + 1),
            "accessScopes": [
                {"handle": one, "description": one.replace("_", " ")}
                for one in sorted(info.context.scopes)
            ],
        }

    def _locations(
        self,
        info: Info,
        *,
        includeInactive: bool = False,  # noqa: N803  - arguments have the API's own names
        includeLegacy: bool = False,  # noqa: N803
        sortKey: str = "NAME",  # noqa: N803
        **asked: Any,
    ) -> View:
        found = [
            ((one.name, one.id) if sortKey == "NAME" else (one.id,), one)
            for one in self._house.catalogue.locations.values()
            if (one.active or includeInactive) and (not one.fulfilment_service or includeLegacy)
        ]
        return connection(info.context, found, self._shelves.location, **asked)

    def _variants(
        self,
        info: Info,
        *,
        query: str | None = None,
        sortKey: str = "ID",  # noqa: N803  - an argument of the API
        **asked: Any,
    ) -> View:
        house, now = self._house, info.context.now
        fits = matcher(query, frozenset({"sku", "id"}), info.context)
        found = []
        for one in house.catalogue.variants.values():
            sku = house.catalogue.indexed_sku(one, now, house.knobs.sku_index_lag_s)
            if fits({"sku": _by_sku(sku), "id": by_text(one.id)}):
                key = (one.sku or "", one.id) if sortKey == "SKU" else (one.id,)
                found.append((key, one))
        return connection(info.context, found, self._shelves.variant, **asked)

    def _order_list(
        self,
        info: Info,
        *,
        query: str | None = None,
        sortKey: str = "PROCESSED_AT",  # noqa: N803  - an argument of the API
        **asked: Any,
    ) -> View:
        house, now = self._house, info.context.now
        known = frozenset({"updated_at", "created_at", "processed_at", "id", "name"})
        fits = matcher(query, known, info.context)
        found = []
        for order in house.orders.values():
            updated_at = house.order_index.updated_at(order, now, house.knobs.order_index_lag_s)
            if updated_at is None or not self._sees(info, order):
                continue
            created_at = order.created_at.replace(microsecond=0)
            fields = {
                "updated_at": by_moment(updated_at),
                "created_at": by_moment(created_at),
                "processed_at": by_moment(created_at),
                "id": by_text(order.id),
                "name": by_text(order.name),
            }
            if fits(fields):
                at = updated_at if sortKey == "UPDATED_AT" else created_at
                key = (order.id,) if sortKey == "ID" else (at.isoformat(), order.id)
                found.append((key, order))
        return connection(info.context, found, self._orders.order, **asked)

    def _sees(self, info: Info, order: Order) -> bool:
        if "read_all_orders" in info.context.scopes:
            return True
        days = timedelta(days=self._house.knobs.order_horizon_days)
        return bool(order.created_at >= info.context.now - days)

    def _one(self, kind: str) -> Callable[..., Any]:
        return lambda info, id=None: self._thing(info, kind, id)  # noqa: A006  - the API's own

    def _thing(self, info: Info, kind: str, told: str | None) -> View | None:
        if told is None and kind == "Location":
            return self._shelves.location(next(iter(self._house.catalogue.locations.values())))
        start = gid(kind, 0)[:-1]
        return self._node(info, told) if told is not None and told.startswith(start) else None

    def _node(self, info: Info, id: str) -> View | None:  # noqa: A002  - the API's own word
        kind, _, rest = id.removeprefix("gid://shopify/").partition("/")
        number = rest.partition("?")[0]
        if not id.startswith("gid://shopify/") or not number.isdecimal():
            raise ApiError("BAD_REQUEST", f"Invalid global id '{id}'")
        scope = SCOPE_OF_NODE.get(kind)
        if scope is not None and scope not in info.context.scopes:
            raise access_denied(kind[0].lower() + kind[1:], scope)
        return self._by_kind(info, kind, int(number))

    def _by_kind(self, info: Info, kind: str, number: int) -> View | None:
        house, catalogue = self._house, self._house.catalogue
        places: dict[str, tuple[Mapping[int, Any], Callable[[Any], View]]] = {
            "Location": (catalogue.locations, self._shelves.location),
            "Product": (catalogue.products, self._shelves.product),
            "ProductVariant": (catalogue.variants, self._shelves.variant),
            "InventoryItem": (catalogue.items, self._shelves.item),
        }
        if kind in places:
            things, view = places[kind]
            return view(things[number]) if number in things else None
        if kind == "InventoryLevel":
            level = next((one for one in house.stockroom if one.id == number), None)
            return None if level is None else self._shelves.level(level)
        if kind == "BulkOperation":
            return self._bulk.poll(info, id=gid(kind, number))
        seen = [order for order in house.orders.values() if self._sees(info, order)]
        if kind == "Order":
            return next((self._orders.order(one) for one in seen if one.id == number), None)
        if kind == "Refund":
            refunds = (one for order in seen for one in order.refunds)
            return next((self._orders.refund(one) for one in refunds if one.id == number), None)
        if kind == "Fulfillment":
            parcels = (one for order in seen for one in order.fulfilments)
            return next((self._orders.fulfilment(one) for one in parcels if one.id == number), None)
        return None

    # Writing

    def _set(self, key: str, **told: Any) -> View:
        return self._writes.set(told["input"], key)

    def _adjust(self, key: str, **told: Any) -> View:
        return self._writes.adjust(told["input"], key)

    def _activate(self, _: str, **told: Any) -> View:
        return self._shelf_writes.activate(**told)

    def _once(
        self, info: Info, thing: str, told: Mapping[str, Any], done: Callable[..., View]
    ) -> View:
        """Do what a key was not seen with before; otherwise say how that ended."""
        assert IDEMPOTENT is not None  # noqa: S101  - the schema has it
        named = get_directive_values(IDEMPOTENT, info.field_nodes[0], info.variable_values)
        if named is None:
            said = "The @idempotent directive is required for this mutation but was not provided."
            raise ApiError("BAD_REQUEST", said)
        key, life_s = named["key"], self._house.knobs.idempotency_life_s
        seen = self._keys.seen(key, info.field_name, told, info.context.now, life_s)
        if isinstance(seen, Verdict):
            return {thing: None, "userErrors": [user_error(WORDS[seen], None, seen.value)]}
        if seen is not None:
            return dict(seen)
        try:
            outcome = done(key, **told)
        except ApiError:  # the call was wrong in itself, and its key was not used
            self._keys.forget(key)
            raise
        self._keys.ended(key, outcome, failed=bool(outcome["userErrors"]))
        return outcome


def _scoped(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    scope = SCOPE_OF.get(name)
    if scope is None:
        return answer

    def guarded(info: Info, **told: Any) -> Any:
        if scope not in info.context.scopes:
            raise access_denied(name, scope)
        return answer(info, **told)

    return guarded


def _by_sku(sku: str | None) -> Meets:
    return lambda _, wanted: looks_alike(wanted, sku)


def _version(handle: str) -> View:
    return {"handle": handle, "displayName": handle, "supported": handle != "unstable"}
