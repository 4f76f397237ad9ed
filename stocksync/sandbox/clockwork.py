"""What happens by itself: done when somebody calls `run_due`, or by a thread that does."""

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Self

from stocksync.sandbox.agenda import Agenda

TICK_S = 0.02


def utc_now() -> datetime:
    """Return the time of the wall clock."""
    return datetime.now(UTC)


class Clockwork(ABC):
    """Something whose time passes."""

    name: str

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def run_due(self) -> int:
        """Do what is due; return how much it was."""

    def start(self, every_s: float = TICK_S) -> None:
        """Let a thread of its own call `run_due` from now on."""
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._run, args=(every_s,), name=f"sandbox-{self.name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is not yet due stays noted."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Run on its own until the block is left."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def _run(self, every_s: float) -> None:
        while not self._stopping.wait(every_s):
            self.run_due()


class ShopClockwork(Clockwork):
    """A shop's: acts noted in its agenda, by its own clock, under one lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._agenda = Agenda()
        self._lock: AbstractContextManager[object] = threading.RLock()
        self._running = threading.Lock()

    def run_due(self) -> int:
        """Do what the agenda says is due; return how many acts it was."""
        done = 0
        with self._running:  # one runner: acts run one after the other
            while True:
                with self._lock:
                    act = self._agenda.pop(self._clock())
                if act is None:
                    return done
                act()
                done += 1

    def next_due(self) -> datetime | None:
        """Return when there is next something to do."""
        with self._lock:
            return self._agenda.next_due()
