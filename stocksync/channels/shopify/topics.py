"""The topics of webhooks, and what each of them is to us."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a kept body is."""

    ORDER = "order"
    REFUND = "refund"
    FULFILMENT = "fulfilment"
    EDITED = "edited"
    DELETED = "deleted"
    LEVEL = "level"
    NOTICE = "notice"
    """Its topic says all; of its body only an id is kept."""
    GONE = "gone"
    """Ours alone: the shop does not have this order any more."""
    ITEM = "item"
    """Ours alone: an inventory item as we read it."""
    ITEM_GONE = "item-gone"
    """Ours alone: the shop does not have this inventory item any more."""


MISSED = frozenset(
    {
        "app/scopes_update",
        "app/uninstalled",
        "fulfillment_orders/moved",
        "locations/activate",
        "locations/deactivate",
        "locations/delete",
        "products/delete",
    }
)
"""Something changed that no body tells whole: the next look at the shop does."""
ITEMS = frozenset({"inventory_items/create", "inventory_items/delete", "inventory_items/update"})
"""Said of one inventory item, and not whole: it is read."""
NOISE = frozenset(
    {
        "bulk_operations/finish",
        "customers/data_request",
        "customers/redact",
        "locations/create",
        "locations/update",
        "products/create",
        "products/update",
        "shop/redact",
        "shop/update",
    }
)
"""Of no concern to stock: `products/update` comes with every sale, its numbers lag behind."""
KINDS: Mapping[str, Kind] = {
    "fulfillments/create": Kind.FULFILMENT,
    "fulfillments/update": Kind.FULFILMENT,
    "inventory_levels/connect": Kind.LEVEL,
    "inventory_levels/disconnect": Kind.LEVEL,
    "inventory_levels/update": Kind.LEVEL,
    "orders/cancelled": Kind.ORDER,
    "orders/create": Kind.ORDER,
    "orders/delete": Kind.DELETED,
    "orders/edited": Kind.EDITED,
    "orders/fulfilled": Kind.ORDER,
    "orders/paid": Kind.ORDER,
    "orders/partially_fulfilled": Kind.ORDER,
    "orders/updated": Kind.ORDER,
    "refunds/create": Kind.REFUND,
    **dict.fromkeys((*MISSED, *ITEMS, *NOISE), Kind.NOTICE),
}
"""What the body of each topic is. Any other topic is none of ours."""
