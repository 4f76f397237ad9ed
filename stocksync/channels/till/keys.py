"""Signing keys as Standard Webhooks writes them, and what makes one too weak."""

import base64

KEY_BYTES_MIN = 24
KEY_BYTES_MAX = 64

_PREFIX = "whsec_"


def decode_key(secret: str, encoding: str, longest: int = KEY_BYTES_MAX) -> bytes:
    """Return the bytes of a signing key, or say what is wrong with it without showing it."""
    key = secret.encode() if encoding == "raw" else _from_base64(secret.removeprefix(_PREFIX))
    if not KEY_BYTES_MIN <= len(key) <= longest:
        raise ValueError(f"is {len(key)} bytes long; it must be {KEY_BYTES_MIN} to {longest}")
    return key


def _from_base64(text: str) -> bytes:
    if "-" in text or "_" in text:
        raise ValueError(
            "is in the URL-safe alphabet of base64; write `+` for `-` and `/` for `_`, "
            "or set `secret_encoding: raw` if its text is the key"
        )
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ValueError(
            "is not base64; copy it whole, or set `secret_encoding: raw` if its text is the key"
        ) from None
