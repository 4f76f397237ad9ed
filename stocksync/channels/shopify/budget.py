"""The shop's bucket of points: a call that would not fit waits, before it is refused.

Every answer says how full the bucket is. Between answers we reckon: what was asked for is gone,
and what flows back by the second is there. The apps of others have buckets of their own.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stocksync.channels.shopify.documents import Document

_UNSAID = timedelta(seconds=1)
"""How long to wait when the shop throttles and does not say how full its bucket is."""
_LONGEST = timedelta(minutes=10)


class Budget:
    """What is left of one shop's bucket. Without any answer so far everything fits."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._costs: dict[str, float] = {}
        self._most = self._left = self._rate = 0.0
        self._at = seconds()

    def wait(self, document: Document) -> timedelta:
        """Return how long until a call fits; no time at all means that it is taken from it."""
        with self._lock:
            if self._rate <= 0:
                return timedelta(0)
            self._flow_back()
            # More than the whole bucket never fits: the shop itself is to say so.
            cost = min(self._costs.get(document.name, document.cost), self._most)
            if cost > self._left:
                return self._until(cost)
            self._left -= cost
            return timedelta(0)

    def heard(self, document: Document, cost: Any) -> None:
        """Take in the `extensions.cost` of an answer, if that is what it is."""
        told = cost if isinstance(cost, Mapping) else {}
        asked, status = _number(told.get("requestedQueryCost")), told.get("throttleStatus")
        state = status if isinstance(status, Mapping) else {}
        left, most, rate = (
            _number(state.get(name))
            for name in ("currentlyAvailable", "maximumAvailable", "restoreRate")
        )
        with self._lock:
            if asked is not None:
                self._costs[document.name] = asked
            if left is not None and most is not None and rate is not None and rate > 0:
                self._left, self._most, self._rate = left, most, rate
                self._at = self._seconds()

    def throttled(self, document: Document) -> timedelta:
        """Return how long to wait after the shop refused a call for its cost."""
        with self._lock:
            if self._rate <= 0:
                return _UNSAID
            self._flow_back()
            cost = min(self._costs.get(document.name, document.cost), self._most)
            return max(self._until(cost), timedelta(milliseconds=100))

    def _flow_back(self) -> None:
        now = self._seconds()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now

    def _until(self, cost: float) -> timedelta:
        return min(timedelta(seconds=max(0.0, cost - self._left) / self._rate), _LONGEST)


def _number(told: Any) -> float | None:
    is_number = isinstance(told, (int, Decimal)) and not isinstance(told, bool)
    return float(told) if is_number else None
