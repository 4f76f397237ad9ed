"""Requests on kept-alive lines, many at once, from one thread that does nothing else.

It must cost the machine far less than what it measures: all requests are made beforehand, and
of an answer only the status and the length are read.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bench.rows import Wrong

CONNECTIONS = 64
_WAIT_S = 30.0
_LATER = 503
_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What became of the requests: per answered one its place, when it left, and was answered.

    Moments are of the wall clock, in seconds; `cpu_s` is what sending cost the machine, `refused`
    how often the door asked for a second try.
    """

    answers: Sequence[tuple[int, float, float]]
    began_at: float
    ended_at: float
    cpu_s: float
    refused: int

    @property
    def rate(self) -> float:
        """Return how many were answered a second."""
        return len(self.answers) / (self.ended_at - self.began_at)


@dataclass(slots=True, eq=False)
class _Line:
    """One connection, and the request that waits for its answer on it."""

    socket: socket.socket
    place: int = -1
    sent_at: float = 0.0
    heard: bytearray = field(default_factory=bytearray)

    def send(self, place: int, request: bytes) -> None:
        self.place, self.sent_at = place, time.time()
        self.heard.clear()
        self.socket.sendall(request)

    def hear(self) -> int | None:
        """Take in what came; return the status once the answer is whole, or raise `Wrong`."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise Wrong("the server hung up in the middle")
        self.heard += piece
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found:
            return None
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if len(body) < int(length or 0):
            return None
        status = int(self.heard[9:12])
        if status >= 300 and status != _LATER:
            said = self.heard[:600].decode(errors="replace")
            raise Wrong(f"the server answered: {said}")
        return status


@dataclass(slots=True, kw_only=True)
class _Volley:
    """The requests that are still to be sent, in order; a refused one comes back."""

    requests: Sequence[bytes]
    at: Sequence[float] | None
    began_at: float
    refused: int = 0
    _next: int = 0
    _again: list[tuple[float, int]] = field(default_factory=list)

    def due(self) -> float | None:
        """Return when the next one may leave; None if none is left."""
        fresh = self._next < len(self.requests)
        first = self.began_at + self.at[self._next] if fresh and self.at else 0.0
        moments = ([first] if fresh else []) + [at for at, _ in self._again[:1]]
        return min(moments, default=None)

    def take(self) -> int:
        """Return the place of the one that is due."""
        if self._again and self._again[0][0] <= time.time():
            return self._again.pop(0)[1]
        self._next += 1
        return self._next - 1

    def refuse(self, place: int) -> None:
        """Take one back, to be sent again a little later."""
        self.refused += 1
        self._again.append((time.time() + _AGAIN_S, place))


def fire(
    port: int,
    requests: Sequence[bytes],
    *,
    at: Sequence[float] | None = None,
    seconds: float | None = None,
    connections: int = CONNECTIONS,
) -> Fired:
    """Have each request answered with 2xx once; on 503 it is sent again, all else is `Wrong`.

    Each leaves as soon as a line is free, or `at` so many seconds after the beginning. After
    `seconds` no more are sent.
    """
    answers: list[tuple[int, float, float]] = []
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        lines = [stack.enter_context(_line(port, selector)) for _ in range(connections)]
        free = list(lines)
        cpu, began_at = time.thread_time(), time.time()
        volley = _Volley(requests=requests, at=at, began_at=began_at)
        while True:
            over = seconds is not None and time.time() - began_at >= seconds
            due = None if over else volley.due()
            while free and due is not None and due <= time.time():
                place = volley.take()
                free.pop().send(place, requests[place])
                due = volley.due()
            if due is None and len(free) == len(lines):
                break
            wait_s = _WAIT_S if due is None or not free else max(0.0, due - time.time())
            heard = selector.select(wait_s)
            if not heard and wait_s == _WAIT_S:
                raise Wrong(f"nothing was answered for {_WAIT_S:.0f} s")
            for key, _ in heard:
                line: _Line = key.data
                status = line.hear()
                if status is None:
                    continue
                free.append(line)
                if status == _LATER:
                    volley.refuse(line.place)
                else:
                    answers.append((line.place, line.sent_at, time.time()))
        ended_at, cpu_s = time.time(), time.thread_time() - cpu
    return Fired(
        answers=answers,
        began_at=began_at,
        ended_at=ended_at,
        cpu_s=cpu_s,
        refused=volley.refused,
    )


@contextmanager
def _line(port: int, selector: selectors.BaseSelector) -> Iterator[_Line]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(connection)
        selector.register(connection, selectors.EVENT_READ, line)
        yield line


def fire_apart(port: int, requests: Sequence[bytes], at: Sequence[float] | None = None) -> Fired:
    """Send them from a process of its own: this one is busy being a shop."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(fire, (port, requests), {"at": at})
