"""A merchant's config as the measurements write it, read as any other."""

import tempfile
from pathlib import Path

from bench import orders
from stocksync.config import Merchant, load

SECRETS = {
    "SHOP_SIGNS": orders.SECRET,
    "SHOP_KEY": "ck_bench",
    "SHOP_SECRET": "cs_bench",
    "TILL_SECRET": "whsec_YmVuY2gtdGlsbC1zaWducy1hbGwtaXRzLXNhbGVz",
    "PUSH_SECRET": "whsec_YmVuY2gtdGlsbC1iZWxpZXZlcy1vbmx5LXVz",
}
"""What the lines of a channel name by reference."""
_HEAD = """\
merchant: {merchant}
locations:
  shelf: {kind: own}
channels:
"""


def config(channels: str) -> str:
    """Return the whole config of these channels, for the merchant `{merchant}`."""
    return _HEAD + channels


def merchant_of(channels: str) -> Merchant:
    """Return the merchant `bench` with these channels."""
    with tempfile.TemporaryDirectory(prefix="stocksync-bench-") as folder:
        text = config(channels).replace("{merchant}", "bench")
        (Path(folder) / "bench.yaml").write_text(text, encoding="utf-8")
        (merchant,) = load(Path(folder), SECRETS)
    return merchant
