"""How the processes log: one event a line, a fact in the past tense, then its names."""

import json
import logging
import os
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from queue import Empty, SimpleQueue
from typing import TextIO

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_GATHER_S = 0.02
_FLUSH_S = 2.0


class Facts(logging.Formatter):
    """`INFO delivery applied channel=web delivery=9 process=apply at=2026-11-27T12:00:03.120Z`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as exactly one line, its extras as `name=value`."""
        facts = {k: v for k, v in vars(record).items() if k not in _KNOWN and k[0] != "_"}
        if record.exc_info:
            facts["trace"] = self.formatException(record.exc_info)
        facts["process"] = self._process
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts["at"] = at.replace("+00:00", "Z")
        head = f"{record.levelname} {_one_line(record.getMessage())}"
        return " ".join([head, *(f"{name}={_value(value)}" for name, value in facts.items())])


class Apart(logging.Handler):
    """Writes its lines from a thread of its own, those of a moment at once.

    Where many threads answer, none waits for another's line; a process that is killed loses the
    lines of that moment.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._queue: SimpleQueue[logging.LogRecord | threading.Event] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Have a record written soon; there is nothing to lock for that."""
        if not self.filter(record):
            return False
        self._queue.put(record)
        if self._thread is None:
            self._start()
        return True

    def flush(self) -> None:
        """Return once all is written that was logged before."""
        if self._thread is not None and self._thread.is_alive():
            written = threading.Event()
            self._queue.put(written)
            written.wait(_FLUSH_S)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            some = [self._queue.get()]
            time.sleep(_GATHER_S)
            try:
                while True:
                    some.append(self._queue.get_nowait())
            except Empty:
                self._write(some)

    def _write(self, some: list[logging.LogRecord | threading.Event]) -> None:
        lines: list[str] = []
        for one in some:
            if isinstance(one, logging.LogRecord):
                try:
                    lines.append(self.format(one) + "\n")
                except Exception:  # a line that cannot be written must not end all others
                    self.handleError(one)
        with suppress(Exception):  # nobody reads any more, and this thread must live
            self._stream.write("".join(lines))
            self._stream.flush()
        for one in some:
            if isinstance(one, threading.Event):
                one.set()


def set_up(process: str, *, apart: bool = False) -> None:
    """Log to stderr from LOG_LEVEL on; a level we do not know is INFO.

    With `apart` the lines are written by a thread of their own.
    """
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    handler = Apart(sys.stderr) if apart else logging.StreamHandler(sys.stderr)
    if apart:
        # A process of multiprocessing runs no `atexit`.
        Finalize(None, handler.flush, exitpriority=0)
    handler.setFormatter(Facts(process))
    logging.basicConfig(level=level if level in _LEVELS else "INFO", handlers=[handler], force=True)
    # RQ tells five things of every job; ours tell what they did.
    for name in ("rq", "rq.worker", "rq.job", "rq.queue", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _value(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    plain = text and text.isprintable() and not any(c in ' "=' for c in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text, ensure_ascii=False)[1:-1]
