"""Standard Webhooks as a till's own programmer writes it, after the specification alone."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_S = 300


def key_of(secret: str) -> bytes:
    """Return the bytes that a `whsec_` secret stands for."""
    text = secret.removeprefix("whsec_")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def headers(key: bytes, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message that is sent at `seconds`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{_digest(key, message_id, str(seconds), body)}",
    }


def is_signed(key: bytes, told: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """Return whether these bytes were signed with the key a short while ago.

    `told` has lower-case names.
    """
    message_id, seconds = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
    if not (message_id and seconds.isascii() and seconds.isdigit()):
        return False
    if abs(now_s - int(seconds)) > TOLERANCE_S:
        return False
    wanted = _digest(key, message_id, seconds, body).encode()
    given = [entry[3:] for entry in told.get("webhook-signature", "").split(" ")]
    return any(hmac.compare_digest(one.encode("utf-8", "replace"), wanted) for one in given)


def _digest(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    signed = f"{message_id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
