"""Shots: each request is answered once; a refusal is no answer, and an error no number."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.rows import Wrong
from bench.shots import fire

REQUEST = b"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"


@contextmanager
def answering(statuses: dict[str, list[int]], heard: list[str]) -> Iterator[int]:
    """Answer each path with its statuses in turn, then with 200."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(2)
            heard.append(self.path)
            told = statuses.get(self.path, [])
            self.send_response(told.pop(0) if told else 200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"done")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def requests(count: int) -> list[bytes]:
    return [REQUEST % number for number in range(count)]


def test_every_request_is_answered_once() -> None:
    heard: list[str] = []
    with answering({}, heard) as port:
        fired = fire(port, requests(20), connections=3)

    assert sorted(place for place, _, _ in fired.answers) == list(range(20))
    assert sorted(heard) == sorted(f"/{number}" for number in range(20))
    assert fired.refused == 0


def test_what_was_refused_for_now_is_sent_again() -> None:
    heard: list[str] = []
    with answering({"/1": [503, 503]}, heard) as port:
        fired = fire(port, requests(3), connections=2)

    assert sorted(place for place, _, _ in fired.answers) == [0, 1, 2]
    assert heard.count("/1") == 3
    assert fired.refused == 2


def test_any_other_answer_is_an_error_and_no_number() -> None:
    with answering({"/2": [500]}, []) as port, pytest.raises(Wrong, match="500"):
        fire(port, requests(3), connections=1)


def test_a_pace_is_kept() -> None:
    with answering({}, []) as port:
        fired = fire(port, requests(3), at=[0.0, 0.15, 0.3], connections=2)

    left = [sent - fired.began_at for _, sent, _ in sorted(fired.answers)]
    assert left[0] < 0.1
    assert 0.15 <= left[1] < 0.3
    assert 0.3 <= left[2] < 0.6
