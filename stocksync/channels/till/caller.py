"""Calls to a till: signed afresh at every try, each ending within its time."""

import base64
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from stocksync.channels import http
from stocksync.channels.errors import Refused, Shut, Unknown
from stocksync.channels.till.outgoing import Outgoing
from stocksync.channels.till.proof import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER

CONNECT_S_MAX = 5.0
BODY_MAX = 8 * 1024 * 1024
WORDS_MAX = 300

_GONE = frozenset({404, 405, 410})
_TOLD = frozenset({400, 409, 413, 422})
"""Statuses whose body says more than the status does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An answer, and how long it took to come."""

    answer: http.Answer
    took: timedelta

    def clock(self, otherwise: datetime) -> datetime:
        """Return the till's own time when it was asked, or another where it tells none."""
        return self.answer.asked_at(self.took) or otherwise


class Caller:
    """The one that calls a till. `settings` have a `push_url`."""

    def __init__(self, settings: Outgoing) -> None:
        self._settings = settings
        self._key = settings.push_key if settings.push_auth == "standard" else b""
        named = (settings.push_url, settings.levels_url, settings.movements_url)
        origins = {_origin(url) for url in named if url}
        seconds = settings.timeout.total_seconds()
        self._lines = {
            origin: http.Http(
                origin,
                allow_private=settings.allow_private,
                allow_insecure=settings.allow_insecure,
                connect_s=min(CONNECT_S_MAX, seconds),
                read_s=seconds,
                body_max=BODY_MAX,
            )
            for origin in origins
        }

    def post(self, url: str, key: str, body: bytes) -> Heard:
        """Send these bytes once under a key, or raise what became of it."""
        headers = {**self._proof(key, body), "Idempotency-Key": key}
        began = time.monotonic()
        answer = self._lines[_origin(url)].write(
            "POST", urlsplit(url).path, body=body, headers=headers, accept=_GONE | _TOLD
        )
        if not answer.status < 300:
            raise _declined(url, answer)
        return Heard(answer=answer, took=timedelta(seconds=time.monotonic() - began))

    def get(self, url: str, params: http.Params) -> Heard:
        """Ask, or raise what became of it. Without a body, no bytes at all are signed."""
        began = time.monotonic()
        answer = self._lines[_origin(url)].get(
            urlsplit(url).path,
            params=params,
            headers=self._proof(f"read_{uuid4().hex}", b""),
            accept=_GONE,
        )
        if not answer.status < 300:
            raise _declined(url, answer)
        return Heard(answer=answer, took=timedelta(seconds=time.monotonic() - began))

    def _proof(self, message_id: str, body: bytes) -> Mapping[str, str]:
        settings = self._settings
        secret = settings.push_secret.value
        match settings.push_auth:
            case "standard":
                return signed(self._key, message_id, datetime.now(UTC), body)
            case "bearer":
                return {"Authorization": f"Bearer {secret}"}
            case "basic":
                return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
            case "header":
                return {str(settings.push_header): secret}


def signed(key: bytes, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks for a try that is made now."""
    seconds = str(int(now.timestamp()))
    digest = hmac.digest(key, f"{message_id}.{seconds}.".encode() + body, "sha256")
    return {
        ID_HEADER: message_id,
        TIME_HEADER: seconds,
        SIGNATURE_HEADER: f"v1,{base64.b64encode(digest).decode()}",
    }


def _declined(url: str, answer: http.Answer) -> Exception:
    said = f"{urlsplit(url).hostname} answered {answer.status}"
    words = _words(answer)
    if answer.status in _GONE:
        return Shut("gone", f"{said}: nothing takes calls there; correct the address in the config")
    if answer.status == 409:
        # An earlier try under this key may be about to land: that it was not taken is not sure.
        detail = f"{said}: it is still working on this key"
        return Unknown("in-progress", detail, retry_after=answer.retry_after)
    if answer.status == 413:
        return Refused("too-large", f"{said}: the batch is too large; lower push_batch")
    return Refused(f"http-{answer.status}", f"{said}: {words}" if words else said)


def _words(answer: http.Answer) -> str:
    """Return what an error says of itself: the detail of a problem, else its text."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    told = said.get("detail") or said.get("title") if isinstance(said, dict) else None
    if not isinstance(told, str):
        is_text = answer.headers.get("content-type", "").startswith("text/plain")
        told = answer.body.decode("utf-8", "replace") if is_text else ""
    return " ".join(told.split())[:WORDS_MAX]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
