"""Recorded time passes at a chosen speed."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

_STEP_S = 0.1


class Pace:
    """Lets so many recorded seconds pass in one, from the first moment on."""

    def __init__(self, first: datetime, speed: float) -> None:
        self._first, self._speed = first, speed
        self._began = time.monotonic()

    def sleep_until(self, at: datetime) -> None:
        """Return when this moment is there."""
        for _ in self.wait_for(at):
            pass

    def wait_for(self, at: datetime) -> Iterator[datetime]:
        """Yield the moments that pass, until this one is there."""
        while True:
            passed = (time.monotonic() - self._began) * self._speed
            left_s = ((at - self._first).total_seconds() - passed) / self._speed
            if left_s <= 0:
                return
            yield self._first + timedelta(seconds=passed)
            time.sleep(min(left_s, _STEP_S))
