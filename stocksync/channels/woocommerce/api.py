"""The shop's REST API: who we are, what it answers, and what its refusals mean."""

import base64
import html
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.http import Answer, Http, Params, refusal
from stocksync.channels.woocommerce import oauth
from stocksync.channels.woocommerce.settings import Auth

PAGE = 100
"""The most rows that the shop gives in one answer."""
_PREFIX = "/wp-json/wc/v3/"
_EXPLAINED = frozenset({400, 401, 403, 404, 409, 410, 413, 422})
"""The refusals whose body may hold a code of the shop."""
_WORDS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the shop answered, and its own time when it was asked, where it tells it.

    `total` is how many rows there are on all pages together.
    """

    value: Any
    asked_at: datetime | None
    total: int | None

    def more(self, size: int, page: int = 1) -> bool:
        """Return whether rows are left behind this page; some hosts cut pages short."""
        got = len(self.value)
        return got == size if self.total is None else (page - 1) * size + got < self.total


class Api:
    """One shop, called with one pair of keys. A `CallError` says what became of a call."""

    def __init__(self, http: Http, *, host: str, key: str, secret: str, auth: Auth) -> None:
        self._http = http
        self._host = host
        self._key, self._secret, self._auth = key, secret, auth

    def get(self, path: str, params: Params = ()) -> Said:
        """Return what the shop says there."""
        began = time.monotonic()
        answer = self._http.get(
            _PREFIX + path,
            params=lambda: self._query("GET", path, params),
            headers=self._headers(),
            accept=_EXPLAINED,
        )
        value = self._value(answer, wrote=False)
        took = timedelta(seconds=time.monotonic() - began)
        total = answer.headers.get("x-wp-total", "")
        return Said(
            value=value,
            asked_at=answer.asked_at(took),
            total=int(total) if re.fullmatch(r"[0-9]{1,9}", total) else None,
        )

    def rows(self, path: str, params: Params = (), size: int = PAGE) -> Said:
        """Return one page of a list, each row an object."""
        said = self.get(path, [*params, ("per_page", str(size))])
        if not isinstance(said.value, list) or not all(isinstance(row, dict) for row in said.value):
            raise self._odd(path)
        return said

    def row(self, path: str, params: Params = ()) -> Mapping[str, Any]:
        """Return one object."""
        value = self.get(path, params).value
        if not isinstance(value, dict):
            raise self._odd(path)
        return value

    def _odd(self, path: str) -> Transient:
        return Transient("odd-answer", f"{self._host} answered {path} with something else")

    def write(self, method: str, path: str, value: Any = None, params: Params = ()) -> Any:
        """Send once, and return what the shop answers."""
        body = b"" if value is None else json.dumps(value, separators=(",", ":")).encode()
        answer = self._http.write(
            method,
            _PREFIX + path,
            body=body,
            params=self._query(method, path, params),
            headers=self._headers(),
            accept=_EXPLAINED,
        )
        return self._value(answer, wrote=True)

    def _headers(self) -> Mapping[str, str]:
        if self._auth != "basic":
            return {}
        pair = f"{self._key}:{self._secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _query(self, method: str, path: str, params: Params) -> Params:
        match self._auth:
            case "basic":
                return params
            case "query":
                keys = [("consumer_key", self._key), ("consumer_secret", self._secret)]
                return [*params, *keys]
            case "oauth1":
                return oauth.signed(
                    method,
                    self._http.url(_PREFIX + path),
                    params,
                    key=self._key,
                    secret=self._secret,
                    nonce=secrets.token_hex(16),
                    at=int(time.time()),
                )

    def _value(self, answer: Answer, *, wrote: bool) -> Any:
        try:
            value = answer.json()
        except ValueError:
            value = None
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, value, wrote=wrote)
        if value is None:
            # A page of a cache, a security plugin or a maintenance: nobody knows what was done.
            kind = Unknown if wrote else Transient
            raise kind("no-json", f"{self._host} answered with a page instead of JSON")
        return value

    def _refusal(self, answer: Answer, value: Any, *, wrote: bool) -> CallError:
        status = answer.status
        code, words = error_of(value)
        said = f"{self._host} answered {status}" + (f" {code}" if code else "")
        if status == 401 and code == "woocommerce_rest_authentication_error":
            also = ", or the key may only read: make one with Read/Write" if wrote else ""
            return Shut("key-refused", f"{said}: `secret` is not the one of `key`; copy both{also}")
        if status == 401 and code:
            return Shut("key-unknown", f"{said}: {self._unknown_key()}")
        if status == 401:
            return Shut("denied", f"{said}: the host itself asks for a password; open /wp-json/")
        if status == 403 and code:
            return Shut(
                "no-rights",
                f"{said}: the user of this key may not; make the key as a shop manager",
            )
        if status == 403:
            return Shut("denied", f"{said}: a firewall or security plugin keeps us out; allow us")
        if status == 404 and code in ("", "rest_no_route"):
            return Shut(
                "no-route",
                f"{said}: there is no REST API at this url; check `url`, that WooCommerce is "
                "active, and that Settings > Permalinks is not Plain",
            )
        if code and status < 500:
            return Refused(code, f"{said}: {words}" if words else said)
        return refusal(answer, self._host, wrote=wrote)

    def _unknown_key(self) -> str:
        if self._auth != "oauth1" and self._http.url("").startswith("http://"):
            return "over plain http a shop takes signed calls only; write `auth: oauth1`"
        if self._auth == "basic":
            return (
                "it does not know `key`, or the host drops the Authorization header; with the "
                "right keys write `auth: query`"
            )
        return "it does not know `key`; copy it again, or make a new pair"


def error_of(value: Any) -> tuple[str, str]:
    """Return the code and the words of an error object of the shop; empty where there is none."""
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return "", ""
    code = re.sub(r"[^A-Za-z0-9_.-]", "", value["code"])[:100]
    message = value.get("message")
    return code, plain(message) if isinstance(message, str) else ""


def plain(text: str) -> str:
    """Return words of the shop as one line without markup."""
    bare = html.unescape(re.sub(r"<[^>]{0,500}>", "", text[:2000]))
    line = " ".join("".join(one if one.isprintable() else " " for one in bare).split())
    return line if len(line) <= _WORDS_MAX else line[: _WORDS_MAX - 1] + "…"
