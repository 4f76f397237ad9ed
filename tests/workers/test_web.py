"""The web process around a small application."""

import os
import signal
import socket
import subprocess

import requests

from tests.workers.conftest import Play
from tests.workers.waiting import alive, until


def test_the_worker_of_a_killed_main_process_ends(play: Play) -> None:
    main, port = _door(play)
    worker = int(until(lambda: _answer(port)))
    assert worker != main.pid

    main.kill()

    until(lambda: alive([worker]) == [])
    assert _answer(port) == ""


def test_a_killed_worker_is_replaced_at_once(play: Play) -> None:
    _, port = _door(play)
    worker = until(lambda: _answer(port))

    os.kill(int(worker), signal.SIGKILL)

    assert until(lambda: _answer(port).replace(worker, ""), seconds=5)


def test_the_web_process_stops_when_asked(play: Play) -> None:
    main, port = _door(play)
    worker = int(until(lambda: _answer(port)))

    main.send_signal(signal.SIGTERM)

    assert main.wait(5) == 0
    assert alive([worker]) == []


def _door(play: Play) -> tuple[subprocess.Popen[str], int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    return play("tests.workers.play", "door", str(port)), port


def _answer(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=2).text
    except requests.RequestException:
        return ""
