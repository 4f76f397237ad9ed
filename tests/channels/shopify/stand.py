"""A stand-in shop over real HTTP: it answers each document as it is told to, and remembers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from stocksync.channels.http import Http
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.budget import Budget
from stocksync.channels.shopify.token import Permanent, Tokens
from stocksync.sandbox.server import serve
from stocksync.sandbox.silence import NoAnswer

TOKEN = "shpat_canary_of_the_tests"
SILENCE = 0
"""A status that means: the connection ends, and nothing is said."""


@dataclass(frozen=True)
class Call:
    """One document that the shop heard."""

    document: str
    variables: dict[str, Any]
    token: str


@dataclass(frozen=True)
class Reply:
    """What the shop says; bytes are said as they are, all else as JSON."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def data(**fields: Any) -> Reply:
    return Reply({"data": fields})


def error(code: str, message: str = "No.", status: int = 200, **more: Any) -> Reply:
    """Return an answer of the API that holds one error, and no data unless `more` has some."""
    said = {"message": message, "extensions": {"code": code}} if code else {"message": message}
    return Reply({"errors": [said], **more}, status)


def throttled(left: float, asked: float = 337, rate: float = 100, most: float = 2000) -> Reply:
    status = {"maximumAvailable": most, "currentlyAvailable": left, "restoreRate": rate}
    cost = {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}
    return error("THROTTLED", "Throttled", extensions={"cost": cost})


@dataclass
class Stand:
    """The shop. `says` answers a call; `file` is what it keeps under /file.jsonl."""

    says: Callable[[Call], Reply]
    file: Reply = field(default_factory=lambda: Reply(b""))
    grant: Callable[[dict[str, str]], Reply] = lambda _: Reply({}, 404)
    name: str = "shop"
    heard: list[Call] = field(default_factory=list)
    grants: list[dict[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    url: str = ""

    @property
    def documents(self) -> list[str]:
        return [call.document for call in self.heard]

    def http(self, read_s: float = 5.0) -> Http:
        return Http(
            self.url,
            allow_private=True,
            allow_insecure=True,
            read_s=read_s,
            sleep=self.slept.append,
        )

    def api(
        self, tokens: Tokens | None = None, budget: Budget | None = None, read_s: float = 5.0
    ) -> Api:
        """Return the calls to this shop; pauses are written down and not made.

        The clock of the bucket stands still but for them.
        """
        return Api(
            self.http(read_s),
            tokens or Permanent(token=TOKEN),
            host="shop.example",
            budget=budget or Budget(lambda: sum(self.slept)),
            sleep=self.slept.append,
        )

    def handle(self, request: Request) -> Response:
        if request.path == "/admin/oauth/access_token":
            form = dict(parse_qsl(request.get_data(as_text=True)))
            self.grants.append(form)
            return _response(self.grant(form))
        if request.path == "/file.jsonl":
            return _response(self.file)
        assert request.path == "/admin/api/2026-10/graphql.json", request.path
        told = json.loads(request.get_data())
        call = Call(
            document=told["query"].split("(")[0].split()[1],
            variables=told["variables"],
            token=request.headers["X-Shopify-Access-Token"],
        )
        self.heard.append(call)
        return _response(self.says(call))


def _response(reply: Reply) -> Response:
    if reply.status == SILENCE:
        raise NoAnswer(after_s=float(reply.value or 0))
    body = reply.value if isinstance(reply.value, bytes) else json.dumps(reply.value).encode()
    return Response(body, reply.status, dict(reply.headers))


@contextmanager
def open_shop(says: Callable[[Call], Reply], **more: Any) -> Iterator[Stand]:
    """Serve a shop that answers so."""
    stand = Stand(says, **more)
    with serve([stand]) as served:
        stand.url = served.url(stand.name)
        yield stand


def in_turn(*replies: Reply) -> Callable[[Call], Reply]:
    """Return answers one after the other; the last one again and again."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def always(reply: Reply) -> Callable[[Any], Reply]:
    return lambda _: reply


def by_document(**answers: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """Return answers by the name of the document, without its Stocksync."""
    return lambda call: answers[call.document.removeprefix("Stocksync")](call)
