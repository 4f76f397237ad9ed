"""Which secret signs a delivery, and the exact bytes that it signs."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# Written so in every body: a receiver that parses and writes again has other bytes.
_ESCAPES = {"/": "\\/", "&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}


def body_bytes(value: Any) -> bytes:
    """Return compact JSON with `\\/` and `\\u0026`, other letters as they are."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter, escape in _ESCAPES.items():  # none of them stands outside a string
        text = text.replace(letter, escape)
    return text.encode()


def signature(secret: str, body: bytes) -> str:
    """Return what the signature header holds for these very bytes."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


@dataclass(slots=True)
class _ClientSecret:
    text: str
    revoked_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Keyring:
    """The client secrets of an app, and the shop's own for webhooks made by hand.

    The oldest secret that is not revoked signs, and goes on for `lag` after it was revoked.
    """

    store_secret: str = "store-secret"  # noqa: S105  - a toy's
    lag: timedelta = timedelta(0)
    _secrets: list[_ClientSecret] = field(default_factory=list)

    def add(self, secret: str) -> None:
        """Add a client secret, newer than those that are there."""
        if any(one.text == secret for one in self._secrets):
            raise ValueError("this client secret is there already; add another one")
        self._secrets.append(_ClientSecret(secret))

    def revoke(self, secret: str, now: datetime) -> None:
        """Revoke a client secret; one must remain."""
        left = [one for one in self._secrets if one.revoked_at is None and one.text != secret]
        if not left:
            raise ValueError("the last client secret cannot be revoked; add another one first")
        for one in self._secrets:
            if one.text == secret:
                one.revoked_at = one.revoked_at or now
                return
        raise LookupError("there is no such client secret")

    def takes(self, secret: str) -> bool:
        """Return whether a token may be asked for with this secret."""
        return any(one.text == secret and one.revoked_at is None for one in self._secrets)

    def signing(self, now: datetime) -> str:
        """Return the secret that signs at this moment."""
        for one in self._secrets:
            if one.revoked_at is None or now < one.revoked_at + self.lag:
                return one.text
        raise LookupError("the app has no client secret; add one")
