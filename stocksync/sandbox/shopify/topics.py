"""The webhook topics: as GraphQL names them, and as headers do."""

# Those that an app may subscribe to by API.
TOPICS = {
    "APP_SCOPES_UPDATE": "app/scopes_update",
    "APP_UNINSTALLED": "app/uninstalled",
    "BULK_OPERATIONS_FINISH": "bulk_operations/finish",
    "FULFILLMENTS_CREATE": "fulfillments/create",
    "FULFILLMENTS_UPDATE": "fulfillments/update",
    "FULFILLMENT_ORDERS_MOVED": "fulfillment_orders/moved",
    "INVENTORY_ITEMS_CREATE": "inventory_items/create",
    "INVENTORY_ITEMS_DELETE": "inventory_items/delete",
    "INVENTORY_ITEMS_UPDATE": "inventory_items/update",
    "INVENTORY_LEVELS_CONNECT": "inventory_levels/connect",
    "INVENTORY_LEVELS_DISCONNECT": "inventory_levels/disconnect",
    "INVENTORY_LEVELS_UPDATE": "inventory_levels/update",
    "LOCATIONS_DEACTIVATE": "locations/deactivate",
    "LOCATIONS_DELETE": "locations/delete",
    "ORDERS_CANCELLED": "orders/cancelled",
    "ORDERS_CREATE": "orders/create",
    "ORDERS_EDITED": "orders/edited",
    "ORDERS_UPDATED": "orders/updated",
    "PRODUCTS_CREATE": "products/create",
    "PRODUCTS_DELETE": "products/delete",
    "PRODUCTS_UPDATE": "products/update",
    "REFUNDS_CREATE": "refunds/create",
}

# Only the app's own configuration file can ask for these.
COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})


def enum_of(topic: str) -> str:
    """Return the GraphQL name of a topic, or raise `LookupError`."""
    for name, path in TOPICS.items():
        if path == topic:
            return name
    raise LookupError(f"no subscription by API has the topic {topic}")
