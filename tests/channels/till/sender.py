"""A till, as the contract of every channel asks for one."""

import hashlib
import json
from datetime import datetime

from stocksync.channels.base import Channel, Delivery
from stocksync.channels.settings import Secret
from tests.channels.till import cast

SECRETS = (cast.CURRENT, cast.OLD)
_KEYS = dict(zip(SECRETS, (cast.CURRENT_KEY, cast.OLD_KEY), strict=True))


def channel(*secrets: Secret) -> Channel:
    """Return a channel that these secrets open."""
    return cast.till(webhook_secret=list(secrets))


def sale(number: int, canary: str) -> bytes:
    """Return a receipt of its own number, every free text of it a canary."""
    line = {"line_id": "1", "sku": "MUG-01", "quantity": 2, "name": canary}
    data = {
        "receipt_id": f"R-{number}",
        "occurred_at": "2026-11-22T09:59:00Z",
        "location": "main",
        "note": canary,
        "operator": canary,
        "customer": {"email": canary},
        "lines": [line],
    }
    event = {"type": "sale.completed", "timestamp": "2026-11-22T10:00:00Z", "data": data}
    return json.dumps(event).encode()


def send(body: bytes, secret: str, at: datetime) -> Delivery:
    """Return it signed, under an id that its content gives it."""
    event = f"msg_{hashlib.sha256(body).hexdigest()[:16]}"
    return cast.signed(body, event_id=event, at=at, key=_KEYS[secret])
