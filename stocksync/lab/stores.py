"""The web shops of a street, each kind with its own people, books and lines in the config."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from stocksync.core.names import ChannelName, Sku
from stocksync.sandbox import shopify, woocommerce

_KEY, _SECRET, _SIGNS = "ck_street", "cs_street", "street_signs"
_APP, _APP_SECRET = "street-app", "street-app-secret"
SECRETS = {
    "SHOP_KEY": _KEY,
    "SHOP_SECRET": _SECRET,
    "SHOP_SIGNS": _SIGNS,
    "APP_SECRET": _APP_SECRET,
}
"""What the config of a street names by reference."""
_REST_TOPICS = ("order.created", "order.updated", "product.updated")
_APP_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "inventory_levels/update",
)
_HOME = "Main"


class Store(Protocol):
    """One web shop as a street uses it."""

    @property
    def shop(self) -> Any:
        """Return the sandbox shop itself: what is served, and its log."""
        ...

    def add(self, sku: Sku, units: int) -> None:
        """Put goods on sale."""
        ...

    def buy(self, sku: Sku, units: int) -> str | None:
        """Have a shopper buy; return the order's number, or None if too little is shown."""
        ...

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        ...

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown."""
        ...

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        ...

    def hook(self, url: str) -> None:
        """Send webhooks to an address."""
        ...

    def turn(self, knobs: Any) -> None:
        """Turn the shop's knobs to these."""
        ...

    def config(self, url: str, more: str) -> str:
        """Return the shop's lines in the config, with `more` of them."""
        ...


@dataclass(frozen=True, slots=True)
class WooStore:
    """A WooCommerce-like shop."""

    shop: woocommerce.Shop

    @classmethod
    def open_(cls, name: str, seed: int) -> "WooStore":
        """Open one that is kind as yet."""
        knobs = woocommerce.Knobs(behind_tls=True)
        made = woocommerce.Shop(name, key=_KEY, secret=_SECRET, seed=seed, knobs=knobs)
        return cls(made)

    def add(self, sku: Sku, units: int) -> None:
        """Put goods on sale."""
        self.shop.add_product(sku, units)

    def buy(self, sku: Sku, units: int) -> str | None:
        """Have a shopper buy; return the order's number, or None if too little is shown."""
        try:
            return str(self.shop.buy({sku: units}))
        except woocommerce.OutOfStock:
            return None

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.set_status(int(number), "cancelled")

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown."""
        return self.shop.stock(sku) or 0

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        return {Sku(sku): one.held for sku, one in self.shop.truth().items()}

    def hook(self, url: str) -> None:
        """Send webhooks to an address."""
        for topic in _REST_TOPICS:
            self.shop.add_webhook(topic, url, _SIGNS)

    def turn(self, knobs: woocommerce.Knobs) -> None:
        """Turn the shop's knobs to these; it stays behind TLS."""
        knobs.behind_tls = True
        _turn(self.shop.knobs, knobs)

    def config(self, url: str, more: str) -> str:
        """Return the shop's lines in the config, with `more` of them."""
        return f"""\
  {self.shop.name}:
    kind: woocommerce
    url: "{url}"
    key: {{env: SHOP_KEY}}
    secret: {{env: SHOP_SECRET}}
    webhook_secret: {{env: SHOP_SIGNS}}
    auth: basic
    allow_private: true
    allow_insecure: true
    location: shelf
    unpaid_soft_hold: 0
{more}"""


@dataclass(frozen=True, slots=True)
class ShopifyStore:
    """A Shopify-like shop with one place."""

    shop: shopify.Shop

    @classmethod
    def open_(cls, name: str, seed: int) -> "ShopifyStore":
        """Open one that is kind as yet."""
        made = shopify.Shop(name, client_id=_APP, secrets=[_APP_SECRET], seed=seed)
        return cls(made)

    def add(self, sku: Sku, units: int) -> None:
        """Put goods on sale."""
        self.shop.add_product(sku, units)

    def buy(self, sku: Sku, units: int) -> str | None:
        """Have a shopper buy; return the order's number, or None if too little is shown."""
        try:
            return str(self.shop.buy({str(sku): units}))
        except shopify.OutOfStock:
            return None

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.cancel(int(number), restock=True)

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown."""
        return self.shop.stock(sku) or 0

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        return {Sku(sku): one.held + one.gone for sku, one in self.shop.truth().items()}

    def hook(self, url: str) -> None:
        """Send webhooks to an address."""
        for topic in _APP_TOPICS:
            self.shop.subscriptions.configure(topic, url)

    def turn(self, knobs: shopify.Knobs) -> None:
        """Turn the shop's knobs to these."""
        _turn(self.shop.knobs, knobs)

    def config(self, url: str, more: str) -> str:
        """Return the shop's lines in the config, with `more` of them."""
        return f"""\
  {self.shop.name}:
    kind: shopify
    shop: {self.shop.domain}
    url: "{url}"
    client_id: {_APP}
    client_secret: {{env: APP_SECRET}}
    locations: {{"gid://shopify/Location/{self.shop.location_id(_HOME)}": shelf}}
    allow_private: true
    allow_insecure: true
    location: shelf
{more}"""


def _turn(knobs: Any, to: Any) -> None:
    for one in fields(to):
        setattr(knobs, one.name, getattr(to, one.name))


Stores = Mapping[ChannelName, Store]
