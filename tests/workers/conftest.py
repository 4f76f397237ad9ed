"""Real servers and real processes, ended whatever happens."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from stocksync.doorbell import connect, embedded_redis_url
from tests.workers.waiting import below, until
from workers import embedded

Play = Callable[..., subprocess.Popen[str]]


class Valkey:
    """A private Valkey that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.url = embedded_redis_url(folder)
        self.redis = connect(self.url)
        self._command = embedded.prepared(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.redis.close()
    server.kill()
    path = embedded.socket_path(tmp_path)
    path.unlink(missing_ok=True)
    path.parent.rmdir()


@pytest.fixture
def play() -> Iterator[Play]:
    """Start `python -m MODULE ARGUMENTS...`; kill it and all below it at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(module: str, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **environ},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        family = below(process.pid)
        process.kill()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(10)
        if process.stderr is not None:
            process.stderr.close()
