"""The web shops of the lab, each kind with its own people, books and lines in the config."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol, TypedDict, Unpack

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
"""What the lines of a shop in the config name by reference."""
_REST_TOPICS = ("order.created", "order.updated", "product.updated")
_APP_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "inventory_levels/update",
)
_HOME = "Main"


class World(TypedDict, total=False):
    """What a shop stands in, where it is not the wall clock and the network."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    deliver: Callable[[Any], int]


class Store(Protocol):
    """One web shop as a street and an hour use it."""

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

    def sell(self, sku: Sku, units: int) -> str:
        """Sell, whatever is left, and return the order's number."""
        ...

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        ...

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown; below 0 it sold what it has not."""
        ...

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        ...

    def stands(self, at: datetime) -> bool:
        """Return whether what was typed at a moment could be seen before a write of ours."""
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
    """A WooCommerce-like shop: it compares nothing."""

    shop: woocommerce.Shop

    @classmethod
    def open_(cls, name: str, seed: int, **world: Unpack[World]) -> "WooStore":
        """Open one that is kind as yet."""
        knobs = woocommerce.Knobs(behind_tls=True)
        made = woocommerce.Shop(name, key=_KEY, secret=_SECRET, seed=seed, knobs=knobs, **world)
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

    def sell(self, sku: Sku, units: int) -> str:
        """Sell, whatever is left, and return the order's number."""
        return str(self.shop.buy({sku: units}, via="rest-api"))

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.set_status(int(number), "cancelled")

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown; below 0 it sold what it has not."""
        return self.shop.stock(sku) or 0

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        return {Sku(sku): one.held for sku, one in self.shop.truth().items()}

    def stands(self, at: datetime) -> bool:
        """Return whether no write of a number read before this moment landed after it."""
        for write in self.shop.log.writes:
            if write.at < at:
                continue
            looks = [
                call.at
                for call in self.shop.log.calls
                if call.method == "GET" and "products" in call.path and call.at <= write.at
            ]
            return max(looks) >= at
        return True

    def hook(self, url: str) -> None:
        """Send webhooks to an address."""
        for topic in _REST_TOPICS:
            self.shop.add_webhook(topic, url, _SIGNS)

    def turn(self, knobs: woocommerce.Knobs) -> None:
        """Turn the shop's knobs to these; it stays behind TLS."""
        knobs.behind_tls = True
        turn(self.shop.knobs, knobs)

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
    """A Shopify-like shop with one place: it sets a number only over the one that we expect."""

    shop: shopify.Shop

    @classmethod
    def open_(cls, name: str, seed: int, **world: Unpack[World]) -> "ShopifyStore":
        """Open one that is kind as yet."""
        made = shopify.Shop(name, client_id=_APP, secrets=[_APP_SECRET], seed=seed, **world)
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

    def sell(self, sku: Sku, units: int) -> str:
        """Sell, whatever is left, and return the order's number."""
        return str(self.shop.buy({str(sku): units}, via="draft"))

    def cancel(self, number: str) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.cancel(int(number), restock=True)

    def stock(self, sku: Sku) -> int:
        """Return the number that is shown; below 0 it sold what it has not."""
        return self.shop.stock(sku) or 0

    def taken(self) -> Mapping[Sku, int]:
        """Return what the shop's own order book holds or has sent, by SKU."""
        return {Sku(sku): one.held + one.gone for sku, one in self.shop.truth().items()}

    def stands(self, at: datetime) -> bool:
        """Return True: no write of ours goes over a number that it does not name."""
        return True

    def hook(self, url: str) -> None:
        """Send webhooks to an address."""
        for topic in _APP_TOPICS:
            self.shop.subscriptions.configure(topic, url)

    def turn(self, knobs: shopify.Knobs) -> None:
        """Turn the shop's knobs to these."""
        turn(self.shop.knobs, knobs)

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


def till_config(name: str, url: str) -> str:
    """Return a till's lines in the config: what it signs with, and what it believes, by name."""
    return f"""\
  {name}:
    kind: till
    webhook_secret: {{env: TILL_SECRET}}
    push_url: "{url}/stock"
    levels_url: "{url}/levels"
    movements_url: "{url}/movements"
    push_secret: {{env: PUSH_SECRET}}
    push_location: main
    locations: {{main: shelf}}
    allow_private: true
    allow_insecure: true
    location: shelf
"""


def turn(knobs: Any, to: Any) -> None:
    """Turn all knobs of a shop or till to where these are."""
    for one in fields(to):
        setattr(knobs, one.name, getattr(to, one.name))


Stores = Mapping[ChannelName, Store]
