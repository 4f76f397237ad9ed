"""One shop's Admin API: a document goes out, and what comes back means one thing.

answered, no errors              the data
THROTTLED (HTTP 200), 429        Transient, with the wait that the bucket needs
no answer, 5xx, a page of HTML   a query: Transient   a mutation: Unknown, same key again
401                              another token, three at most; then Shut
402, 403, 404, 423               Shut
ACCESS_DENIED                    Shut, and names the scope
MAX_COST_EXCEEDED, a bad text    Refused: a defect of ours
data and errors together         a query failed as a whole; a mutation whose own field
                                 came back was done, and its user errors tell the rest
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.http import SHORT, Answer, Http, again
from stocksync.channels.shopify.budget import Budget
from stocksync.channels.shopify.documents import VERSION, Document
from stocksync.channels.shopify.token import Tokens

PATH: Final = f"/admin/api/{VERSION}/graphql.json"
WORDS_MAX = 200
_OTHERS = 3
"""So many tokens are asked for in place of one that was refused."""
_TOLD = frozenset({401, 402, 403, 404, 423, 429})
_SHORT = SHORT | {"internal"}
_BROKE = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST", ""})
"""Codes that leave open whether a mutation was done, even if no data came with them."""
_NOT_DONE = frozenset(
    {
        "BAD_REQUEST",
        "INVALID_FIELD_ARGUMENTS",
        "INVALID_VARIABLE",
        "MAX_COST_EXCEEDED",
    }
)
_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]{3,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The data of an answer, and the shop's own time when it was asked, where it tells it."""

    data: Mapping[str, Any]
    asked_at: datetime | None


