"""A body as a subscription wants it, as a version of the API writes it, and only if it is news."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs
from stocksync.sandbox.shopify.delivery_record import Waiting
from stocksync.sandbox.shopify.signing import body_bytes
from stocksync.sandbox.shopify.subscriptions import Subscription

OURS = "2026-10"
_NEW_IN_OURS = ("returns", "line_item_groups")  # older bodies lack them


class Assembler:
    """Builds the bodies, and remembers the last one of each thing."""

    def __init__(self, knobs: DeliveryKnobs) -> None:
        self._knobs = knobs
        self._last: dict[tuple[int, str], tuple[bytes, datetime]] = {}

    def assemble(self, waiting: Waiting, subscription: Subscription, now: datetime) -> bool:
        """Fix body and address for every try of a delivery; return whether the body is news."""
        value = as_version(waiting.build(), self._knobs.webhook_version)
        waiting.object_id = str(value.get("id", ""))
        waiting.body = body_bytes(only(value, subscription.include_fields))
        waiting.url = subscription.uri
        waiting.subscription = subscription
        window = timedelta(seconds=self._knobs.webhook_identical_window_s)
        if not window:
            return True
        key = (subscription.id, str(value.get("admin_graphql_api_id", waiting.object_id)))
        body, sent_at = self._last.get(key, (b"", now))
        if body == waiting.body and now < sent_at + window:
            return False
        self._last[key] = (waiting.body, now)
        return True


def only(body: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Return the named fields of a body, or all where none is named; `variants.id` goes deeper."""
    wanted: dict[str, list[str]] = {}
    for name in fields:
        first, _, rest = name.partition(".")
        wanted.setdefault(first, []).append(rest)
    if not wanted:
        return dict(body)
    return {
        name: value if "" in wanted[name] else _inside(value, wanted[name])
        for name, value in body.items()
        if name in wanted
    }


def as_version(body: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the body as a version writes it: a newer one has a field that nobody knows yet."""
    if version > OURS:
        return {**body, f"added_in_{version.replace('-', '_')}": {"kind": "unheard_of"}}
    if version < OURS:
        return {name: value for name, value in body.items() if name not in _NEW_IN_OURS}
    return dict(body)


def _inside(value: Any, fields: list[str]) -> Any:
    if isinstance(value, list):
        return [_inside(one, fields) for one in value]
    return only(value, fields) if isinstance(value, Mapping) else value
