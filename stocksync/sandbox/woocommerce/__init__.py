"""A WooCommerce-like shop over real HTTP, which is kind in nothing.

Build a `Shop`, serve it with `stocksync.sandbox.server.serve`, and turn its `Knobs`.
"""

from stocksync.sandbox.knobs import Spread
from stocksync.sandbox.woocommerce.delivery import Post
from stocksync.sandbox.woocommerce.fate import Fate
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.record import Write
from stocksync.sandbox.woocommerce.shop import Balance, Shop
from stocksync.sandbox.woocommerce.shoppers import OutOfStock

__all__ = ["Balance", "Fate", "Knobs", "OutOfStock", "Post", "Shop", "Spread", "Write"]
