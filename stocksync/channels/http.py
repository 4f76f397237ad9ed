"""The only way out: one guarded session a channel, whose failures say what happens next.

https unless told otherwise; no private address, however it is spelled, unless told otherwise;
no redirect, no proxy, no netrc, no cookie. Every call ends in time and within a size.

    answer = session.get("/wp-json/wc/v3/products", params=[("per_page", "100")])
    answer = session.write("POST", "/events", body=signed, headers={"webhook-id": "..."})

Both return what was answered with 2xx, or with a status in `accept`; everything else raises:

    before anything was sent    Transient; Shut if the address is one that we must not reach
    no (whole) answer           get: Transient    write: Unknown
    408, 5xx                    get: Transient    write: Unknown
    425, 429                    Transient, with the pause that was asked for
    401, 403, any redirect      Shut
    the rest                    Refused

An error names host and status; never a query, a header or a body, which may hold secrets.
"""

import json
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.util.connection import create_connection

from stocksync.channels.addresses import fit, is_public
from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown

Params = Sequence[tuple[str, str]]

TRIES = 3
PATIENCE = timedelta(seconds=5)
"""The longest pause that a call waits out itself; beyond it the rows wait."""
_JITTER = wait_random_exponential(multiplier=0.5, max=PATIENCE.total_seconds())
_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?", re.ASCII)
LONGEST_PAUSE = timedelta(hours=1)
_ADDRESSES = 4
_CHUNK = 64 * 1024
SHORT = frozenset({"unreachable", "timed-out", "cut-off", "throttled", "unavailable"})
"""The codes of troubles that a call tries to get over itself."""

# Its debug lines show whole addresses, and with `auth: query` the keys in them.
logging.getLogger("urllib3").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the body as JSON, fractions exact; `ValueError` if it is none."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_no_number)
        except RecursionError as e:
            raise ValueError("nested too deeply") from e

    @property
    def clock(self) -> datetime | None:
        """Return the sender's own time, where it tells it."""
        return _moment(self.headers.get("date", ""))

    def asked_at(self, took: timedelta) -> datetime | None:
        """Return the sender's own time when a call of so long began, where it tells it.

        It looked before it answered, so all the time that the call took is taken off.
        """
        return self.clock - took if self.clock else None

    @property
    def retry_after(self) -> timedelta | None:
        """Return the pause that was asked for, at most an hour; None if none was."""
        asked = self.headers.get("retry-after", "").strip()
        if _SECONDS.fullmatch(asked):
            pause = timedelta(seconds=min(float(asked[:12]), LONGEST_PAUSE.total_seconds()))
        else:
            until = _moment(asked)
            if until is None:
                return None
            pause = until - (self.clock or datetime.now(UTC))
        return min(max(pause, timedelta(0)), LONGEST_PAUSE)


