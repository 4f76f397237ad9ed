"""How the processes log: one event a line, a fact in the past tense, then its names."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from multiprocessing.util import Finalize
from queue import SimpleQueue

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


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


class _AsItIs(QueueHandler):
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # it stays in this process, where a trace can still be read


def set_up(process: str, *, apart: bool = False) -> None:
    """Log to stderr from LOG_LEVEL on; a level we do not know is INFO.

    With `apart` a thread of its own writes the lines: where many threads answer, none waits for
    another's.
    """
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(Facts(process))
    handler: logging.Handler = writer
    if apart:
        lines: SimpleQueue[logging.LogRecord] = SimpleQueue()
        handler, listener = _AsItIs(lines), QueueListener(lines, writer)
        listener.start()
        # A process of multiprocessing runs no `atexit`.
        Finalize(None, listener.stop, exitpriority=0)
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
