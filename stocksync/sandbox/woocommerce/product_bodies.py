"""Full bodies of products and variations."""

import re
from typing import Any

from stocksync.sandbox.woocommerce import money
from stocksync.sandbox.woocommerce.bodies import Home, moment
from stocksync.sandbox.woocommerce.catalogue import Catalogue, Product, Type


class ProductBodies:
    """Writes the products of one shop."""

    def __init__(self, catalogue: Catalogue, home: Home) -> None:
        self._catalogue = catalogue
        self._home = home

    def product(self, product: Product) -> dict[str, Any]:
        """Return a product or variation, with the number its owner shows."""
        owner = self._catalogue.owner(product)
        shared = owner is not None and owner is not product
        backorders = owner.backorders if owner is not None else product.backorders
        stock = None if owner is None else owner.stock
        variation = product.type is Type.VARIATION
        parent = self._catalogue.get(product.parent_id)
        price = money.short(product.price_cents)
        currency = '<span class="woocommerce-Price-currencySymbol">&euro;</span>'
        amount = money.text(product.price_cents)
        links: dict[str, Any] = self._home.links(f"products/{product.id}", "products")
        if parent is not None:
            links["up"] = [{"href": self._home.at(f"products/{parent.id}")}]
        where = _slug((parent or product).name)
        query = f"?attribute_option={product.option}" if variation else ""
        return {
            "id": product.id,
            "name": product.name,
            "slug": _slug(product.name),
            "permalink": f"{self._home.url}product/{where}/{query}",
            "date_created": moment(product.created_at),
            "date_created_gmt": moment(product.created_at),
            "date_modified": moment(product.modified_at),
            "date_modified_gmt": moment(product.modified_at),
            "type": product.type.value,
            "status": product.status,
            "featured": False,
            "catalog_visibility": "visible",
            "description": "",
            "short_description": "",
            "sku": product.sku,
            "price": price,
            "regular_price": "" if product.type is Type.VARIABLE else price,
            "sale_price": "",
            "date_on_sale_from": None,
            "date_on_sale_from_gmt": None,
            "date_on_sale_to": None,
            "date_on_sale_to_gmt": None,
            "on_sale": False,
            "purchasable": True,
            "total_sales": str(product.total_sales) if variation else product.total_sales,
            "virtual": False,
            "downloadable": False,
            "downloads": [],
            "download_limit": -1,
            "download_expiry": -1,
            "external_url": "",
            "button_text": "",
            "tax_status": "taxable",
            "tax_class": "",
            "manage_stock": "parent" if shared else product.managed,
            "stock_quantity": stock,
            "backorders": backorders,
            "backorders_allowed": backorders != "no",
            "backordered": stock is not None and stock < 0 and backorders != "no",
            "low_stock_amount": product.low_stock_amount,
            "sold_individually": False,
            "weight": "",
            "dimensions": {"length": "", "width": "", "height": ""},
            "shipping_required": True,
            "shipping_taxable": True,
            "shipping_class": "",
            "shipping_class_id": 0,
            "reviews_allowed": not variation,
            "average_rating": "0.00",
            "rating_count": 0,
            "upsell_ids": [],
            "cross_sell_ids": [],
            "parent_id": product.parent_id,
            "purchase_note": "",
            "categories": []
            if variation
            else [{"id": 15, "name": "Uncategorized", "slug": "uncategorized"}],
            "brands": [],
            "tags": [],
            "images": [],
            "attributes": self._attributes(product),
            "default_attributes": [],
            "variations": list(product.variations),
            "grouped_products": [],
            "menu_order": 0,
            "price_html": '<span class="woocommerce-Price-amount amount"><bdi>'
            f"{currency}{amount}</bdi></span>",
            "related_ids": [],
            "meta_data": [],
            "stock_status": stock_status(stock, backorders),
            "has_options": product.type is Type.VARIABLE,
            "post_password": "",
            "global_unique_id": "",
            "_links": links,
        }

    def _attributes(self, product: Product) -> list[dict[str, Any]]:
        if product.type is Type.VARIATION:
            return [{"id": 0, "name": "Option", "slug": "option", "option": product.option}]
        if product.type is Type.SIMPLE:
            return []
        kinds = [self._catalogue.get(one) for one in product.variations]
        return [
            {
                "id": 0,
                "name": "Option",
                "slug": "Option",
                "position": 0,
                "visible": True,
                "variation": True,
                "options": [one.option for one in kinds if one is not None],
            }
        ]


def stock_status(stock: int | None, backorders: str) -> str:
    """Return the status that follows the number, whatever somebody sent."""
    if stock is None or stock > 0:
        return "instock"
    return "outofstock" if backorders == "no" else "onbackorder"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
