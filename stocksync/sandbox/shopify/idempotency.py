"""The memory of idempotency keys: what each call was, and how it ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Why a call under a key is not done."""

    CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"
    OTHER_PARAMETERS = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    FAILED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


WORDS = {
    Verdict.CONCURRENT: "Another request with the same idempotency key is in progress.",
    Verdict.OTHER_PARAMETERS: "The idempotency key was used before with other parameters.",
    Verdict.FAILED_BEFORE: "A previous attempt with this idempotency key failed.",
}


@dataclass(slots=True, kw_only=True)
class _Entry:
    parameters: str
    at: datetime
    outcome: Mapping[str, Any] | None = None  # None: it runs
    failed: bool = False


class Keys:
    """Keeps each key for its time."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._under_way: set[str] = set()

    def under_way(self, key: str) -> None:
        """Let a call under this key be on its way to the shelves."""
        self._under_way.add(key)

    def arrived(self, key: str) -> None:
        """Let that call begin."""
        self._under_way.discard(key)

    def seen(
        self, key: str, what: str, parameters: Mapping[str, Any], now: datetime, life_s: float
    ) -> Mapping[str, Any] | Verdict | None:
        """Return how a call under this key ended or why it may not be done; None: do it."""
        if key in self._under_way:
            return Verdict.CONCURRENT
        entry = self._entries.get(key)
        if entry is None or now >= entry.at + timedelta(seconds=life_s):
            self._entries[key] = _Entry(parameters=_text(what, parameters), at=now)
            return None
        if entry.parameters != _text(what, parameters):
            return Verdict.OTHER_PARAMETERS
        if entry.failed:
            return Verdict.FAILED_BEFORE
        return Verdict.CONCURRENT if entry.outcome is None else entry.outcome

    def forget(self, key: str) -> None:
        """Let a key be as good as new."""
        del self._entries[key]

    def ended(self, key: str, outcome: Mapping[str, Any], *, failed: bool) -> None:
        """Note how the call under a key ended."""
        self._entries[key].outcome = outcome
        self._entries[key].failed = failed


def _text(what: str, parameters: Mapping[str, Any]) -> str:
    return what + json.dumps(parameters, sort_keys=True, default=str)
