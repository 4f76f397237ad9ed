"""A till over HTTP: numbers are set at `/stock`, read at `/levels`, events at `/movements`."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from stocksync.sandbox.clockwork import utc_now
from stocksync.sandbox.silence import NoAnswer
from stocksync.sandbox.till.desk import Declined, Desk, Lock, Proof
from stocksync.sandbox.till.floor import Floor
from stocksync.sandbox.till.knobs import Knobs, Mishap
from stocksync.sandbox.till.levels import Write
from stocksync.sandbox.till.outbox import Sent

_HTML = "<!doctype html><h1>Please log in</h1>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that came in. `status` is 0 if the line was cut; `key` is the idempotency key."""

    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    key: str
    mishap: Mishap | None
    status: int


@dataclass(slots=True)
class Log:
    """Everything that came in, was written and was sent, oldest first."""

    sent: list[Sent]
    """The webhooks that were tried."""
    calls: list[Call] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)


class Till(Floor):
    """One till, to be served by `stocksync.sandbox.server.serve` under its name.

    Units are told as `{"MUG-RED": 2}`. Its webhooks go to `hook_url`, once that is set, when
    `run_due` is called; `start` has them go by themselves. `proof` is how a caller of its
    address shows that it knows `push_secret`.
    """

    def __init__(
        self,
        name: str,
        *,
        webhook_secret: str,
        push_secret: str,
        hook_url: str = "",
        locations: Sequence[str] = ("main",),
        proof: Proof = "standard",
        seed: int = 1,
        clock: Callable[[], datetime] = utc_now,
        knobs: Knobs | None = None,
    ) -> None:
        super().__init__(
            name,
            webhook_secret=webhook_secret,
            locations=locations,
            seed=seed,
            clock=clock,
            knobs=knobs,
        )
        self.hook_url = hook_url
        self.log = Log(self._outbox.sent)
        self._chance = Random(seed + 1)  # noqa: S311 mishaps are no secrets
        self._door = Lock(proof, push_secret)
        self._desk = Desk(self._levels, self.knobs)
        self._late: list[tuple[datetime, bytes]] = []

    @property
    def next_due(self) -> datetime | None:
        """Return when something waits to happen by itself; None if nothing does."""
        with self._lock:
            moments = [due for due, _ in self._late]
        message = self._outbox.next_due
        return min([*moments, *([message] if message else [])], default=None)

    @property
    def waiting(self) -> int:
        """Return how many deliveries wait, retries among them."""
        return self._outbox.waiting

    def run_due(self) -> int:
        """Let happen what is due: late writes land, messages leave. Return how many did."""
        with self._lock:
            now = self._clock()
            landing = [body for due, body in self._late if due <= now]
            self._late = [late for late in self._late if late[0] > now]
            for body in landing:
                self._land(body)
        sent = self._outbox.send_due(self.hook_url, self._clock) if self.hook_url else 0
        return len(landing) + sent

    def start(self, every_s: float = 0.05) -> None:
        """Let what is due happen by itself, until `stop`."""
        super().start(every_s)

    def stop(self) -> None:
        """End what `start` began, and hang up; what still waits is not sent."""
        super().stop()
        self._outbox.close()

    def handle(self, request: Request) -> Response:
        """Answer one call, or raise `NoAnswer`; what came of it stands in the log."""
        self._stopping.wait(self.knobs.latency_s)
        push = (request.method, request.path) == ("POST", "/stock")
        with self._lock:
            now = self._clock()
            mishap = (self.knobs.of_push if push else self.knobs.of_read)(self._chance)
            try:
                response = self._answered(request, now, mishap)
            except Declined as e:
                pause = {"Retry-After": "1"} if e.status == 409 else {}
                response = _json(e.status, {"detail": e.words}, pause)
            self.log.calls.append(
                Call(
                    at=now,
                    method=request.method,
                    path=request.path,
                    query=request.args.to_dict(),
                    headers=_lowered(request),
                    body=request.get_data(),
                    key=request.headers.get("Idempotency-Key", ""),
                    mishap=mishap,
                    status=response.status_code if response else 0,
                )
            )
        if response is None:
            raise NoAnswer(0)
        response.headers["Date"] = http_date(now)
        return response

    def _answered(self, request: Request, now: datetime, mishap: Mishap | None) -> Response | None:
        match mishap:
            case Mishap.CUT_BEFORE:
                return None
            case Mishap.THROTTLED:
                asked = self.knobs.retry_after
                return _json(429, {"detail": "slower"}, {"Retry-After": asked} if asked else {})
            case Mishap.BROKEN_BEFORE:
                return _json(503, {"detail": "not now"})
            case Mishap.REDIRECT:
                return Response(status=307, headers={"Location": self.knobs.redirect_to})
            case _:
                pass
        self._door.check(_lowered(request), request.get_data(), now)
        match (request.method, request.path):
            case ("POST", "/stock"):
                return self._pushed(request, now, mishap)
            case ("GET", "/levels"):
                response = self._listed(request.args)
            case ("GET", "/movements"):
                since = _moment(request.args.get("since", ""))
                response = _json(200, list(self._book.since(since)))
            case _:
                raise Declined(404, "nothing is here")
        return Response(_HTML, mimetype="text/html") if mishap is Mishap.HTML else response

    def _pushed(self, request: Request, now: datetime, mishap: Mishap | None) -> Response | None:
        body = request.get_data()
        reply = self._desk.open(_lowered(request), body)
        if reply is None and mishap is Mishap.LATE:
            self._late.append((now + self.knobs.late_by, body))
            return None
        return _mangled(self._land(body) if reply is None else reply, mishap)

    def _land(self, body: bytes) -> dict[str, Any]:
        reply, writes = self._desk.take(body, self._clock())
        self.log.writes.extend(writes)
        return reply

    def _listed(self, asked: Mapping[str, str]) -> Response:
        after = _moment(asked["updated_after"]) if "updated_after" in asked else None
        location = asked.get("location", self._locations[0])
        items = list(self._levels.listed(location, after))
        cursor = asked.get("cursor", "0")
        first = int(cursor) if cursor.isdecimal() else 0
        last = first + self.knobs.page_size
        following = str(last) if last < len(items) else None
        return _json(200, {"items": items[first:last], "next_cursor": following})


def _lowered(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _moment(told: str) -> datetime:
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise Declined(400, "write a moment such as 2026-11-22T10:00:00Z") from None
    if moment.tzinfo is None:
        raise Declined(400, "a moment needs its offset from UTC")
    return moment


def _json(status: int, said: Any, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(said, ensure_ascii=False)
    return Response(body, status, headers, mimetype="application/json")


def _mangled(reply: Mapping[str, Any], mishap: Mishap | None) -> Response | None:
    results = reply["results"]
    match mishap:
        case Mishap.CUT_AFTER:
            return None
        case Mishap.BROKEN_AFTER:
            return _json(500, {"detail": "something broke"})
        case Mishap.ACCEPTED:
            return _json(202, {"batch_id": reply["batch_id"]})
        case Mishap.HALF:
            return _json(200, {**reply, "results": results[::2]})
        case Mishap.FOREIGN:
            others = [{**one, "sku": f"OTHER-{one['sku']}"} for one in results]
            return _json(200, {**reply, "results": others})
        case Mishap.HTML:
            return Response(_HTML, mimetype="text/html")
        case _:
            return _json(200, reply)
