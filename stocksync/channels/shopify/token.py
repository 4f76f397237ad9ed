"""The token that opens the Admin API: written in the config, or granted for a day at a time.

A granted token is renewed when four fifths of its life are over, or when the shop refuses it.
However many threads need a new one, one of them asks for it and the others wait; while the old
one still lives they go on with that.

Each process has a token of its own. Should a shop let the older ones die at each grant, two
processes take the token from each other; then each pauses before it takes it back, so that both
get on, in turn.
"""

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from stocksync.channels.errors import CallError, Shut, Transient, Unknown
from stocksync.channels.http import Answer, Http, refusal

GRANT_PATH: Final = "/admin/oauth/access_token"
RENEW_AT: Final = 0.8
"""The part of its life after which a token is renewed."""
_LIFE_MAX_S = 7 * 86_400
_PAUSE_S = 60.0
"""Between two tries to renew a token that still lives."""
_NEW_S = 10.0
"""A token that is refused so soon was not outlived, but replaced by another process's."""
_TURN_S = (0.2, 0.8)
"""So long the other process is left alone with its token."""
_REFUSALS = frozenset({400, 401, 402, 403, 404, 422, 423})
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


log = logging.getLogger(__name__)


class Tokens(Protocol):
    """Where a call gets its token from."""

    def value(self) -> str:
        """Return a token that should be good, or raise `CallError`."""
        ...

    def instead(self, refused: str) -> str | None:
        """Return another one than the shop refused; None if there is no other to be had."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Permanent:
    """A token of an old custom app, which lives until somebody revokes it."""

    token: str = field(repr=False)

    def value(self) -> str:
        """Return it."""
        return self.token

    def instead(self, refused: str) -> str | None:
        """Return nothing: there is only this one."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    token: str = field(repr=False)
    asked_at_s: float
    renew_at_s: float
    dies_at_s: float


class Granted:
    """The tokens of an app of the merchant's own, by its client credentials.

    `secrets` are tried in their order: while one is rotated, the shop may know either.
    """

    def __init__(
        self,
        http: Http,
        *,
        host: str,
        client_id: str,
        secrets: Sequence[str],
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._host = host
        self._client_id, self._secrets = client_id, tuple(secrets)
        self._seconds = seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._now: _Granted | None = None

    def value(self) -> str:
        """Return a token that should be good; ask for one if there is none, or an old one."""
        held, now = self._now, self._seconds()
        if held is not None and now < held.renew_at_s:
            return held.token
        lives = held is not None and now < held.dies_at_s
        if not self._lock.acquire(blocking=not lives):
            return held.token if held is not None else ""
        try:
            return self._renewed(held)
        except CallError as e:
            if held is None or not lives:
                raise
            # Asked for early, so that there is time: whatever is wrong, this one still opens.
            pause_s = _PAUSE_S if e.retry_after is None else e.retry_after.total_seconds()
            self._now = replace(held, renew_at_s=min(now + pause_s, held.dies_at_s))
            facts = {"shop": self._host, "code": e.code, "why": e.detail}
            log.warning("token not renewed", extra=facts)
            return held.token
        finally:
            self._lock.release()

    def instead(self, refused: str) -> str | None:
        """Return a token granted after the refused one; after a pause if that was a new one."""
        with self._lock:
            held = self._now
            if held is not None and held.token != refused:
                return held.token
            if held is not None and self._seconds() < held.asked_at_s + _NEW_S:
                # With the lock: a thread that needed no pause would take the other's turn away.
                self._sleep(random.uniform(*_TURN_S))  # noqa: S311 a pause is no secret
            return self._renewed(held)

    def _renewed(self, seen: _Granted | None) -> str:
        if self._now is not None and self._now is not seen:
            return self._now.token  # another thread was faster
        asked_at = self._seconds()
        answer = self._asked()
        self._now = self._read(answer, asked_at)
        return self._now.token

    def _asked(self) -> Answer:
        refused: CallError | None = None
        for secret in self._secrets:
            form = {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": secret,
            }
            try:
                answer = self._http.write(
                    "POST",
                    GRANT_PATH,
                    body=urlencode(form).encode(),
                    headers=_FORM,
                    accept=_REFUSALS,
                )
            except Unknown as e:
                # Nothing in the shop was touched: a grant that nobody heard of harms nobody.
                raise Transient(e.code, e.detail, retry_after=e.retry_after) from None
            if answer.status < 300:
                return answer
            refused = self._refusal(answer)
            if answer.status not in (400, 401):
                break
        raise refused or Shut("no-secret", "there is no client secret to ask for a token with")

    def _refusal(self, answer: Answer) -> CallError:
        said = f"{self._host} answered {answer.status} to our request for a token"
        code = _code(answer)
        if answer.status == 404:
            return Shut("no-shop", f"{said}; `shop` is not the name of a shop, correct it")
        if answer.status in (402, 423):
            return Shut("shop-closed", f"{said}: the shop is frozen or locked; its owner must act")
        if answer.status in (400, 401, 403, 422):
            return Shut(
                "key-refused",
                f"{said}{code and ' '}{code}; copy client_id and client_secret again, and see that "
                "the app is of the same organisation as the shop and installed there",
            )
        return refusal(answer, self._host, wrote=False)

    def _read(self, answer: Answer, asked_at: float) -> _Granted:
        told = _object(answer)
        token, life = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,4096}", token):
            raise Transient("no-json", f"{self._host} granted a token without naming it")
        seconds = life if isinstance(life, int) and 0 < life <= _LIFE_MAX_S else 3600
        return _Granted(
            token=token,
            asked_at_s=asked_at,
            renew_at_s=asked_at + RENEW_AT * seconds,
            dies_at_s=asked_at + seconds,
        )


def _object(answer: Answer) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _code(answer: Answer) -> str:
    code = _object(answer).get("error")
    return re.sub(r"[^A-Za-z0-9_.-]", "", code)[:60] if isinstance(code, str) else ""
