"""A till channel that reaches out, and what it reaches: the sandbox till, or a stub."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from stocksync.channels.base import Batch, Ended, Outcome, Target, Write
from stocksync.channels.errors import CallError
from stocksync.channels.till import Till
from stocksync.core.names import ListingId
from stocksync.core.offers import Status
from stocksync.sandbox import till as sandbox
from stocksync.sandbox.server import Site, serve
from tests.channels.till.cast import CURRENT, NOON, OLD, secret, till

NAME = "till-main"


def reaching(url: str, **keys: Any) -> Till:
    """Return a channel that sets and reads the numbers of the till at `url`."""
    standing = {
        "push_url": f"{url}/stock",
        "levels_url": f"{url}/levels",
        "movements_url": f"{url}/movements",
        "push_secret": secret(OLD),
        "allow_private": True,
        "allow_insecure": True,
        "timeout": "2s",
    }
    return till(**{**standing, **keys})


@contextmanager
def open_till(**keys: Any) -> Iterator[tuple[sandbox.Till, Till]]:
    """Serve a sandbox till; yield it and the channel that reaches it."""
    settings = keys.pop("settings", {})
    one = sandbox.Till(NAME, **{"webhook_secret": CURRENT, "push_secret": OLD, **keys})
    with serve([one]) as served:
        yield one, reaching(served.url(NAME), **settings)


@dataclass
class Stub:
    """Answers every call with one answer, and remembers what came."""

    answer: Response
    name: str = NAME
    came: list[Request] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        self.came.append(request)
        return self.answer


@contextmanager
def answered(
    status: int, body: Any = b"", headers: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[tuple[Stub, Till]]:
    """Serve a stub that answers so; yield it and the channel that reaches it."""
    stub = Stub(Response(body, status, headers))
    with served_at(stub) as url:
        yield stub, reaching(url, **settings)


@contextmanager
def served_at(site: Site) -> Iterator[str]:
    with serve([site]) as served:
        yield served.url(site.name)


def write(
    sku: str = "MUG-RED",
    number: int = 8,
    expected: int = 10,
    sequence: int = 1,
    status: Status | None = None,
    location: str = "main",
) -> Write:
    target = Target(listing=ListingId(f"{location}:{sku}"), sku=sku)
    return Write(target=target, number=number, expected=expected, sequence=sequence, status=status)


def batch(*writes: Write, key: str = "push_1", sent_at: datetime = NOON) -> Batch:
    return Batch(key=key, sent_at=sent_at, writes=writes or (write(),))


def outcomes(ended: Sequence[Ended]) -> list[tuple[str, Outcome, int | None]]:
    """Return what became of each SKU, and the number that was named with it."""
    return [(one.listing.partition(":")[2], one.outcome, one.shown) for one in ended]


def failure(channel: Till, one: Batch | None = None) -> CallError:
    """Return the error that a push ends with."""
    try:
        ended = channel.push(one or batch())
    except CallError as e:
        return e
    raise AssertionError(f"it was answered: {ended}")


def wait_until(so: Callable[[], bool], most_s: float = 5.0) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + most_s
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.005)
