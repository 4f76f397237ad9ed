"""The installed command, as a shell starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from tests.cli.cast import Desk, desk
from tests.workers.waiting import below, until

COMMAND = str(Path(sys.executable).with_name("stocksync"))


def run(shop: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        env={"PATH": os.environ["PATH"], **shop.environ},
        cwd=shop.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_comes_at_once_and_imports_nothing_heavy(tmp_path: Path) -> None:
    shop = desk(tmp_path)
    loaded = (
        "import sys; from stocksync.cli import main; main(['--help'], standalone_mode=False); "
        "sys.exit(bool({'sqlalchemy', 'pydantic', 'rich', 'rq', 'orjson'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", loaded], stdout=subprocess.PIPE, check=False)

    assert result.returncode == 0
    assert "Commands:" in run(shop, "--help").stdout


def test_a_count_and_its_stock(tmp_path: Path) -> None:
    shop = desk(tmp_path)

    counted = run(shop, "count", "קומקום=3", "--yes")
    stock = run(shop, "stock", "--json")

    assert counted.returncode == 0, counted.stderr
    assert orjson.loads(stock.stdout)[0]["sku"] == "קומקום"
    assert stock.stderr == ""


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    shop = desk(tmp_path)

    assert run(shop, "stock").returncode == 1
    assert run(shop, "count", "BOX=x").returncode == 2
    assert run(shop, "check").returncode == 0
    assert run(shop, "up", "--port", "0").returncode == 2


def test_a_name_that_is_no_utf8_is_no_traceback(tmp_path: Path) -> None:
    shop = desk(tmp_path)
    run(shop, "count", "BOX=1", "--yes")

    result = subprocess.run(
        [COMMAND.encode(), b"count", b"BOX\xff=1", b"--yes"],
        env={"PATH": os.environ["PATH"], **shop.environ},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


@pytest.mark.timeout(90)
def test_up_answers_settles_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    shop = desk(tmp_path, REDIS_URL="")
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers" / "__init__.py").write_text("raise RuntimeError('not ours')")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    up = subprocess.Popen(
        [COMMAND, "up", "--port", str(port)],
        env={"PATH": os.environ["PATH"], **shop.environ},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: up.poll() is not None or _answers(port), 45)
        assert up.poll() is None, up.communicate()[1]
        settled = run(shop, "settle", "--json", "--timeout", "20")
        second = run(shop, "up", "--port", str(port))
        up.send_signal(signal.SIGINT)
        _, said = up.communicate(timeout=30)
    finally:
        _end(up)

    assert orjson.loads(settled.stdout)["settled"] is True
    assert second.returncode == 2
    assert f"stocksync is up on http://127.0.0.1:{port}" in said
    assert up.returncode == 0


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            time.sleep(0.5)
            return True
    except OSError:
        return False


def _end(up: subprocess.Popen[str]) -> None:
    for pid in (*below(up.pid), up.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    up.wait(10)
    if up.stderr is not None:
        up.stderr.close()
