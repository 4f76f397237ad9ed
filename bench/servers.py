"""Programs that a measurement starts, waits for, and ends with everything below them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.rows import Wrong
from stocksync.lab.private import end

_READY_S = 30.0
_LOOK_S = 0.05


@contextmanager
def running(module: str, *arguments: str, environ: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run a module of ours until the end of the block; yield its process id."""
    with log.open("ab") as sink:
        process = subprocess.Popen(  # noqa: S603 our own programs
            [sys.executable, "-m", module, *arguments],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        _end(process)


def until(what: str, look: Callable[[], bool], seconds: float = _READY_S) -> None:
    """Wait until something is true, or raise `Wrong`."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise Wrong(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(_LOOK_S)


def answers(port: int, path: str = "/healthz") -> Callable[[], bool]:
    """Return a look that tells whether a server answers on a port."""

    def look() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=1).ok
        except requests.RequestException:
            return False

    return look


def _end(process: subprocess.Popen[bytes]) -> None:
    end(process)
    try:
        os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind
    except ProcessLookupError:
        return
