"""The shop's front door: the token desk, the API, and the files of bulk operations."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from stocksync.sandbox.agenda import Agenda
from stocksync.sandbox.control import CONTROL, Control
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.shopify.asking import Asking
from stocksync.sandbox.shopify.bulk import Bulk
from stocksync.sandbox.shopify.fate import Fate, Fates
from stocksync.sandbox.shopify.graph import Graph, Wish
from stocksync.sandbox.shopify.idempotency import Keys
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.record import Call, Log
from stocksync.sandbox.shopify.tokens import NoGrant, Token, Tokens
from stocksync.sandbox.silence import NoAnswer

GRAPH = "/admin/api/2026-10/graphql.json"
TOKEN = "/admin/oauth/access_token"  # noqa: S105  - a route
BULK = "/bulk/"
PAGE = "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"
WORDS = {
    401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
    402: "Unavailable Shop",
    403: "[API] This action requires merchant approval.",
    404: "Not Found",
    423: "[API] This shop is unavailable",
    429: "Exceeded 2 calls per second for api client. Reduce request rates to resume service.",
}


class Door:
    """Answers HTTP requests. Nothing waits while it has the shop's lock."""

    def __init__(
        self,
        *,
        graph: Graph,
        keys: Keys,
        tokens: Tokens,
        bulk: Bulk,
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
        self._graph = graph
        self._keys = keys
        self._tokens = tokens
        self._bulk = bulk
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
            return _json(*self._control.answer(request))
        with self._lock:
            waits_s = self._dice.seconds(self._knobs.latency_s, self._knobs.latency_spread)
        self._sleep(waits_s / 2)  # half on the way in: what it reads is fresh, and soon is not
        with self._lock:
            response = self._answer(request)
        self._sleep(waits_s / 2)
        return response

    def _answer(self, request: Request) -> Response:
        if self._knobs.shut:
            return self._noted(request, None, _refusal(self._knobs.shut))
        if request.path == TOKEN and request.method == "POST":
            return self._grant(request)
        if request.path.startswith(BULK) and request.method == "GET":
            return self._file(request)
        if request.path != GRAPH or request.method != "POST":
            return self._noted(request, None, _refusal(404))
        wish = _wish(request)
        if wish is None:
            told = {"errors": "Required parameter missing or invalid"}
            return self._noted(request, None, _json(told, 400))
        document = self._graph.document(wish)
        fate = self._fates.draw(writes=document is not None and document.writes)
        return self._fated(request, wish, fate)

    def _fated(self, request: Request, wish: Wish, fate: Fate) -> Response:
        token = self._tokens.find(request.headers.get("X-Shopify-Access-Token"))
        if token is None or fate is Fate.UNAUTHORIZED:
            return self._noted(request, wish, _refusal(401), fate)
        response = self._before(wish, fate)
        if response is not None:
            return self._noted(request, wish, response, fate)
        match fate:
            case Fate.CUT_BEFORE:
                self._noted(request, wish, None, fate)
                raise NoAnswer(0)
            case Fate.LATE:
                self._later(request, wish, token)
                self._noted(request, wish, None, fate)
                raise NoAnswer(self._knobs.hangs_s)
            case _:
                pass
        answer = self._graph.run(wish, self._asking(request, token), hole=fate is Fate.PARTIAL)
        if fate in (Fate.CUT_AFTER, Fate.TIMED_OUT):
            self._noted(request, wish, None, fate)
            raise NoAnswer(0 if fate is Fate.CUT_AFTER else self._knobs.hangs_s)
        if fate is Fate.BROKEN:
            return self._noted(request, wish, _page(self._knobs.broken_status), fate)
        return self._noted(request, wish, _json(answer, 200), fate)

    def _before(self, wish: Wish, fate: Fate) -> Response | None:
        """Return the answer of a call that nothing was done for."""
        match fate:
            case Fate.THROTTLED:
                return _json(self._graph.throttled(self._graph.cost(wish) or 0), 200)
            case Fate.TOO_MANY:
                response = _refusal(429)
                if self._knobs.retry_after_s is not None:
                    response.headers["Retry-After"] = f"{self._knobs.retry_after_s:.1f}"
                return response
            case Fate.BROKEN if not self._knobs.broken_applies:
                return _page(self._knobs.broken_status)
            case Fate.FROZEN:
                return _refusal(402)
            case Fate.LOCKED:
                return _refusal(423)
            case Fate.HTML:
                return _page(200)
            case Fate.EMPTY:
                return Response(b"", status=200, content_type="application/json; charset=utf-8")
            case Fate.INTERNAL:
                said = "Internal error. Looks like something went wrong on our end."
                error = {"message": said, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
                return _json({"errors": [error]}, 200)
            case _:
                return None

    def _later(self, request: Request, wish: Wish, token: Token) -> None:
        key = self._graph.key(wish)
        if key is not None:
            self._keys.under_way(key)

        def land() -> None:
            with self._lock:
                if key is not None:
                    self._keys.arrived(key)
                self._graph.run(wish, self._asking(request, token))

        self._agenda.at(self._clock() + timedelta(seconds=self._knobs.lands_after_s), land)

    def _asking(self, request: Request, token: Token) -> Asking:
        return Asking(
            now=self._clock(),
            scopes=frozenset(token.scopes) & frozenset(self._knobs.scopes),
            base=request.root_url,
        )

    def _grant(self, request: Request) -> Response:
        told = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        try:
            token = self._tokens.grant(told if isinstance(told, dict) else {})
        except NoGrant as e:
            refused = {"error": e.error, "error_description": str(e)}
            return self._noted(request, None, _json(refused, 400))
        body = {
            "access_token": token.text,
            "scope": ",".join(token.scopes),
            "expires_in": int(self._knobs.token_life_s),
        }
        return self._noted(request, None, _json(body, 200))

    def _file(self, request: Request) -> Response:
        secret = request.path.removeprefix(BULK).removesuffix(".jsonl")
        text = self._bulk.file(secret)
        if text is None:
            expired = (
                "<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code></Error>"
            )
            return self._noted(
                request, None, Response(expired, 403, content_type="application/xml")
            )
        return self._noted(request, None, Response(text, content_type="application/jsonl"))

    def _noted(
        self,
        request: Request,
        wish: Wish | None,
        response: Response | None,
        fate: Fate = Fate.ANSWERED,
    ) -> Response:
        document = None if wish is None else self._graph.document(wish)
        self._log.calls.append(
            Call(
                at=self._clock(),
                method=request.method,
                path=request.path,
                operation="" if document is None else document.name,
                variables={} if wish is None else dict(wish.variables),
                status=0 if response is None else response.status_code,
                fate=fate,
                cost=None if wish is None else self._graph.cost(wish),
            )
        )
        return response or Response()


def _wish(request: Request) -> Wish | None:
    told = request.get_json(silent=True)
    if not isinstance(told, dict) or not isinstance(told.get("query"), str):
        return None
    variables = told.get("variables") or {}
    if not isinstance(variables, dict):
        return None
    return Wish(text=told["query"], variables=variables, operation=told.get("operationName"))


def _json(body: Any, status: int) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def _refusal(status: int) -> Response:
    return _json({"errors": WORDS.get(status, "Refused")}, status)


def _page(status: int) -> Response:
    return Response(PAGE, status=status, content_type="text/html; charset=utf-8")
