"""The shops of an hour of trade: slow, forgetful, and as late with orders as real ones are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from stocksync.core.names import Sku
from stocksync.sandbox import shopify, woocommerce

KEY, SECRET, SIGNS = "ck_hour", "cs_hour", "signs_the_hour"
_TOPICS = ("orders/create", "orders/updated", "orders/cancelled", "refunds/create")
_LEVELS = "inventory_levels/update"
_HOOKS = "http://127.0.0.1/hooks"
_ENDLESS = 1e9

Hear = Callable[[bytes, Mapping[str, str]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a shop of the hour stands on."""

    name: str
    sku: Sku
    opening: int
    seed: int
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    hear: Hear


class HourShop(Protocol):
    """One shop with one product, as the people of the hour use it."""

    @property
    def shop(self) -> Any:
        """Return the sandbox shop itself."""
        ...

    @property
    def shown(self) -> int:
        """Return the number that it shows; below 0 it sold what it has not."""
        ...

    @property
    def taken(self) -> int:
        """Return what its order book holds or has sent."""
        ...

    def buy(self, units: int) -> int:
        """Sell, whatever is left, and return the order's number."""
        ...

    def cancel(self, order: int) -> None:
        """Call an order off, with its goods back on the shelf."""
        ...

    def type_in(self, number: int) -> None:
        """Have a person type a number."""
        ...

    def stands(self, at: datetime) -> bool:
        """Return whether what was typed at a moment could be seen before a write of ours."""
        ...

    def config(self, url: str) -> str:
        """Return its lines in the config."""
        ...


@dataclass(frozen=True, slots=True)
class WooHour:
    """A WooCommerce-like shop: it compares nothing."""

    shop: woocommerce.Shop
    ground: Ground

    @classmethod
    def open_(cls, ground: Ground) -> "WooHour":
        """Open it with its one product."""
        knobs = woocommerce.Knobs(
            behind_tls=True,
            webhook_delay_s=42,
            webhook_spread=woocommerce.Spread.EXPONENTIAL,
            webhook_loss=0.1,
            order_index_lag_s=3,
            latency_s=0.5,
            latency_spread=woocommerce.Spread.EXPONENTIAL,
        )
        shop = woocommerce.Shop(
            ground.name,
            key=KEY,
            secret=SECRET,
            seed=ground.seed,
            clock=ground.clock,
            knobs=knobs,
            deliver=lambda post: ground.hear(post.body, post.headers),
            sleep=ground.sleep,
        )
        shop.add_product(ground.sku, ground.opening)
        for topic in ("order.created", "order.updated", "product.updated"):
            shop.add_webhook(topic, _HOOKS, SIGNS)
        return cls(shop, ground)

    @property
    def shown(self) -> int:
        """Return the number that it shows; below 0 it sold what it has not."""
        return self.shop.stock(self.ground.sku) or 0

    @property
    def taken(self) -> int:
        """Return what its order book holds or has sent."""
        return self.shop.truth()[self.ground.sku].held

    def buy(self, units: int) -> int:
        """Sell, whatever is left, and return the order's number."""
        return self.shop.buy({self.ground.sku: units}, via="rest-api")

    def cancel(self, order: int) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.set_status(order, "cancelled")

    def type_in(self, number: int) -> None:
        """Have a person type a number."""
        self.shop.edit_stock(self.ground.sku, number)

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

    def config(self, url: str) -> str:
        """Return its lines in the config."""
        return f"""\
    kind: woocommerce
    url: "{url}"
    key: {{env: KEY}}
    secret: {{env: SECRET}}
    webhook_secret: {{env: SIGNS}}
    auth: basic
    unpaid_soft_hold: 0
    poke_every: 0
    poll: {{products_every: 60s, webhooks_every: 0}}
"""


@dataclass(frozen=True, slots=True)
class ShopifyHour:
    """A Shopify-like shop: it sets a number only over the one that we expect."""

    shop: shopify.Shop
    ground: Ground

    @classmethod
    def open_(cls, ground: Ground) -> "ShopifyHour":
        """Open it with its one product."""
        knobs = shopify.Knobs(
            webhook_spread_s=120,
            webhook_loss=0.1,
            order_index_lag_s=3,
            latency_s=0.5,
            latency_spread=shopify.Spread.EXPONENTIAL,
            # Our budget goes by the wall clock, which hardly moves in an hour like this.
            bucket_points=_ENDLESS,
            restore_points=_ENDLESS,
        )
        shop = shopify.Shop(
            ground.name,
            client_id=KEY,
            secrets=[SIGNS],
            seed=ground.seed,
            clock=ground.clock,
            knobs=knobs,
            deliver=lambda post: ground.hear(post.body, post.headers),
            sleep=ground.sleep,
        )
        shop.add_product(ground.sku, ground.opening)
        for topic in (*_TOPICS, _LEVELS):
            shop.subscriptions.configure(topic, _HOOKS)
        return cls(shop, ground)

    @property
    def shown(self) -> int:
        """Return the number that it shows; below 0 it sold what it has not."""
        return self.shop.stock(self.ground.sku) or 0

    @property
    def taken(self) -> int:
        """Return what its order book holds or has sent."""
        books = self.shop.truth()[self.ground.sku]
        return books.held + books.gone

    def buy(self, units: int) -> int:
        """Sell, whatever is left, and return the order's number."""
        return self.shop.buy({str(self.ground.sku): units}, via="draft")

    def cancel(self, order: int) -> None:
        """Call an order off, with its goods back on the shelf."""
        self.shop.cancel(order)

    def type_in(self, number: int) -> None:
        """Have a person type a number."""
        self.shop.edit_stock(self.ground.sku, number)

    def stands(self, at: datetime) -> bool:
        """Return True: no write of ours goes over a number that it does not name."""
        return True

    def config(self, url: str) -> str:
        """Return its lines in the config."""
        place = self.shop.location_id("Main")
        return f"""\
    kind: shopify
    shop: {self.shop.domain}
    url: "{url}"
    client_id: {KEY}
    client_secret: {{env: SIGNS}}
    locations: {{"gid://shopify/Location/{place}": shelf}}
    poll: {{orders_every: 60s, levels_every: 60s, webhooks_every: 0, index_lag: 4s}}
"""


KINDS: Mapping[str, Callable[[Ground], HourShop]] = {
    "woocommerce": WooHour.open_,
    "shopify": ShopifyHour.open_,
}
