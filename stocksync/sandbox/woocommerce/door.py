"""The shop's front door: who may come in, on what day, and what they hear."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from stocksync.sandbox.agenda import Agenda
from stocksync.sandbox.control import CONTROL, Control
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.silence import NoAnswer
from stocksync.sandbox.woocommerce.asked import Asked, only
from stocksync.sandbox.woocommerce.auth import Gate
from stocksync.sandbox.woocommerce.bodies import php_json
from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.fate import Fate, Fates
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.queue import Queue
from stocksync.sandbox.woocommerce.record import Call, Log
from stocksync.sandbox.woocommerce.routes import Routes

API = "/wp-json/wc/v3/"
PAGE = "<!DOCTYPE html><html><body><p>{}</p></body></html>"
MAINTENANCE = "Briefly unavailable for scheduled maintenance. Check back in a minute."


class Door:
    """Answers HTTP requests. Nothing waits while it has the shop's lock."""

    def __init__(
        self,
        *,
        routes: Routes,
        gate: Gate,
        queue: Queue,
        agenda: Agenda,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        knobs: Knobs,
        fates: Fates,
        dice: Dice,
        log: Log,
        lock: AbstractContextManager[object],
        control: Control,
    ) -> None:
        self._routes = routes
        self._gate = gate
        self._queue = queue
        self._agenda = agenda
        self._clock = clock
        self._sleep = sleep
        self._knobs = knobs
        self._fates = fates
        self._dice = dice
        self._log = log
        self._lock = lock
        self._control = control

    def handle(self, request: Request) -> Response:
        """Answer one request, or raise `NoAnswer`."""
        if request.path.startswith(CONTROL):
            return self._json(*self._control.answer(request))
        with self._lock:
            self._queue.poke(self._clock())
        if not request.path.startswith(API):
            return self._page(request)
        asked = _asked(request)
        waits_s = self._waits(asked)
        self._sleep(waits_s / 2)  # half on the way in: what it reads is fresh, and soon is not
        response = self._answer(request, asked)
        self._sleep(waits_s / 2)
        return response

    def _answer(self, request: Request, asked: Asked) -> Response:
        with self._lock:
            now = self._clock()
            if self._knobs.maintenance:
                return self._noted(asked, "maintenance", self._html(MAINTENANCE, 503))
            fate = self._fates.draw(asked)
            if fate is Fate.THROTTLED:
                return self._noted(asked, fate, self._throttled())
            if fate is Fate.HTML:
                return self._noted(asked, fate, self._html("Are you human?", 200))
            if fate is Fate.BROKEN and not self._knobs.broken_applies:
                return self._noted(asked, fate, self._broken())
            try:
                self._gate.check(request, now)
            except RestError as e:
                return self._noted(asked, fate, self._json(e.body(), e.status))
            return self._fated(request, asked, fate, now)

    def _fated(self, request: Request, asked: Asked, fate: Fate, now: datetime) -> Response:
        if fate is Fate.LATE:
            lands_at = now + timedelta(seconds=self._knobs.lands_after_s)
            self._agenda.at(lands_at, lambda: self._land(request, asked))
        elif fate is Fate.HALF_DONE:
            self._done(request, _part(asked, self._knobs.half_done_items))
        else:
            response = self._done(request, asked)
            if fate is Fate.ANSWERED:
                return self._noted(asked, fate, response)
            if fate is Fate.BROKEN:
                return self._noted(asked, fate, self._broken())
        self._noted(asked, fate, None)
        raise NoAnswer(self._knobs.hangs_s)

    def _land(self, request: Request, asked: Asked) -> None:
        with self._lock:
            self._done(request, asked)

    def _done(self, request: Request, asked: Asked) -> Response:
        try:
            if request.method in ("POST", "PUT", "PATCH"):
                _check_json(request)
            reply = self._routes.answer(asked)
        except RestError as e:
            return self._json(e.body(), e.status)
        body = reply.body
        names = asked.words("_fields")
        if names is not None:
            body = only(body, names)
        response = self._json(body, reply.status)
        response.headers.extend(reply.headers)
        return response

    def _page(self, request: Request) -> Response:
        if request.path.startswith("/wp-json"):
            e = RestError("rest_no_route", "No route was found matching the URL.", 404)
            return self._json(e.body(), e.status)
        if self._knobs.maintenance:
            return self._html(MAINTENANCE, 503)
        known = request.path in ("/", "/wp-cron.php")
        return self._html("Welcome to the shop" if known else "Not found", 200 if known else 404)

    def _waits(self, asked: Asked) -> float:
        with self._lock:
            each_s = self._dice.seconds(self._knobs.latency_s, self._knobs.latency_spread)
            return each_s + self._knobs.item_latency_s * _items(asked)

    def _throttled(self) -> Response:
        response = self._json({"code": "too_many_requests", "message": "Slow down."}, 429)
        if self._knobs.retry_after_s is not None:
            response.headers["Retry-After"] = str(self._knobs.retry_after_s)
        return response

    def _broken(self) -> Response:
        return self._html("Something is wrong here.", self._knobs.broken_status)

    def _json(self, body: Any, status: int) -> Response:
        return self._dated(
            Response(php_json(body), status=status, content_type="application/json; charset=UTF-8")
        )

    def _html(self, text: str, status: int) -> Response:
        return self._dated(
            Response(PAGE.format(text), status=status, content_type="text/html; charset=UTF-8")
        )

    def _dated(self, response: Response) -> Response:
        response.headers["Date"] = http_date(self._clock())
        return response

    def _noted(self, asked: Asked, fate: str, response: Response | None) -> Response:
        self._log.calls.append(
            Call(
                at=self._clock(),
                method=asked.method,
                path=asked.route,
                query={k: v for k, v in asked.args.items() if not k.startswith("oauth_")},
                items=_items(asked),
                status=0 if response is None else response.status_code,
                fate=str(fate),
            )
        )
        return response or Response()


def _asked(request: Request) -> Asked:
    args = {name.removesuffix("[]"): ",".join(values) for name, values in request.args.lists()}
    return Asked(
        method=request.method,
        route=request.path.removeprefix(API).strip("/"),
        args=args,
        body=request.get_json(silent=True),
    )


def _check_json(request: Request) -> None:
    if request.mimetype == "application/json" and request.get_data():
        try:
            json.loads(request.get_data())
        except ValueError as e:
            raise RestError("rest_invalid_json", "Invalid JSON body passed.", 400) from e


def _items(asked: Asked) -> int:
    if not asked.is_batch:
        return 1
    parts = (asked.fields.get(name) for name in ("create", "update", "delete"))
    return sum(len(part) for part in parts if isinstance(part, list))


def _part(asked: Asked, items: int) -> Asked:
    kept: dict[str, Any] = {}
    for name in ("create", "update", "delete"):
        part = asked.fields.get(name) or []
        kept[name] = part[:items]
        items -= len(kept[name])
    return replace(asked, body=kept)
