"""The loopback server below every sandbox."""

import threading
import time

import pytest
import requests
from werkzeug.wrappers import Request, Response

from stocksync.sandbox.server import serve
from stocksync.sandbox.silence import NoAnswer


class Echo:
    """Says back what it was sent, on which path, and by which thread."""

    def __init__(self, name: str) -> None:
        self.name = name

    def handle(self, request: Request) -> Response:
        if request.path == "/silence":
            raise NoAnswer(float(request.args.get("s", "0.05")))
        body = request.get_data()
        name = threading.current_thread().name
        return Response(body, headers={"X-Path": request.path, "X-Line": name})


def test_each_site_answers_below_its_name() -> None:
    with serve([Echo("web"), Echo("till")]) as served:
        answer = requests.post(f"{served.url('till')}/a/b", data=b"hello", timeout=5)
        nowhere = requests.get(f"http://127.0.0.1:{served.port}/shed/a", timeout=5)
        with pytest.raises(LookupError, match="shed"):
            served.url("shed")

    assert (answer.text, answer.headers["X-Path"]) == ("hello", "/a/b")
    assert nowhere.status_code == 404
    assert "Date" in answer.headers


def test_a_connection_is_kept_for_many_calls_and_bodies() -> None:
    with serve([Echo("web")]) as served, requests.Session() as session:
        url = served.url("web")
        lines = {
            session.post(f"{url}/{n}", data=b"x" * n, timeout=5).headers["X-Line"]
            for n in (0, 10, 100_000, 1)
        }
        chunked = session.post(url, data=iter([b"ab", b"cd"]), timeout=5)

    assert len(lines) == 1
    assert chunked.text == "abcd"


def test_a_site_can_stay_silent_while_others_are_served() -> None:
    with serve([Echo("web")]) as served, requests.Session() as session:
        url = served.url("web")
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/silence", timeout=5)
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{url}/silence?s=30", timeout=0.05)
        assert session.get(url, timeout=5).status_code == 200


def test_the_end_waits_for_nobody() -> None:
    session = requests.Session()
    with serve([Echo("web")]) as served:
        url = served.url("web")
        session.get(url, timeout=5)
        waiting = threading.Thread(target=_silent, args=(f"{url}/silence?s=600",))
        waiting.start()
        time.sleep(0.1)
        before = time.monotonic()

    assert time.monotonic() - before < 2
    waiting.join(timeout=2)
    assert not waiting.is_alive()
    session.close()


def _silent(url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=20)
