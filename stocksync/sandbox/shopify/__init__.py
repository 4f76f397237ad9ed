"""A Shopify-like shop over real HTTP, which is kind in nothing.

Build a `Shop`, serve it with `stocksync.sandbox.server.serve`, and turn its `Knobs`.
"""

from stocksync.sandbox.knobs import Spread
from stocksync.sandbox.shopify.books import Balance
from stocksync.sandbox.shopify.fate import Fate
from stocksync.sandbox.shopify.house import Refusal
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.posting import Post
from stocksync.sandbox.shopify.record import Write
from stocksync.sandbox.shopify.shop import Shop
from stocksync.sandbox.shopify.shoppers import OutOfStock

__all__ = ["Balance", "Fate", "Knobs", "OutOfStock", "Post", "Refusal", "Shop", "Spread", "Write"]
