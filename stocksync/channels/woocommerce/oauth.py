"""OAuth 1.0a with one leg: how WooCommerce knows a caller where nothing is encrypted."""

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import quote

from stocksync.channels.http import Params


def signed(
    method: str, url: str, params: Params, *, key: str, secret: str, nonce: str, at: int
) -> Sequence[tuple[str, str]]:
    """Return the query with its signature; `at` is a moment in seconds."""
    whole = [
        *params,
        ("oauth_consumer_key", key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(at)),
    ]
    query = "&".join(f"{name}={value}" for name, value in sorted(map(_encoded, whole)))
    text = "&".join([method, quote(url, safe=""), quote(query, safe="")])
    digest = hmac.digest(f"{secret}&".encode(), text.encode(), "sha256")
    return [*whole, ("oauth_signature", base64.b64encode(digest).decode())]


def _encoded(pair: tuple[str, str]) -> tuple[str, str]:
    return quote(pair[0], safe=""), quote(pair[1], safe="")