class Http:
    """A session with one base address. `read_s` is how long a call may take once connected."""

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool,
        allow_insecure: bool,
        connect_s: float = 5.0,
        read_s: float = 60.0,
        body_max: int = 8 * 1024 * 1024,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = fit(url, allow_insecure=allow_insecure).rstrip("/")
        self._host = urlsplit(url).hostname or ""
        self._connect_s, self._read_s, self._body_max = connect_s, read_s, body_max
        self._sleep = sleep
        self._guard = _Guard(allow_private=allow_private)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = f"stocksync/{version('stocksync')}"
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _GuardedAdapter(self._guard))

    def url(self, path: str) -> str:
        """Return the whole address of a path, as a signature may need it."""
        return self._base + path

    def get(
        self,
        path: str,
        *,
        params: Params | Callable[[], Params] = (),
        headers: Mapping[str, str] | None = None,
        accept: Iterable[int] = (),
    ) -> Answer:
        """Return the answer; short troubles are tried again, three times at most in all.

        `params` may be a call that makes them anew for each try, as a signature that is good
        only once needs it.
        A call that used up its whole time is not tried again, nor one that was asked to wait
        longer than some seconds: that pause belongs to the row, and no worker sleeps it.
        """
        tries = again(SHORT, within_s=self._read_s, pause=_pause, sleep=self._sleep)
        wanted = frozenset(accept)
        return tries(
            lambda: self._call(
                "GET", path, params() if callable(params) else params, headers or {}, None, wanted
            )
        )

    def write(
        self,
        method: str,
        path: str,
        *,
        body: bytes,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        accept: Iterable[int] = (),
    ) -> Answer:
        """Send these very bytes once, as JSON unless `headers` say otherwise."""
        told = {"Content-Type": "application/json", **(headers or {})}
        return self._call(method, path, params, told, body, frozenset(accept))

    def _call(
        self,
        method: str,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        body: bytes | None,
        accept: frozenset[int],
    ) -> Answer:
        came = self._exchange(method, path, params, headers, body)
        if isinstance(came, CallError):
            # Raised out here: the library's own exception names the whole address.
            raise came
        if 200 <= came.status < 300 or came.status in accept:
            return came
        raise refusal(came, self._host, wrote=body is not None)

    def _exchange(
        self,
        method: str,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer | CallError:
        with self._guard.line(self._connect_s + self._read_s) as line:
            try:
                with self._session.request(
                    method,
                    self.url(path),
                    params=list(params),
                    headers=headers,
                    data=body,
                    timeout=(self._connect_s, self._read_s),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    whole = self._whole(response)
                if line.expired:  # what was cut may look whole: it had no length
                    raise requests.Timeout
            except (requests.RequestException, HTTPError, OSError) as e:
                return self._failure(e, line, wrote=body is not None)
        if whole is None:
            kind = Refused if body is None else Unknown
            return kind(
                "answer-too-large", f"{self._host} answered with more than {self._body_max} bytes"
            )
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=told, body=whole)

    def _whole(self, response: requests.Response) -> bytes | None:
        whole = bytearray()
        for chunk in response.iter_content(_CHUNK):
            whole += chunk
            if len(whole) > self._body_max:
                return None
        return bytes(whole)

    def _failure(self, e: Exception, line: "_Line", *, wrote: bool) -> CallError:
        host = self._host
        if line.refused:
            return Shut(
                "address-refused",
                f"{host} leads into a private network; if the channel really is there, write "
                "allow_private: true",
            )
        if line.certificate:
            return Transient("tls-failed", f"the certificate of {host}: {line.certificate}")
        if not line.connected and isinstance(e, requests.exceptions.SSLError):
            return Transient("tls-failed", f"{host} does not speak TLS as it should")
        if not line.connected:
            return Transient("unreachable", f"cannot connect to {host}: {line.why}")
        kind = Unknown if wrote else Transient
        if line.expired or _timed_out(e):
            return kind("timed-out", f"{host} did not answer within {self._read_s:g} s")
        return kind("cut-off", f"the connection to {host} was cut before its answer was whole")


def again(
    codes: Collection[str],
    *,
    within_s: float,
    pause: Callable[[float, timedelta | None], float],
    sleep: Callable[[float], None],
) -> Retrying:
    """Return what tries a call anew after a `Transient` of these codes, three times at most in all.

    One that asks for a pause beyond our patience is raised. `pause` makes of a random pause that
    grows, and of the one that was asked for, the seconds to wait.
    """

    def is_short(error: BaseException) -> bool:
        return (
            isinstance(error, Transient)
            and error.code in codes
            and (error.retry_after or timedelta(0)) <= PATIENCE
        )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, CallError) else None
        return pause(_JITTER(state), asked)

    return Retrying(
        stop=stop_after_attempt(TRIES) | stop_after_delay(within_s),
        wait=wait,
        retry=retry_if_exception(is_short),
        sleep=sleep,
        reraise=True,
    )


