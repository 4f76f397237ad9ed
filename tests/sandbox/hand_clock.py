"""The time of a test: a clock that stands still until it is moved, and how long it waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

WAIT_S = 30  # for a site of this very process; a busy machine may hold both of them up


class Timed(Protocol):
    """What does things by the clock."""

    def next_due(self) -> datetime | None: ...

    def run_due(self) -> int: ...


@dataclass
class HandClock:
    """A time that moves only when told."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def pass_for(self, pause: timedelta, what: Timed) -> None:
        """Let time pass, and have done what comes due in it, each at its time."""
        until = self.now + pause
        while (due := what.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            what.run_due()
        self.now = until
