"""How the door is: alive, ready, and in numbers."""

from collections.abc import Iterable
from datetime import UTC, datetime

import orjson
from flask import Blueprint, Response

from stocksync.doorbell import APPLY
from stocksync.store import door
from stocksync.store.session import AWAY
from stocksync.web.problems import Problem
from stocksync.wiring import System

Sample = tuple[dict[str, str], float]


def health(system: System) -> Blueprint:
    """Return the pages that machines look at."""
    pages = Blueprint("health", __name__)
    merchants = sorted(system.merchants)

    @pages.get("/healthz")
    def alive() -> Response:
        return _json(200, {"status": "ok"})

    @pages.get("/readyz")
    def ready() -> Response:
        database = _database_answers(system)
        # Without a bell the door still takes deliveries, and the sweep finds them: turned
        # away from it, shops would lose them. So it is told, and refuses nothing.
        heard = all(system.doorbell.ring(APPLY, name) for name in merchants[:1])
        parts = {
            "database": "ok" if database else "away",
            "doorbell": "ok" if heard else "silent; deliveries are stored, and swept up",
        }
        if database:
            return _json(200, {"status": "ready", **parts})
        return _json(503, {"status": "not ready", **parts})

    @pages.get("/metrics")
    def metrics() -> Response:
        now = datetime.now(UTC)
        try:
            with system.database.reading() as tx:
                waiting = door.waiting(tx, merchants)
                refused = door.refused(tx)
        except AWAY:
            raise Problem(503, "database-away", "the numbers are in the database") from None
        text = "".join(
            [
                _metric(
                    "inbox_pending",
                    "gauge",
                    "Deliveries that wait to be applied.",
                    [({"merchant": name}, told.pending) for name, told in waiting.items()],
                ),
                _metric(
                    "inbox_parked",
                    "gauge",
                    "Deliveries that wait for a person.",
                    [({"merchant": name}, told.parked) for name, told in waiting.items()],
                ),
                _metric(
                    "inbox_oldest_pending_seconds",
                    "gauge",
                    "Age of the oldest delivery that waits to be applied.",
                    [
                        ({"merchant": name}, _age_s(told.oldest_pending, now))
                        for name, told in waiting.items()
                    ],
                ),
                _metric(
                    "refused_total",
                    "counter",
                    "Calls that could not be verified.",
                    [
                        ({"merchant": merchant, "channel": channel}, count)
                        for (merchant, channel), count in sorted(refused.items())
                    ],
                ),
            ]
        )
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    return pages


def _database_answers(system: System) -> bool:
    try:
        with system.database.reading() as tx:
            door.refused(tx)
    except AWAY:
        return False
    return True


def _json(status: int, told: dict[str, str]) -> Response:
    return Response(orjson.dumps(told), status, content_type="application/json")


def _age_s(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _metric(name: str, kind: str, said: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP stocksync_{name} {said}", f"# TYPE stocksync_{name} {kind}"]
    for labels, value in samples:
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"stocksync_{name}{{{told}}} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
