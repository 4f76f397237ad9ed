"""What every test may ask for: `db` runs it once on each database, and both are counted."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from stocksync.store.session import Database
from tests import databases

SQLITE, POSTGRES = "sqlite", "postgres"
BOTH = [pytest.param(SQLITE), pytest.param(POSTGRES, marks=pytest.mark.postgres)]

ON_ONE_DATABASE = {
    "tests/web/": "the door's own mechanics, on SQLite files",
    "tests/workers/": "processes and the queue; the database is only there",
}
"""Where a test may use one database only, and why."""


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of an empty, migrated database; once for each kind."""
    if request.param == SQLITE:
        with databases.fresh_sqlite(tmp_path) as url:
            yield url
    else:
        databases.hurry()
        with databases.fresh_postgres() as url:
            yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Yield an empty, migrated database; once for each kind."""
    database = Database(database_url)
    yield database
    database.close()


def pytest_configure() -> None:
    """Hear Ctrl-C, and let what is started hear it: a shell's background job does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return three processes for two cores: many tests wait for a clock, or for what they start."""
    return max(2, 3 * (os.cpu_count() or 1) // 2)


def _database_of(nodeid: str) -> str | None:
    words = nodeid.rpartition("[")[2].removesuffix("]").split("-") if "[" in nodeid else []
    return next((word for word in words if word in (SQLITE, POSTGRES)), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, and refuse a test without its twin on the other database."""
    _refuse_the_lonely(items)
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    if processes > 1:
        items[:] = _dealt(items, processes)


def _dealt(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Return the tests so that each process, which is given an equal part, has the long ones first.

    Those that mostly wait come one after the other in the first part: the machine is free for
    the others meanwhile, who take over what the first process does not come to.
    """
    waiting = [item for item in items if item.get_closest_marker("waits")]
    long = [item for item in items if item.get_closest_marker("long")]
    first = [waiting, *(long[at :: processes - 1] for at in range(processes - 1))]
    apart = {*waiting, *long}
    rest = iter([item for item in items if item not in apart])
    sizes = [
        len(items) * (at + 1) // processes - len(items) * at // processes for at in range(processes)
    ]
    parts = [
        [*some, *islice(rest, max(0, size - len(some)))]
        for some, size in zip(first, sizes, strict=True)
    ]
    return [*chain(*parts), *rest]


def _refuse_the_lonely(items: list[pytest.Item]) -> None:
    told: dict[str, set[str]] = {SQLITE: set(), POSTGRES: set()}
    for item in items:
        database = _database_of(item.nodeid)
        if database is not None and not item.nodeid.startswith(tuple(ON_ONE_DATABASE)):
            told[database].add(item.nodeid.replace(database, "DATABASE"))
    lonely = told[SQLITE] ^ told[POSTGRES]
    if lonely:
        raise pytest.UsageError(f"these run on one database only: {sorted(lonely)}")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print how many tests each database saw."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call":
            counts[_database_of(report.nodeid) or "neither"] += 1
    terminalreporter.write_line(
        f"tests passed on SQLite: {counts[SQLITE]}, on PostgreSQL: {counts[POSTGRES]}, "
        f"without a database of their own: {counts['neither']}"
    )
    for folder, reason in ON_ONE_DATABASE.items():
        terminalreporter.write_line(f"one database in {folder}: {reason}")
