"""Bodies of every topic but the orders' own, and the way from a topic to its body."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from stocksync.sandbox.shopify.body_parts import TORONTO, Zone, gid, price, stamp
from stocksync.sandbox.shopify.bulk_operation import BulkOperation
from stocksync.sandbox.shopify.happenings import App
from stocksync.sandbox.shopify.line_webhook_bodies import fulfilment_body, refund_body
from stocksync.sandbox.shopify.order_webhook_bodies import edit_body, order_body
from stocksync.sandbox.shopify.orders import Fulfilment, FulfilmentOrder, Order, OrderEdit, Refund
from stocksync.sandbox.shopify.products import Item, Location, Product, Variant
from stocksync.sandbox.shopify.stockroom import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """Shapes bodies from the shop's things as they are at that moment.

    `available_of` gives the total of an item over its locations, which product bodies show.
    """

    available_of: Callable[[Item], int]
    domain: str = "example-stocksync.myshopify.com"
    zone: Zone = TORONTO

    def of(self, topic: str, subject: object) -> dict[str, Any]:
        """Return the body of a topic, or raise `LookupError` where it does not tell of such."""
        match topic, subject:
            case "orders/create" | "orders/updated" | "orders/cancelled", Order() as order:
                return order_body(order, self.zone)
            case "orders/edited", OrderEdit() as edit:
                return edit_body(edit, self.zone)
            case "refunds/create", Refund() as refund:
                return refund_body(refund, self.zone)
            case "fulfillments/create" | "fulfillments/update", Fulfilment() as parcel:
                return fulfilment_body(parcel, self.zone)
            case "fulfillment_orders/moved", FulfilmentOrder() as moved:
                return _moved(moved)
            case "inventory_levels/disconnect", Level() as level:
                return {"inventory_item_id": level.item.id, "location_id": level.location.id}
            case "inventory_levels/update" | "inventory_levels/connect", Level() as level:
                return self._level(level)
            case "inventory_items/create" | "inventory_items/update", Item() as item:
                return self._item(item)
            case "products/create" | "products/update", Product() as product:
                return self._product(product)
            case "locations/deactivate", Location() as location:
                return self._location(location)
            case "products/delete", Product(id=key):
                return {"id": key}
            case "inventory_items/delete", Item(id=key):
                return {"id": key}
            case "locations/delete", Location(id=key):
                return {"id": key}
            case "bulk_operations/finish", BulkOperation() as operation:
                return self._bulk(operation)
            case _, App() as app:
                return self._app(topic, app)
            case _:
                raise LookupError(f"{topic} does not tell of {type(subject).__name__}")

    def _level(self, level: Level) -> dict[str, Any]:
        key = f"{level.id}?inventory_item_id={level.item.id}"
        return {
            "inventory_item_id": level.item.id,
            "location_id": level.location.id,
            "available": level.available if level.item.tracked else None,
            "updated_at": stamp(level.updated_at, self.zone),
            "admin_graphql_api_id": gid("InventoryLevel", key),
        }

    def _item(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.id,
            "sku": item.sku,
            "created_at": stamp(item.created_at, self.zone),
            "updated_at": stamp(item.updated_at, self.zone),
            "requires_shipping": True,
            "cost": None,
            "country_code_of_origin": None,
            "province_code_of_origin": None,
            "harmonized_system_code": None,
            "tracked": item.tracked,
            "country_harmonized_system_codes": [],
            "weight_value": 0.19,
            "weight_unit": "kg",
            "admin_graphql_api_id": gid("InventoryItem", item.id),
        }

    def _product(self, product: Product) -> dict[str, Any]:
        created = stamp(product.created_at, self.zone)
        return {
            "id": product.id,
            "admin_graphql_api_id": gid("Product", product.id),
            "title": product.title,
            "body_html": "",
            "handle": product.title.lower().replace(" ", "-"),
            "vendor": product.vendor,
            "product_type": "",
            "status": product.status.lower(),
            "tags": "",
            "template_suffix": None,
            "published_scope": "web",
            "created_at": created,
            "published_at": created,
            "updated_at": stamp(product.updated_at, self.zone),
            "variants": [
                self._variant(one, position) for position, one in enumerate(product.variants, 1)
            ],
            "variant_gids": [
                {
                    "admin_graphql_api_id": gid("ProductVariant", one.id),
                    "updated_at": f"{one.updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
                }
                for one in product.variants
            ],
            "options": [],
            "images": [],
            "image": None,
            "media": [],
            "has_variants_that_requires_components": any(
                one.requires_components for one in product.variants
            ),
            "category": None,
        }

    def _variant(self, variant: Variant, position: int) -> dict[str, Any]:
        units = self.available_of(variant.item)
        return {
            "id": variant.id,
            "admin_graphql_api_id": gid("ProductVariant", variant.id),
            "barcode": variant.barcode,
            "compare_at_price": None,
            "created_at": stamp(variant.created_at, self.zone),
            "inventory_policy": variant.policy.value.lower(),
            "position": position,
            "price": price(variant.price_cents),
            "product_id": variant.product.id,
            "sku": variant.sku,
            "taxable": True,
            "title": variant.title,
            "updated_at": stamp(variant.updated_at, self.zone),
            "option1": variant.title,
            "option2": None,
            "option3": None,
            "image_id": None,
            "inventory_item_id": variant.item.id,
            "inventory_quantity": units,
            "old_inventory_quantity": units,
        }

    def _location(self, location: Location) -> dict[str, Any]:
        return {
            "id": location.id,
            "name": location.name,
            "country_code": "CA",
            "created_at": stamp(location.created_at, self.zone),
            "updated_at": stamp(location.updated_at, self.zone),
            "active": location.active,
            "legacy": location.fulfilment_service,
            "admin_graphql_api_id": gid("Location", location.id),
        }

    def _bulk(self, operation: BulkOperation) -> dict[str, Any]:
        return {
            "admin_graphql_api_id": gid("BulkOperation", operation.id),
            "completed_at": stamp(operation.completed_at, self.zone),
            "created_at": stamp(operation.created_at, self.zone),
            "error_code": operation.error_code.lower() if operation.error_code else None,
            "status": operation.status.lower(),  # in capitals where GraphQL tells it
            "type": operation.type.lower(),
        }

    def _app(self, topic: str, app: App) -> dict[str, Any]:
        match topic:
            case "app/uninstalled":
                return _shop(app)
            case "app/scopes_update":
                return {"id": app.shop_id, "previous": [], "current": list(app.scopes)}
            case "shop/redact":
                return {"shop_id": app.shop_id, "shop_domain": self.domain}
            case "customers/redact":
                return {**_customer(app, self.domain), "orders_to_redact": []}
            case "customers/data_request":
                return {**_customer(app, self.domain), "orders_requested": []}
            case _:
                raise LookupError(f"{topic} does not tell of the app")


def _shop(app: App) -> dict[str, Any]:
    return {
        "id": app.shop_id,
        "name": app.shop_name,
        "email": None,
        "domain": None,
        "province": "Ontario",
        "country": "CA",
        "primary_locale": "en",
        "created_at": None,
        "updated_at": None,
        "country_code": "CA",
        "currency": "CAD",
        "iana_timezone": None,
        "shop_owner": None,
        "plan_display_name": "Basic",
        "plan_name": "basic",
        "myshopify_domain": None,
        "primary_location_id": app.primary_location_id,
        "multi_location_enabled": True,
    }


def _customer(app: App, domain: str) -> dict[str, Any]:
    customer = {"id": 207119551001, "email": "someone@example.com", "phone": None}
    return {"shop_id": app.shop_id, "shop_domain": domain, "customer": customer}


def _moved(moved: FulfilmentOrder) -> dict[str, Any]:
    return {
        "moved_fulfillment_order": {
            "id": gid("FulfillmentOrder", moved.id),
            "status": moved.status.lower(),
        },
        "destination_location_id": gid("Location", moved.location.id),
        "fulfillment_order_line_items_requested": [
            {"id": gid("FulfillmentOrderLineItem", one.id), "quantity": one.remaining}
            for one in moved.lines
        ],
    }
