"""Group commit: what arrives together is committed together, and each hears of its own.

A durable commit costs a wait for the disk, whether it holds one row or a hundred. While
one group is being committed, the next one gathers; nobody waits for company.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from stocksync.core.names import ChannelName, MerchantName
from stocksync.doorbell import APPLY
from stocksync.store import door, inbox
from stocksync.store.inbox import Arrival, Kept
from stocksync.store.session import AWAY, Database, explain

GROUP_ROWS = 500
"""A group is closed once it holds this many rows."""
PATIENCE_S = 5.0
"""How long a sender waits for the commit: SQLite's busy time-out, and a second try."""
REFUSALS_EVERY_S = 1.0

log = logging.getLogger(__name__)

Ring = Callable[[str, MerchantName], object]


class NotStored(Exception):
    """It is not known to be in the database, so its sender must send it again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    kept: Future[list[Kept]] = field(default_factory=Future)


class GroupCommit:
    """Takes arrivals from many threads and stores them through one, which starts when needed.

    It also sums up refused calls in memory, so that a flood of them costs the database
    one small write a second. A crash loses at most that second of the count.
    """

    def __init__(self, database: Database, ring: Ring, *, patience_s: float = PATIENCE_S) -> None:
        self._database = database
        self._ring = ring
        self._patience_s = patience_s
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._refused: Counter[door.ChannelKey] = Counter()
        self._refused_at: datetime | None = None
        self._refusals_due = 0.0
        self._refusals_failed = False

    def put(self, arrivals: Sequence[Arrival]) -> list[Kept]:
        """Return what became of each arrival, once all are committed; or raise `NotStored`."""
        if not arrivals:
            return []
        waiting = _Waiting(arrivals)
        self._queue.put(waiting)
        self._start()
        try:
            return waiting.kept.result(self._patience_s)
        except TimeoutError:
            # Not yet begun: leave it out. Begun: the sender's second try finds a duplicate.
            waiting.kept.cancel()
            raise NotStored("the database took too long") from None

    def refused(self, merchant: MerchantName, channel: ChannelName, at: datetime) -> None:
        """Count one call that proved nothing. Nothing else of it is kept."""
        with self._lock:
            self._refused[merchant, channel] += 1
            self._refused_at = at
        self._start()

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            # Not alive also after a fork, which takes no threads along.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            group = self._next_group()
            if group:
                self._store(group)
            if time.monotonic() >= self._refusals_due:
                self._store_refusals()

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        rows = 0
        try:
            while rows < GROUP_ROWS:
                waiting = self._queue.get(block=not group, timeout=REFUSALS_EVERY_S)
                if waiting.kept.set_running_or_notify_cancel():
                    group.append(waiting)
                    rows += len(waiting.arrivals)
        except Empty:
            pass
        return group

    def _store(self, group: Sequence[_Waiting]) -> None:
        try:
            self._commit(group)
        except Exception as e:  # whatever it was: this thread must live, and each must hear
            if len(group) == 1 and isinstance(e, AWAY):
                _fail(group, e)
                return
            # Apart and once more: one row was bad, or its id was drawn by another process too.
            log.warning("group failed", extra={"requests": len(group), "error": _named(e)})
            self._store_one_by_one(group)

    def _store_one_by_one(self, group: Sequence[_Waiting]) -> None:
        for place, waiting in enumerate(group):
            try:
                self._commit([waiting])
            except AWAY as e:  # away for one is away for all: do not wait again for each
                _fail(group[place:], e)
                return
            except Exception as e:  # its own fault, which is its own answer
                _fail([waiting], e)

    def _commit(self, group: Sequence[_Waiting]) -> None:
        arrivals = [arrival for waiting in group for arrival in waiting.arrivals]
        with self._database.begin() as tx:
            kept = inbox.put(tx, arrivals)

        news = zip(arrivals, kept, strict=True)
        self._ring_for({one.merchant for one, state in news if _wants_work(one, state)})
        told = iter(kept)
        for waiting in group:
            waiting.kept.set_result([next(told) for _ in waiting.arrivals])

    def _ring_for(self, merchants: set[MerchantName]) -> None:
        for merchant in sorted(merchants):
            self._ring(APPLY, merchant)

    def _store_refusals(self) -> None:
        self._refusals_due = time.monotonic() + REFUSALS_EVERY_S
        with self._lock:
            counts, self._refused = self._refused, Counter()
            at = self._refused_at
        if at is None or not counts:
            return
        try:
            with self._database.begin() as tx:
                door.add_refused(tx, counts, at)
        except Exception as e:  # a count is not worth this thread
            with self._lock:
                self._refused.update(counts)
            if not self._refusals_failed:  # once an outage, not once a second
                log.warning("refusals not stored", extra={"error": _named(e)})
            self._refusals_failed = True
        else:
            self._refusals_failed = False


def _wants_work(arrival: Arrival, kept: Kept) -> bool:
    return kept is Kept.NEW and arrival.reason is None


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    if isinstance(error, AWAY):
        log.warning("deliveries not stored", extra={"requests": len(group), "error": _named(error)})
    for waiting in group:
        # One exception each: two threads that raise the same one would share its traceback.
        told = NotStored(explain(error)) if isinstance(error, AWAY) else error
        waiting.kept.set_exception(told)


def _named(error: Exception) -> str:
    # Never the text of a bug: a driver's message may quote the row that it could not store.
    return explain(error) if isinstance(error, AWAY) else type(error).__name__