class Api:
    """One shop, called with its tokens. A `CallError` says what became of a call."""

    def __init__(
        self,
        http: Http,
        tokens: Tokens,
        *,
        host: str,
        budget: Budget | None = None,
        sleep: Callable[[float], None] = time.sleep,
        within: timedelta = timedelta(seconds=60),
    ) -> None:
        self._http = http
        self._tokens = tokens
        self.host = host
        self._budget = budget or Budget()
        self._sleep = sleep
        self._within = within

    def run(
        self, document: Document, variables: Mapping[str, Any] | None = None, key: str | None = None
    ) -> Said:
        """Send one document, and return what it gives; `key` is the same at every try.

        Short troubles are tried again, three times at most in all; a mutation only if it
        surely was not taken. A longer pause belongs to the rows, and is raised.
        """
        told = {**(variables or {}), **({} if key is None else {"key": key})}
        body = json.dumps({"query": document.text, "variables": told}, separators=(",", ":"))
        within_s = self._within.total_seconds()
        tries = again(_SHORT, within_s=within_s, pause=_pause, sleep=self._sleep)
        return tries(lambda: self._once(document, body.encode()))

    def nodes(
        self, document: Document, field: str, *, what: str, pages: int
    ) -> Iterator[Mapping[str, Any]]:
        """Yield what a list shows, over at most so many pages; an error names `what` it lists."""
        after: str | None = None
        for _ in range(pages):
            told = self.run(document, {"after": after}).data.get(field)
            nodes = told.get("nodes") if isinstance(told, dict) else None
            page = told.get("pageInfo") if isinstance(told, dict) else None
            if not isinstance(nodes, list) or not isinstance(page, dict):
                raise Transient("odd-answer", f"{self.host} listed no {what}")
            yield from (one for one in nodes if isinstance(one, dict))
            if not page.get("hasNextPage"):
                return
            after = page.get("endCursor")

    def _once(self, document: Document, body: bytes) -> Said:
        wait = self._budget.wait(document)
        if wait:
            raise Transient(
                "throttled",
                f"{self.host}: the points of {document.name} are not there yet",
                retry_after=wait,
            )
        answer, took = self._let_in(document, body)
        if not 200 <= answer.status < 300:
            raise self._turned_away(answer)
        return Said(data=self._data(document, answer), asked_at=answer.asked_at(took))

    def _let_in(self, document: Document, body: bytes) -> tuple[Answer, timedelta]:
        """Send it with a token, and with another one as long as that is refused.

        A new one that is refused does not mean yet that the shop is closed to us: it may have
        died because another process was granted its own.
        """
        token, others = self._tokens.value(), _OTHERS
        while True:
            began = time.monotonic()
            answer = self._sent(document, body, token)
            took = timedelta(seconds=time.monotonic() - began)
            other = self._tokens.instead(token) if answer.status == 401 and others else None
            if other is None:
                return answer, took
            token, others = other, others - 1

    def _sent(self, document: Document, body: bytes, token: str) -> Answer:
        headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        try:
            return self._http.write("POST", PATH, body=body, headers=headers, accept=_TOLD)
        except Unknown as e:
            if document.is_mutation:
                raise
            raise Transient(e.code, e.detail, retry_after=e.retry_after) from None

    def _turned_away(self, answer: Answer) -> CallError:
        said = f"{self.host} answered {answer.status}"
        match answer.status:
            case 429:
                wait = answer.retry_after
                return Transient("throttled", f"{said}: too many calls", retry_after=wait)
            case 402:
                return Shut("shop-frozen", f"{said}: the shop is frozen; its owner must pay first")
            case 403:
                scope = _scope(answer.body.decode("utf-8", "replace"))
                way = f"give the app the scope {scope}" if scope else "check the app's scopes"
                return Shut("no-scope" if scope else "blocked", f"{said}: we may not; {way}")
            case 404:
                return Shut("no-shop", f"{said}: there is no such shop; correct `shop`")
            case 423:
                return Shut("shop-locked", f"{said}: the shop is locked; its owner must act")
            case _:
                return Shut(
                    "denied",
                    f"{said}: it refuses our token; see that the app is installed, and copy its "
                    "keys again",
                )

    def _data(self, document: Document, answer: Answer) -> Mapping[str, Any]:
        try:
            value = answer.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            kind = Unknown if document.is_mutation else Transient
            raise kind("no-json", f"{self.host} answered with a page instead of JSON")
        extensions = value.get("extensions")
        if isinstance(extensions, dict):
            self._budget.heard(document, extensions.get("cost"))
        data, errors = value.get("data"), value.get("errors")
        if errors and not (document.is_mutation and _was_done(data)):
            raise self._failure(document, errors, has_data=isinstance(data, dict))
        if not isinstance(data, dict):
            kind = Unknown if document.is_mutation else Transient
            raise kind("odd-answer", f"{self.host} answered {document.name} without data")
        return data

    def _failure(self, document: Document, errors: Any, *, has_data: bool) -> CallError:
        listed = errors if isinstance(errors, list) else [errors]
        by_code = {_code(one): one for one in reversed(listed)}
        said = f"{self.host} answered {document.name} with"
        if "THROTTLED" in by_code:
            wait = self._budget.throttled(document)
            return Transient("throttled", f"{said} THROTTLED", retry_after=wait)
        if "ACCESS_DENIED" in by_code:
            scope = _scope(json.dumps(by_code["ACCESS_DENIED"]))
            way = f"give the app the scope {scope}" if scope else "check the app's scopes"
            return Shut("no-scope", f"{said} ACCESS_DENIED; {way} and approve it in the shop")
        code, first = next(iter(by_code.items()))
        words = f"{said} {code or 'an error'}: {words_of(first)}"
        broke = bool(_BROKE & set(by_code))
        if not document.is_mutation:
            return Transient("internal", words) if broke else Refused(code, words)
        # Without data it was turned away before it began, unless it broke on the way.
        sure = set(by_code) <= _NOT_DONE or not (has_data or broke)
        return Refused(code, words) if sure else Unknown("internal", words)


def user_errors(said: Said, field: str) -> Sequence[Mapping[str, Any]]:
    """Return what a mutation says is wrong; empty if it was done. Or `Unknown`."""
    payload = said.data.get(field)
    errors = payload.get("userErrors") if isinstance(payload, dict) else None
    if not isinstance(errors, list) or not all(isinstance(one, dict) for one in errors):
        raise Unknown("odd-answer", f"the shop answered {field} without saying whether it was done")
    return errors


def words_of(error: Any) -> str:
    """Return the words of an error as one line."""
    told = error.get("message") if isinstance(error, dict) else error
    if not isinstance(told, str):
        return "no words"
    line = " ".join("".join(one if one.isprintable() else " " for one in told[:2000]).split())
    return line if len(line) <= WORDS_MAX else line[: WORDS_MAX - 1] + "…"


def _was_done(data: Any) -> bool:
    """Return whether the field of a mutation came back, whatever else failed beside it."""
    return isinstance(data, dict) and bool(data) and all(isinstance(x, dict) for x in data.values())


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return re.sub(r"[^A-Za-z0-9_]", "", code)[:60] if isinstance(code, str) else ""


def _scope(text: str) -> str:
    found = _SCOPE.search(text[:5000])
    return found[0] if found else ""


def _pause(jitter: float, asked: timedelta | None) -> float:
    return jitter if asked is None else asked.total_seconds()
