"""What `up` refuses before it starts anything, and how it takes over after a crash."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.workers.conftest import Play, Valkey
from tests.workers.waiting import alive, below, until
from workers import embedded
from workers.refusal import Refusal
from workers.stopping import Stop
from workers.up import claimed

CONFIG = """\
merchant: mugs
timezone: UTC
locations:
  shelf: {kind: own, name: "Our shelf"}
channels:
  till: {kind: till, webhook_secret: {env: TILL_SECRET}, location: shelf}
"""


class NeverAsked(Stop):
    """A stop that leaves the signals of the test process alone."""

    def __init__(self) -> None:
        self.asked = False

    def wait(self, seconds: float) -> bool:
        return False


def test_a_second_up_on_the_same_folder_is_refused(tmp_path: Path, play: Play) -> None:
    with claimed(tmp_path, NeverAsked()):
        second = play("workers", "up", "--port", _free_port(), STOCKSYNC_STATE=str(tmp_path))

        _, told = second.communicate(timeout=10)

    assert second.returncode == 2
    assert f"already up on the data folder {tmp_path} (process {os.getpid()})" in told


def test_a_port_in_use_is_refused(tmp_path: Path, play: Play) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = play("workers", "up", "--port", str(port), STOCKSYNC_STATE=str(tmp_path))
        _, told = up.communicate(timeout=10)

    assert up.returncode == 2
    assert f"port {port} on 127.0.0.1 is in use by another program" in told
    assert "--port" in told


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path, play: Play) -> None:
    (tmp_path / "file").write_text("")

    up = play("workers", "up", "--port", _free_port(), STOCKSYNC_STATE=str(tmp_path / "file"))
    _, told = up.communicate(timeout=10)

    assert up.returncode == 2
    assert "cannot be used" in told


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with claimed(tmp_path, NeverAsked()):
        pass
    with claimed(tmp_path, NeverAsked()):
        pass


def test_a_valkey_of_a_crashed_run_is_ended_before_the_next(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "children.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    leftover = subprocess.Popen(embedded.prepared(tmp_path), pass_fds=[lock])
    os.close(lock)
    until(lambda: embedded.socket_path(tmp_path).exists())

    with claimed(tmp_path, NeverAsked()):
        pass

    assert leftover.wait(5) == 0
    embedded.socket_path(tmp_path).parent.rmdir()


def test_a_runtime_folder_that_is_no_folder_of_ours_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = embedded.socket_path(tmp_path / "var").parent
    folder.symlink_to(tmp_path)

    with pytest.raises(Refusal, match="belongs to somebody else"):
        embedded.prepared(tmp_path / "var")


def test_the_socket_is_for_its_owner_alone(valkey: Valkey, tmp_path: Path) -> None:
    path = embedded.socket_path(tmp_path)

    assert oct(path.stat().st_mode)[-3:] == "700"
    assert oct(path.parent.stat().st_mode)[-3:] == "700"


def test_up_answers_heals_and_leaves_nothing(tmp_path: Path, play: Play) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "stocksync.yaml").write_text(CONFIG)
    port = _free_port()
    environ = {
        "STOCKSYNC_CONFIG": str(config),
        "STOCKSYNC_STATE": str(tmp_path / "var"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "TILL_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }

    up = play("workers", "up", "--port", port, **environ)
    until(lambda: _healthy(port), seconds=30)
    family = until(lambda: _whole(up.pid), seconds=30)
    web = next(pid for pid, command in family.items() if "web" in command)
    os.kill(web, signal.SIGKILL)
    until(lambda: alive([web]) == [])
    until(lambda: _healthy(port), seconds=30)
    family.update(until(lambda: _whole(up.pid), seconds=30))
    up.send_signal(signal.SIGINT)

    assert up.wait(10) == 0
    assert alive(family) == []
    embedded.socket_path(tmp_path / "var").parent.rmdir()


def test_a_refused_config_ends_up_with_every_mistake(tmp_path: Path, play: Play) -> None:
    (tmp_path / "stocksync.yaml").write_text("merchant: mugs\nbufer: 1\n")

    up = play(
        "workers",
        "up",
        "--port",
        _free_port(),
        STOCKSYNC_CONFIG=str(tmp_path),
        STOCKSYNC_STATE=str(tmp_path / "var"),
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    _, told = up.communicate(timeout=30)

    assert up.returncode == 2
    assert "stocksync.yaml:1: locations: is missing" in told
    assert "stocksync.yaml:2: bufer: no such setting" in told


def test_a_wrong_port_is_a_wrong_usage() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "workers", "up", "--port", "70000"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert asked.returncode == 2
    assert "a port is a number from 1 to 65535, not 70000" in asked.stderr


def _whole(up: int) -> dict[int, list[str]] | None:
    """Return the family once everybody is there."""
    family = below(up)
    told = [word for command in family.values() for word in command]
    parts = ("web", "apply", "clock", "workers.guard")
    return family if all(part in told for part in parts) else None


def _healthy(port: str) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])
