"""A private installation for a test, on either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stocksync.lab import replay, tape
from stocksync.lab.private import Private, private_up
from stocksync.lab.tape import Tape

TAPE = Path(tape.__file__).parent / "recordings" / "tape-day-1.jsonl.gz"


@pytest.fixture(scope="session")
def day() -> Tape:
    """Return the recorded day."""
    return tape.read(TAPE)


@pytest.fixture
def private(database_url: str, monkeypatch: pytest.MonkeyPatch, day: Tape) -> Iterator[Private]:
    """Yield a private installation of the tape's shop, once on each database."""
    if database_url.startswith("sqlite"):
        monkeypatch.delenv("DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("DATABASE_URL", database_url)
    with private_up(replay.CONFIG, {replay.SECRET: day.start.secret}) as one:
        yield one
