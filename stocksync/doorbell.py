"""Wakes a worker. The row is the truth; losing every ring costs seconds."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, WatchError
from redis.retry import Retry
from redis.sentinel import Sentinel
from rq import Queue
from rq.serializers import JSONSerializer

from stocksync.core.names import ChannelName, MerchantName

APPLY = "apply"
PUSH = "push"
JOBS = {APPLY: "workers.jobs.apply", PUSH: "workers.jobs.push"}
"""What runs when a bell rings; each bell has a queue of its own name."""
ALL = ChannelName("")
"""A bell that is for all channels of a merchant."""

BELL_TTL_S = 10
CONNECT_S = 0.2
ANSWER_S = 0.5
PAUSE_S = 0.5
"""How long the bells rest after a failure, so that a dead Redis cannot slow the door down."""
JOB_TTL_S = 60
"""A job nobody fetched in this time is forgotten; the sweep has done its work long ago."""

_SENTINEL_PORT = 26379
_SOCKET_PATH_MAX = 103  # bytes that fit into sun_path on macOS; Linux takes 107
_ADDRESSES = (
    "write redis://host:6379/0, rediss://host:6379/0, unix:///path/to.sock "
    "or sentinel://host:26379,host:26379/name"
)

log = logging.getLogger(__name__)


class WrongRedisUrl(ValueError):
    """The address of Redis cannot be understood. It never repeats a password."""


class Bells(Protocol):
    """What rings for workers."""

    def ring(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> bool:
        """Have one worker run the bell's job soon. Return False if nobody will hear it."""
        ...

    def clear(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> None:
        """Let the next ring count again; the job says so before it looks at the rows."""
        ...


class Doorbell:
    """Rings through Redis. Many rings before the job looks are one job; no ring ever raises."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection
        self._queues = {
            bell: Queue(bell, connection=connection, serializer=JSONSerializer) for bell in JOBS
        }
        self._silent_until = 0.0
        self._failing = False

    def ring(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> bool:
        """Have one worker run the bell's job soon. Return False if nobody will hear it."""
        if bell not in JOBS:
            raise KeyError(f"there is no bell {bell!r}; the bells are {', '.join(JOBS)}")
        return self._try(bell, merchant, channel, self._ring)

    def clear(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> None:
        """Let the next ring count again; the job says so before it looks at the rows."""
        self._try(bell, merchant, channel, lambda b, m, c: self._redis.delete(_key(b, m, c)))

    def _ring(self, bell: str, merchant: MerchantName, channel: ChannelName) -> None:
        key = _key(bell, merchant, channel)
        if self._redis.exists(key):
            return
        with self._redis.pipeline() as pipe:
            try:
                pipe.watch(key)  # type: ignore[no-untyped-call]
                if pipe.exists(key):
                    return
                pipe.multi()
                pipe.set(key, 1, ex=BELL_TTL_S)
                self._queues[bell].enqueue_call(
                    JOBS[bell],
                    args=(merchant, channel) if channel else (merchant,),
                    # Databases time out their statements. An alarm of RQ would strike
                    # inside a transaction and look like a fault of the rows in it.
                    timeout=-1,
                    ttl=JOB_TTL_S,
                    result_ttl=0,
                    failure_ttl=JOB_TTL_S,
                    pipeline=pipe,
                )
                pipe.execute()
            except WatchError:
                return  # somebody rang at the same moment: one job is enough

    def _try(
        self,
        bell: str,
        merchant: MerchantName,
        channel: ChannelName,
        act: Callable[[str, MerchantName, ChannelName], object],
    ) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        facts = {"bell": bell, "merchant": merchant, "channel": channel}
        try:
            act(bell, merchant, channel)
        except (RedisError, OSError) as e:
            self._silent_until = time.monotonic() + PAUSE_S
            # Once an outage: a storm of deliveries would bury every other line.
            level = logging.DEBUG if self._failing else logging.WARNING
            self._failing = True
            log.log(level, "bell failed", extra={**facts, "error": f"{type(e).__name__}: {e}"})
            return False
        if self._failing:
            self._failing = False
            log.info("bell worked again", extra=facts)
        return True


class InlineDoorbell:
    """Records every ring, and runs the job at once if it was given one for that bell."""

    def __init__(self, jobs: Mapping[str, Callable[[MerchantName], object]] | None = None) -> None:
        self._jobs = dict(jobs or {})
        self.rung: list[tuple[str, MerchantName]] = []
        self.cleared: list[tuple[str, MerchantName]] = []

    def ring(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> bool:
        """Have the bell's job run now."""
        self.rung.append((bell, merchant))
        if bell in self._jobs:
            self._jobs[bell](merchant)
        return True

    def clear(self, bell: str, merchant: MerchantName, channel: ChannelName = ALL) -> None:
        """Note that the job is about to look."""
        self.cleared.append((bell, merchant))


def connect(
    url: str,
    *,
    connect_s: float = CONNECT_S,
    answer_s: float = ANSWER_S,
    retry: Retry | None = None,
) -> redis.Redis:
    """Return a connection to the Redis or Valkey at `url`, or raise `WrongRedisUrl`.

    Nothing is sent yet. The patience is the door's unless the caller has more.
    """
    options: dict[str, Any] = {
        "socket_connect_timeout": connect_s,
        "socket_timeout": answer_s,
        "retry": retry or Retry(NoBackoff(), 0),
    }
    try:
        if url.startswith("sentinel://"):
            return _through_sentinels(url, options)
        _check(url)
        connection = redis.Redis.from_url(url, **options)
        # A setting that redis-py does not know would only show at the first command.
        connection.connection_pool.make_connection()
    except WrongRedisUrl:
        raise
    except (ValueError, TypeError):
        # The reason is left out: it may quote a piece of the password.
        raise WrongRedisUrl(
            f"REDIS_URL is not understood; {_ADDRESSES}, a password with %2F for / and so on"
        ) from None
    return connection


def embedded_redis_url(data_dir: Path | str) -> str:
    """Return where the private Valkey of one data folder listens.

    Its socket has a short folder of its own, because the path of a socket is limited
    to about a hundred bytes and data folders may lie deep.
    """
    digest = hashlib.sha256(os.fsencode(Path(data_dir).resolve())).hexdigest()[:12]
    name = f"stocksync-{os.getuid()}-{digest}/valkey.sock"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR")):
        if base and Path(base).is_dir() and len(os.fsencode(f"{base}/{name}")) <= _SOCKET_PATH_MAX:
            return f"unix://{quote(str(Path(base).absolute() / name))}"
    return f"unix:///tmp/{name}"


def _key(bell: str, merchant: MerchantName, channel: ChannelName) -> str:
    return f"bell:{merchant}:{bell}:{channel}" if channel else f"bell:{merchant}:{bell}"


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise WrongRedisUrl(f"REDIS_URL does not start like an address of Redis; {_ADDRESSES}")
    if parts.scheme == "unix" and not parts.path:
        raise WrongRedisUrl("REDIS_URL names no socket; write unix:///path/to.sock")
    if parts.scheme != "unix" and parts.path.strip("/") and not parts.path.strip("/").isdigit():
        raise WrongRedisUrl(f"REDIS_URL ends in something that is no database; {_ADDRESSES}")


def _through_sentinels(url: str, options: Mapping[str, Any]) -> redis.Redis:
    # Not urlsplit: newer Pythons refuse a list of hosts with an IPv6 address among them.
    netloc, _, rest = url.removeprefix("sentinel://").partition("/")
    path, _, asked = rest.partition("?")
    credentials, _, hosts = netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    service = unquote(path.strip("/"))
    query = dict(parse_qsl(asked, strict_parsing=bool(asked)))
    db = query.pop("db", "0")
    sentinel_password = query.pop("sentinel_password", None)
    if not hosts or not service or not db.isdigit() or query:
        raise WrongRedisUrl(
            "REDIS_URL is no address of Sentinels: write "
            "sentinel://user:password@host:26379,host:26379/name?db=0&sentinel_password=..."
        )
    places = [urlsplit(f"//{host}") for host in hosts.split(",")]
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(place.hostname or "localhost", place.port or _SENTINEL_PORT) for place in places],
        sentinel_kwargs={**options, "password": sentinel_password},
        **options,
    )
    connection: redis.Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        service,
        db=int(db),
        username=unquote(username) or None,
        password=unquote(password) or None,
    )
    return connection
