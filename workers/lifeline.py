"""Ends a process whose supervisor is gone, however that one died.

The supervisor holds the only write end of a pipe and never writes. Its children
inherit the read end: end of file means that the supervisor has ended. A second pipe,
closed once the database is ready, is the gate: who starts early imports and waits there.
"""

import os
import signal
import threading
import time

VARIABLE = "STOCKSYNC_LIFELINE"
GATE_VARIABLE = "STOCKSYNC_GATE"
GRACE_S = 5.0


def hold() -> None:
    """Watch the supervisor from a thread, if there is one. Call it first of all."""
    fd = _taken(VARIABLE)
    if fd is not None:
        threading.Thread(target=_watch, args=(fd,), name="lifeline", daemon=True).start()


def wait_at_gate() -> None:
    """Return when the supervisor says that the database is ready; at once if there is none."""
    fd = _taken(GATE_VARIABLE)
    if fd is not None:
        while os.read(fd, 1):
            pass
        os.close(fd)


def _taken(variable: str) -> int | None:
    """Return the end of a pipe, once, and keep it from the children we may start."""
    text = os.environ.pop(variable, None)
    if text is None:
        return None
    fd = int(text)
    os.set_inheritable(fd, False)
    return fd


def _watch(fd: int) -> None:
    while os.read(fd, 1):
        pass
    # The supervisor gave us a session of our own: the group is this process and its children.
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(0, signal.SIGKILL)
