"""Shopify: webhooks in, compared numbers out, and polling for all that no webhook tells.

One module says one thing. In: `intake` what is kept of a message, `bodies` its fields (`nodes`
of an order that we read), `orders`, `notices` and `levels` what they mean. Out: `api` a call and
its refusals, `token` what opens it, `budget` what it costs, `documents` all that is ever sent, and
`writing`, `reading`, `pulling`, `bulk`, `hooks` and `checkup` what is called for. `channel` is
the sentence.
"""

from stocksync.channels.shopify.channel import Shopify
from stocksync.channels.shopify.settings import ShopifySettings

__all__ = ["Shopify", "ShopifySettings"]