def refusal(answer: Answer, host: str, *, wrote: bool) -> CallError:
    """Return what an answer that is not 2xx means for the call it answers."""
    status = answer.status
    said = f"{host} answered {status}"
    if 300 <= status < 400:
        where = urlsplit(answer.headers.get("location", ""))
        to = f"to {where.scheme}://{where.hostname}" if where.hostname else "elsewhere"
        return Shut("redirected", f"{said} and sends us {to}; write its final address as url")
    if status in (401, 403):
        return Shut("denied", f"{said}: it does not let us in; check the key and its rights")
    if status in (425, 429):
        return Transient(
            "throttled", f"{said}: too many calls just now", retry_after=answer.retry_after
        )
    if status == 408 or status >= 500:
        kind = Unknown if wrote else Transient
        code = "unavailable" if status in (408, 502, 503, 504) else "server-error"
        return kind(code, said, retry_after=answer.retry_after)
    return Refused(f"http-{status}", said)


@dataclass(slots=True)
class _Line:
    """How far one call got."""

    sock: socket.socket | None = None
    connected: bool = True  # a connection that is kept from the call before stays so
    refused: bool = False
    expired: bool = False
    certificate: str = ""
    why: str = "it does not answer"

    def cut(self) -> None:
        """End a call that dribbles on: each byte in time, and never whole."""
        self.expired = True
        if self.sock is not None:
            with suppress(OSError):  # it ended just now
                # Not SSLSocket's own: that one takes the socket from under the reader.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Guard:
    """Connects only where it is allowed, and notes how far the call of this thread got."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._here = threading.local()

    @property
    def now(self) -> _Line:
        line: _Line = self._here.line
        return line

    @contextmanager
    def line(self, most_s: float) -> Iterator[_Line]:
        line = self._here.line = _Line()
        clock = threading.Timer(most_s, line.cut)
        clock.daemon = True
        clock.start()
        try:
            yield line
        finally:
            clock.cancel()

    def dial(self, connection: HTTPConnection) -> socket.socket:
        """Connect to an address that was looked at: nobody resolves the name a second time."""
        host, port = connection._dns_host, connection.port
        try:
            found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as e:
            self.now.why = "its name is not known"
            raise NewConnectionError(connection, self.now.why) from e
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        allowed = [one for one in addresses if self._allow_private or is_public(one)]
        if not allowed:
            self.now.refused = True
            raise NewConnectionError(connection, "address refused")
        for address in allowed[:_ADDRESSES]:
            try:
                self.now.sock = create_connection(
                    (address, port or 0),
                    connection.timeout,
                    source_address=connection.source_address,
                    socket_options=connection.socket_options,
                )
            except ConnectionRefusedError:
                self.now.why = "it refuses the connection"
            except OSError:
                self.now.why = "it does not answer"
            else:
                return self.now.sock
        raise NewConnectionError(connection, self.now.why)


class _Guarded(HTTPConnection):
    guard: ClassVar[_Guard]

    def _new_conn(self) -> socket.socket:
        return self.guard.dial(self)

    def connect(self) -> None:
        line = self.guard.now
        line.connected = False
        try:
            super().connect()
        except ssl.SSLCertVerificationError as e:
            line.certificate = e.verify_message
            raise
        if line.expired:
            raise NewConnectionError(self, "connected after the call was over")
        line.connected, line.sock = True, self.sock

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self.guard.now.sock = self.sock
        super().putrequest(*args, **kwargs)


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        bound = {"guard": self._guard}
        plain = type("_Plain", (_Guarded,), bound)
        secure = type("_Secure", (_Guarded, HTTPSConnection), bound)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }


def _pause(jitter: float, asked: timedelta | None) -> float:
    return max(jitter, asked.total_seconds() if asked else 0.0)


def _timed_out(e: Exception) -> bool:
    # While a body is read, requests wraps the time-out of urllib3 in an error of its own.
    inner = e.args[0] if e.args else None
    return isinstance(e, requests.Timeout) or isinstance(inner, ReadTimeoutError)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
