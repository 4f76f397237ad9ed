"""How a process is asked to stop, and how it waits without missing that."""

import contextlib
import os
import select
import signal
from types import FrameType


class Stop:
    """Set by SIGTERM, SIGINT and SIGHUP. Only for the main thread.

    A pipe and not a `threading.Event`: a handler that sets the event while the same
    thread is inside its `wait` can lock up.
    """

    def __init__(self) -> None:
        self.asked = False
        self._heard, self._told = os.pipe()
        os.set_blocking(self._heard, False)
        os.set_blocking(self._told, False)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, _only_wake)

    def wait(self, seconds: float) -> bool:
        """Sleep, return whether to stop. Wake early for any signal, also a child's end."""
        if not self.asked:
            select.select([self._heard], [], [], max(0.0, seconds))
            with contextlib.suppress(BlockingIOError):
                while os.read(self._heard, 512):
                    pass
        return self.asked

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _only_wake(number: int, frame: FrameType | None) -> None:
    """A handler must exist, or the wake-up pipe stays silent."""
