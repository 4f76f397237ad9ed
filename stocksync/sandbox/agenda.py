"""What a shop will do, and when."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class Agenda:
    """Acts with a due time; those of one moment run in the order they were noted."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, due: datetime, act: Callable[[], None]) -> None:
        """Note an act; it runs without the shop's lock."""
        heapq.heappush(self._acts, (due, next(self._numbers), act))

    def next_due(self) -> datetime | None:
        """Return when the next act is due; None where nothing is noted."""
        return self._acts[0][0] if self._acts else None

    def pop(self, now: datetime) -> Callable[[], None] | None:
        """Return the next act that is due, and strike it out."""
        if not self._acts or self._acts[0][0] > now:
            return None
        return heapq.heappop(self._acts)[2]
