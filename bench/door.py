"""Durable answers a second at the door, beside an empty route of the same server.

Signed orders of about 3 kB from 64 kept-alive lines, no worker running: an answer is counted once
its row is committed. Afterwards there must be one row for each answer.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from bench import orders, processes, servers
from bench.pairs import Pairs
from bench.places import Kind, fresh
from bench.rows import Bars, Mark, Measured, Size, Wrong
from bench.shots import CONNECTIONS, fire
from stocksync.doorbell import embedded_redis_url
from stocksync.lab.private import free_port
from stocksync.store.session import Database
from stocksync.store.tables import inbox

MARK = Mark(text="at least 1/4", bound=1 / 4)
AGAINST = "the same server's empty Flask route"
_PATH = "/hooks/bench/web"
_CONFIG = """\
merchant: bench
locations:
  shelf: {kind: own}
channels:
  web: {kind: woocommerce, webhook_secret: {env: SHOP_SIGNS}, location: shelf}
"""
_SECONDS = {Size.QUICK: 1.2, Size.FULL: 4.0}
_ROUNDS = {Size.QUICK: 5, Size.FULL: 9}
_MOST_A_SECOND = 20_000
_ROOM = 1.6
"""How many more requests are made than the last round needed."""


@dataclass(slots=True, kw_only=True)
class _Server:
    """One server under fire, what it answered in each round, and what that cost."""

    port: int
    pid: int
    path: str
    database: Database | None = None
    rates: list[float] = field(default_factory=list)
    answered: int = 0
    seconds: float = 0.0
    sending_s: float = 0.0
    cpu_s: float = 0.0

    def round(self, book: orders.Book, seconds: float) -> None:
        """Fire for so long, and note the rate."""
        most = _ROOM * max(self.rates) if self.rates else _MOST_A_SECOND
        some = book.take(int(seconds * most))
        ready = [order.request(self.path) for order in some]
        before = sum(processes.cpu_s([self.pid]).values())
        fired = fire(self.port, ready, seconds=seconds)
        self.cpu_s += sum(processes.cpu_s([self.pid]).values()) - before
        self.rates.append(fired.rate)
        self.answered += len(fired.answers)
        self.seconds += fired.ended_at - fired.began_at
        self.sending_s += fired.cpu_s


def measure(size: Size) -> Measured:
    """Fire at all three servers by turns."""
    book = orders.Book(skus=orders.skus(1000))
    with ExitStack() as stack:
        empty = stack.enter_context(_empty())
        doors = {kind: stack.enter_context(_door(kind)) for kind in Kind}
        everyone = (empty, *doors.values())
        for server in everyone:
            server.round(book, 0.5)
        for _ in range(_ROUNDS[size]):
            for server in everyone:
                server.round(book, _SECONDS[size])
        for kind, door in doors.items():
            _check(kind, door)
    # The first round was for imports, connections and the first pages of a table.
    rates = {server.port: server.rates[1:] for server in everyone}
    rows = []
    for kind, door in doors.items():
        pairs = Pairs(ours=rates[door.port], theirs=rates[empty.port])
        rows.append(pairs.row(f"durable answers at the door, {kind}", "a second", AGAINST, MARK))
    named = {"empty route": empty, **{f"door, {kind}": door for kind, door in doors.items()}}
    size_kb = len(book.take(1)[0].body()) / 1000
    facts = [
        f"A body has {size_kb:.1f} kB and {orders.LINES} lines; {CONNECTIONS} lines stay open.",
        *(
            f"{name}: {server.answered / server.seconds:,.0f} a second; the server takes "
            f"{server.cpu_s / server.seconds:.0%} of one core, sending "
            f"{server.sending_s / server.seconds:.0%}."
            for name, server in named.items()
        ),
    ]
    bars = {name: server.answered / server.seconds for name, server in named.items()}
    picture = Bars(title="Answers at the door", unit="a second", bars=bars)
    return Measured(rows=rows, facts=facts, picture=picture)


@contextmanager
def _empty() -> Iterator[_Server]:
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="stocksync-bench-") as folder,
        servers.running(
            "bench.empty", str(port), environ=os.environ, log=Path(folder) / "empty.log"
        ) as pid,
    ):
        servers.until("the empty server's first answer", servers.answers(port))
        yield _Server(port=port, pid=pid, path="/empty")


@contextmanager
def _door(kind: Kind) -> Iterator[_Server]:
    with (
        fresh(kind) as url,
        tempfile.TemporaryDirectory(prefix="stocksync-bench-") as name,
    ):
        folder, port = Path(name), free_port()
        (folder / "config").mkdir()
        (folder / "config" / "stocksync.yaml").write_text(_CONFIG, encoding="utf-8")
        environ = {
            **os.environ,
            "STOCKSYNC_CONFIG": str(folder / "config"),
            "STOCKSYNC_STATE": name,
            "DATABASE_URL": url,
            "REDIS_URL": embedded_redis_url(folder),
            "SHOP_SIGNS": orders.SECRET,
        }
        log = folder / "door.log"
        listen = ("web", "--port", str(port))
        with (
            servers.running("workers", "valkey", environ=environ, log=log),
            servers.running("workers", *listen, environ=environ, log=log) as pid,
        ):
            database = Database(url)
            try:
                ready = servers.answers(port, "/readyz")
                servers.until(f"the first answer of the door on {kind}", ready)
                yield _Server(port=port, pid=pid, path=_PATH, database=database)
            finally:
                database.close()


def _check(kind: Kind, door: _Server) -> None:
    if door.database is None:
        return
    with door.database.reading() as tx:
        rows = tx.execute(select(func.count()).select_from(inbox)).scalar_one()
    if rows != door.answered:
        raise Wrong(f"{kind}: {door.answered} answers and {rows} rows")
