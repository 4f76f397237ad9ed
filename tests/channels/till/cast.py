"""A till channel, what reaches it, and the smallest inbox that keeps its promise."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stocksync.channels.base import Answer, Delivery, Setting, Stored
from stocksync.channels.errors import Unreadable
from stocksync.channels.settings import Secret
from stocksync.channels.till import Till, TillSettings
from stocksync.core.names import ChannelName, LocationName, MerchantName

RECORDINGS = Path(__file__).parents[2] / "recordings"

CURRENT = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDE="
CURRENT_KEY = b"stocksync-test-secret-0000000001"
OLD = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDI="
OLD_KEY = b"stocksync-test-secret-0000000002"
TOKEN = "tok_test_0123456789abcdef0123456789abcdef"

NOON = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
"""Noon in Tel Aviv; 1795341600 for machines."""


def secret(value: str, not_after: datetime | None = None) -> Secret:
    return Secret(value=value, origin="env:TILL_SECRET", not_after=not_after)


def settings(**keys: Any) -> TillSettings:
    standing = {
        "kind": "till",
        "webhook_secret": [secret(CURRENT), secret(OLD)],
        "location": "main",
        "locations": {"main": "main", "north": "north", "חנות ראשית": "main"},
    }
    return TillSettings.model_validate({**standing, **keys})


def till(*, decimals: int = 0, **keys: Any) -> Till:
    if keys.get("auth") == "shared_token":
        keys = {"webhook_secret": secret(TOKEN), **keys}
    setting = Setting(
        merchant=MerchantName("sneakers-tlv"),
        name=ChannelName("till-main"),
        decimals=decimals,
        timezone="Asia/Jerusalem",
        locations=frozenset({LocationName("main"), LocationName("north")}),
    )
    return Till(setting, settings(**keys))


def delivery(body: bytes | str | Any, at: datetime = NOON, **headers: str) -> Delivery:
    """Return a request as it came; a body that is no text is written as JSON."""
    raw = body if isinstance(body, bytes) else _as_bytes(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(body=raw, headers={"content-type": "application/json", **named}, received_at=at)


def _as_bytes(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def signed(
    body: bytes | str | Any,
    *,
    event_id: str = "msg_1",
    seconds: int | None = None,
    at: datetime = NOON,
    key: bytes = CURRENT_KEY,
) -> Delivery:
    """Return a signed request; without `seconds` the sender's clock is right."""
    plain = delivery(body, at)
    seconds = int(at.timestamp()) if seconds is None else seconds
    text = f"{event_id}.{seconds}.".encode() + plain.body
    proof = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{proof}",
    }
    return replace(plain, headers={**plain.headers, **headers})


def event(kind: str = "sale.completed", **data: Any) -> dict[str, Any]:
    """Return a sound event; `data` adds to it, and None takes a field away."""
    standing: dict[str, Any] = {
        "occurred_at": "2026-11-22T11:59:58+02:00",
        "lines": [{"sku": "MUG-RED", "quantity": 1}],
    }
    if kind.startswith("stock."):
        standing["count_id" if kind == "stock.counted" else "document_id"] = "D-1"
    elif kind == "transfer":
        standing |= {"document_id": "TR-5", "from_location": "main", "to_location": "north"}
    else:
        standing["receipt_id"] = "R-1"
    if kind == "stock.adjusted":
        standing["reason"] = "damaged"
    given = {name: value for name, value in {**standing, **data}.items() if value is not None}
    return {"type": kind, "timestamp": "2026-11-22T10:00:00Z", "data": given}


def batch(*events: Any) -> dict[str, Any]:
    return {
        "type": "batch",
        "timestamp": "2026-11-22T10:00:00Z",
        "data": {"events": list(events)},
    }


def kept(channel: Till, body: Any, **signing: Any) -> Delivery:
    """Return the one delivery that is kept of one event."""
    (one,) = channel.minimise(signed(body, **signing))
    return one


def paper(channel: Till, body: Any, **signing: Any) -> Any:
    """Return the one paper that one event tells of."""
    (fact,) = channel.translate(kept(channel, body, **signing))
    return fact


@dataclass
class Inbox:
    """Knows each event id once, as the real one does."""

    contents: dict[str, str] = field(default_factory=dict)

    def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        return [self._keep(one) for one in deliveries]

    def _keep(self, one: Delivery) -> Stored:
        if one.event_id not in self.contents:
            self.contents[one.event_id] = one.content
            return Stored.NEW
        same = self.contents[one.event_id] == one.content
        return Stored.DUPLICATE if same else Stored.REUSED


def receive(channel: Till, inbox: Inbox, one: Delivery) -> Answer:
    """Return what the door would say: the verbs in the order in which it calls them."""
    channel.verify(one)
    try:
        deliveries = channel.minimise(one)
    except Unreadable as e:
        body = {"code": e.code, "pointers": [problem.pointer for problem in e.errors]}
        return Answer(status=e.status, body=body)
    return channel.answer(deliveries, inbox.keep(deliveries))
