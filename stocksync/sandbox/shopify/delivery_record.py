"""What waits to leave the shop, and what left it, for tests and reports to read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from stocksync.sandbox.shopify.subscriptions import Subscription


class Ending(StrEnum):
    """What became of one try."""

    SENT = "sent"
    FAILED = "failed"  # it is tried again
    GIVEN_UP = "given-up"  # the last try failed too
    LOST = "lost"
    IDENTICAL = "identical"  # the body before it was the same
    DROPPED = "dropped"  # nobody asks for it any more


@dataclass(slots=True, kw_only=True)
class Waiting:
    """One delivery on its way; `build` makes its body when it first leaves."""

    subscription: Subscription
    topic: str
    event_id: str
    triggered_at: str
    webhook_id: str
    build: Callable[[], Mapping[str, Any]]
    pair: str | None = None  # the level that it tells of
    merged: int = 0  # later notices of that level that it took in
    body: bytes | None = None  # from here on it never changes, nor does the address
    url: str = ""
    object_id: str = ""
    tries: int = 0
    test: bool = False
    outlives: bool = False  # the app, whose going it tells of


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: what was sent where, and what the receiver said (None: nothing)."""

    at: datetime
    subscription_id: int
    topic: str
    url: str
    webhook_id: str
    event_id: str
    body: bytes
    number: int  # 1 is the first
    status: int | None
    ending: Ending

    @classmethod
    def of(cls, waiting: Waiting, at: datetime, status: int | None, ending: Ending) -> "Attempt":
        """Return what became of a try of this delivery."""
        return cls(
            at=at,
            subscription_id=waiting.subscription.id,
            topic=waiting.topic,
            url=waiting.url,
            webhook_id=waiting.webhook_id,
            event_id=waiting.event_id,
            body=waiting.body or b"",
            number=waiting.tries + 1,
            status=status,
            ending=ending,
        )
