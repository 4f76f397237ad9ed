import subprocess
import sys
from pathlib import Path

from tests.web.served import CONFIG, ROOT, environment


def started(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import stocksync.web; stocksync.web.create()"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_right_config_starts_in_silence(tmp_path: Path) -> None:
    ended = started(environment(tmp_path))

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_wrong_config_is_told_on_stderr_and_ends_with_2(tmp_path: Path) -> None:
    ended = started(environment(tmp_path, CONFIG.replace("kind: own", "kind: mine")))

    assert ended.returncode == 2
    assert f"{tmp_path}/config/stocksync.yaml:4: locations.shelf.kind:" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_address_of_redis_is_told_without_its_password(tmp_path: Path) -> None:
    ended = started({**environment(tmp_path), "REDIS_URL": "http://user:hush-hush@host"})

    assert ended.returncode == 2
    assert "REDIS_URL" in ended.stderr
    assert "hush" not in ended.stderr
