"""Waiting for something outside of this process, never longer than a deadline."""

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import psutil

Found = TypeVar("Found")


def until(look: Callable[[], Found | None], seconds: float = 10.0) -> Found:
    """Return the first true answer, or fail."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.02)


def alive(pids: Iterable[int]) -> list[int]:
    """Return those that still run; one that only waits to be reaped does not."""
    return [pid for pid in pids if _runs(pid)]


def below(pid: int) -> dict[int, list[str]]:
    """Return all descendants of a process, each with its command."""
    found: dict[int, list[str]] = {}
    try:
        for one in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                found[one.pid] = one.cmdline()
    except psutil.NoSuchProcess:
        return {}
    return found


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
