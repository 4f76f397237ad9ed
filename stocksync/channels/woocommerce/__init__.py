"""WooCommerce: webhooks in, numbers out, and polling for all that no webhook tells.

One module says one thing. In: `intake` what is kept of a message, `bodies` its fields,
`orders` and `products` what they mean. Out: `api` a call and its refusals, `writing`,
`reading`, `pulling`, `hooks` and `checkup` what is called for. `channel` is the sentence.
"""

from stocksync.channels.woocommerce.channel import WooCommerce
from stocksync.channels.woocommerce.settings import WooCommerceSettings

__all__ = ["WooCommerce", "WooCommerceSettings"]
