"""The push endpoint of a till: who sends, what it asks, and one reply for each key."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from stocksync.sandbox.till import signing
from stocksync.sandbox.till.knobs import Knobs
from stocksync.sandbox.till.levels import Levels, Write

Proof = Literal["standard", "bearer", "basic", "header"]

_KEY = re.compile(r"[A-Za-z0-9_\-:]{1,128}")
_QUANTITY = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,5})?")
_STATUSES = {
    "in_stock",
    "low_stock",
    "in_transit",
    "pre_order",
    "external_warehouse",
    "out_of_stock",
}
_ITEM = {"sku", "location", "quantity", "expected_previous", "sequence", "as_of", "status"}
_DATA = {"batch_id", "channel", "if_mismatch", "dry_run", "items"}


class Declined(Exception):
    """This call is not answered with results, but with a status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True, slots=True)
class Lock:
    """What a caller must show. `header` is the one in which `proof: header` looks."""

    proof: Proof
    secret: str
    header: str = "x-api-key"

    def check(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if the caller may come in, or raise `Declined` with 401."""
        if not self._opens(headers, body, now):
            raise Declined(401, "who are you?")

    def _opens(self, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        told = headers.get("authorization", "")
        match self.proof:
            case "standard":
                key = signing.key_of(self.secret)
                return signing.is_signed(key, headers, body, now.timestamp())
            case "bearer":
                return _same(told, f"Bearer {self.secret}")
            case "basic":
                return _same(told, f"Basic {base64.b64encode(self.secret.encode()).decode()}")
            case "header":
                return _same(headers.get(self.header, ""), self.secret)


@dataclass(slots=True)
class _Kept:
    """What is remembered of a key: whose bytes, and the reply once there is one."""

    digest: str
    reply: dict[str, Any] | None = None


@dataclass(slots=True)
class Desk:
    """Takes pushes, each key once. The caller holds the till's lock."""

    levels: Levels
    knobs: Knobs
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def open(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
        """Return the reply that this key got before, None if it is new, or raise `Declined`."""
        key = headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise Declined(400, "send an Idempotency-Key")
        digest = hashlib.sha256(body).hexdigest()
        known = None if self.knobs.forgets_keys else self._kept.get(key)
        if known is None:
            asked = read(body)
            if asked["data"]["batch_id"] != key or headers.get("webhook-id", key) != key:
                raise Declined(422, "batch_id, webhook-id and Idempotency-Key are not the same")
            if not asked["data"].get("dry_run"):
                self._kept[key] = _Kept(digest)
            return None
        if known.digest != digest:
            raise Declined(422, "this key came before with another body")
        if known.reply is None:
            raise Declined(409, "a call with this key is still being worked on")
        return known.reply

    def take(self, body: bytes, now: datetime) -> tuple[dict[str, Any], list[Write]]:
        """Do what the push asks; return the reply, which is kept, and a record of each item."""
        data = read(body)["data"]
        key, dry = data["batch_id"], bool(data.get("dry_run"))
        mismatch = data.get("if_mismatch", "lower")
        taken = [self.levels.take(key, item, mismatch, now, dry=dry) for item in data["items"]]
        reply = {"batch_id": key, "results": [told for told, _ in taken]}
        if key in self._kept:
            self._kept[key].reply = reply
        return reply, [] if dry else [write for _, write in taken]


def read(body: bytes) -> dict[str, Any]:
    """Return a push that is as the contract says, or raise `Declined`."""
    try:
        asked = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Declined(400, "that is not JSON") from None
    wrong = _wrong(asked)
    if wrong:
        raise Declined(422, wrong)
    result: dict[str, Any] = asked
    return result


def _wrong(asked: Any) -> str:
    if not isinstance(asked, dict) or set(asked) != {"type", "timestamp", "data"}:
        return "a push is an object of type, timestamp and data"
    data = asked["data"]
    if asked["type"] != "stock.levels" or not isinstance(data, dict) or set(data) - _DATA:
        return "not a push of stock.levels"
    if data.get("if_mismatch", "lower") not in ("lower", "keep", "force"):
        return "if_mismatch is lower, keep or force"
    items = data.get("items")
    if not isinstance(data.get("batch_id"), str) or not isinstance(items, list):
        return "batch_id and items are needed"
    if not 1 <= len(items) <= 1000:
        return "items are 1 to 1000"
    return next((words for item in items if (words := _wrong_item(item))), "")


def _wrong_item(item: Any) -> str:
    if not isinstance(item, dict) or set(item) - _ITEM:
        return "an item has a key that nobody knows"
    if not all(isinstance(item.get(name), str) and item[name] for name in ("sku", "location")):
        return "sku and location are text"
    if not _is_quantity(item.get("quantity")):
        return f"the quantity of {item['sku']} is none"
    expected = item.get("expected_previous", "")
    if expected is not None and not _is_quantity(expected):
        return f"the expected_previous of {item['sku']} is no quantity"
    sequence = item.get("sequence")
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 1:
        return f"the sequence of {item['sku']} is not 1 or more"
    if item.get("status", "in_stock") not in _STATUSES:
        return f"the status of {item['sku']} is not one of ours"
    return ""


def _is_quantity(told: Any) -> bool:
    if isinstance(told, str):
        return _QUANTITY.fullmatch(told) is not None
    return isinstance(told, (int, Decimal)) and not isinstance(told, bool)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
