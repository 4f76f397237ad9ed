"""The outside, fitted to one protocol. One line a kind; imported on first use."""

from importlib import import_module
from typing import Any

KINDS = {
    "shopify": "stocksync.channels.shopify:Shopify",
    "till": "stocksync.channels.till:Till",
    "woocommerce": "stocksync.channels.woocommerce:WooCommerce",
}


def kind(name: str) -> Any:
    """Return the class of one kind of channel; its `Settings` is what merchants write in YAML."""
    module, _, attribute = KINDS[name].partition(":")
    return getattr(import_module(module), attribute)
