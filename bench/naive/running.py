"""The naive design, running beside shops of its own: a server, its workers, its database."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.registry import FailedJobRegistry, StartedJobRegistry

from bench import orders, processes, servers, trade
from bench.naive import jobs
from bench.places import Kind, fresh
from bench.rows import Wrong
from bench.shops import UNITS, Make, Shops, opened
from stocksync.core.names import Sku
from stocksync.doorbell import embedded_redis_url
from stocksync.lab.private import free_port

WORKERS = 4
"""As many as `up` starts on PostgreSQL."""
_SETTLE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Naive:
    """The running design, and the shops that it tells."""

    shops: Shops
    book: orders.Book
    port: int
    queue: Queue
    database: str
    pids: Sequence[int]
    path: str = "/webhook"

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time of each of its processes so far, and of the shops."""
        return {**processes.cpu_s(self.pids), "sandbox": time.process_time()}

    def settle(self, taken: Sequence[orders.Order]) -> float:
        """Return when the last job was over; raise `Wrong` if a number is not right then."""
        servers.until("the last naive job", self._is_quiet, _SETTLE_S)
        over_at = time.time()
        failed = FailedJobRegistry(queue=self.queue).get_job_ids()
        if failed:
            raise Wrong(f"{len(failed)} naive jobs failed")
        left = orders.left(UNITS, self.book.skus, taken)
        with psycopg.connect(self.database) as db:
            stock = {Sku(sku): units for sku, units in db.execute("SELECT * FROM stock")}
        if stock != left:
            raise Wrong("the naive stock is not what was sold")
        self.shops.check(left)
        return over_at

    def _is_quiet(self) -> bool:
        return not (self.queue.count or StartedJobRegistry(queue=self.queue).count)


@contextmanager
def naive(make: Make, skus: Sequence[Sku]) -> Iterator[Naive]:
    """Run it on PostgreSQL and a Valkey of its own."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh(Kind.POSTGRES))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stocksync-bench-")))
        shops = stack.enter_context(opened(make, skus))
        redis, port, log = embedded_redis_url(folder), free_port(), folder / "naive.log"
        environ = {
            **os.environ,
            "STOCKSYNC_STATE": str(folder),
            "REDIS_URL": redis,
            "NAIVE_DATABASE": url,
            "NAIVE_CHANNELS": orjson.dumps(dict(shops.urls)).decode(),
            "NAIVE_SIGNS": orders.SECRET,
            "NAIVE_SECRET": trade.SECRETS["PUSH_SECRET"],
        }
        _stock(url, skus, shops)
        valkey = servers.running("workers", "valkey", environ=environ, log=log)
        pids = [stack.enter_context(valkey)]
        queue = Queue("naive", connection=Redis.from_url(redis))
        servers.until("the first answer of Valkey", lambda: _pings(queue))
        programs = [("web", str(port)), *[("worker",)] * WORKERS]
        for words in programs:
            program = servers.running("bench.naive", *words, environ=environ, log=log)
            pids.append(stack.enter_context(program))
        servers.until("the naive server's first answer", servers.answers(port))
        yield Naive(
            shops=shops,
            book=orders.Book(skus=skus),
            port=port,
            queue=queue,
            database=url,
            pids=pids,
        )


def _stock(url: str, skus: Sequence[Sku], shops: Shops) -> None:
    with psycopg.connect(url) as db:
        db.execute(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {jobs.SCHEMA}")
        with db.cursor() as cursor:
            cursor.executemany("INSERT INTO stock VALUES (%s, %s)", [(s, UNITS) for s in skus])
            listed = [(name, sku, UNITS) for name in shops.shops for sku in skus]
            cursor.executemany("INSERT INTO listings VALUES (%s, %s, %s)", listed)


def _pings(queue: Queue) -> bool:
    try:
        return bool(queue.connection.ping())
    except RedisError:
        return False
