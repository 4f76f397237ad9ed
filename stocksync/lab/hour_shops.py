"""The shops of an hour of trade: slow, forgetful, and as late with orders as real ones are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stocksync.lab.stores import ShopifyStore, WooStore
from stocksync.sandbox import shopify, woocommerce

_ENDLESS = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of shop: how it behaves in an hour, and its own lines in the config."""

    store: type[WooStore] | type[ShopifyStore]
    knobs: Callable[[], Any]
    settings: str


def _woo_knobs() -> woocommerce.Knobs:
    return woocommerce.Knobs(
        webhook_delay_s=42,
        webhook_spread=woocommerce.Spread.EXPONENTIAL,
        webhook_loss=0.1,
        order_index_lag_s=3,
        latency_s=0.5,
        latency_spread=woocommerce.Spread.EXPONENTIAL,
    )


def _shopify_knobs() -> shopify.Knobs:
    return shopify.Knobs(
        webhook_spread_s=120,
        webhook_loss=0.1,
        order_index_lag_s=3,
        latency_s=0.5,
        latency_spread=shopify.Spread.EXPONENTIAL,
        # Our budget goes by the wall clock, which hardly moves in an hour like this.
        bucket_points=_ENDLESS,
        restore_points=_ENDLESS,
    )


KINDS: Mapping[str, Kind] = {
    "woocommerce": Kind(
        store=WooStore,
        knobs=_woo_knobs,
        settings="""\
    poke_every: 0
    poll: {products_every: 60s, webhooks_every: 0}
""",
    ),
    "shopify": Kind(
        store=ShopifyStore,
        knobs=_shopify_knobs,
        settings="""\
    poll: {orders_every: 60s, levels_every: 60s, webhooks_every: 0, index_lag: 4s}
""",
    ),
}
