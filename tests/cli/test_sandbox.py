"""`stocksync sandbox`: shops and tills on loopback, with a config that fits them."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from stocksync.config import load
from tests.cli.cast import Desk, desk


def test_its_config_is_well_and_its_shops_answer(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from stocksync.cli import main; main()", "sandbox"]
    words = ["--shops", "2", "--tills", "1", "--port", "0", "--seconds", "300"]
    with (
        (tmp_path / "said").open("w") as said,
        (tmp_path / "config.yaml").open("w") as config,
        subprocess.Popen([*command, *words], stdout=config, stderr=said) as process,
    ):
        try:
            text = _until(tmp_path / "said", "/sandbox/truth")
            secrets = dict(re.findall(r"([A-Z_]+)=(\S+)", text))
            (url,) = re.findall(r"curl (http\S+)/sandbox/truth", text)
            books = requests.get(f"{url}/sandbox/truth", timeout=30).json()
            knob = requests.post(f"{url}/sandbox/knobs", json={"webhook_loss": 0.2}, timeout=30)
            process.send_signal(signal.SIGINT)
            code = process.wait(30)
        finally:
            process.kill()

    folder = tmp_path / "config"
    folder.mkdir()
    (tmp_path / "config.yaml").rename(folder / "stocksync.yaml")
    (merchant,) = load(folder, {**os.environ, **secrets})
    assert list(merchant.channels) == ["web1", "web2", "till1"]
    assert books["MUG-RED"]["stock"] == 10
    assert knob.json()["webhook_loss"] == 0.2
    assert code == 0


def _until(file: Path, words: str) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = file.read_text()
        if words in text:
            return text
        time.sleep(0.05)
    raise AssertionError(file.read_text())


@pytest.fixture
def one(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def test_it_ends_by_itself_after_its_seconds(one: Desk) -> None:
    result = one.run("sandbox", "--port", "0", "--seconds", "0", "--knob", "latency_s=0.1")

    assert result.exit_code == 0
    assert result.stdout.startswith("merchant: sandbox\n")


@pytest.mark.parametrize("knob", ["latency", "lateness=1", "webhook_loss=2"])
def test_a_knob_that_is_none_is_refused(one: Desk, knob: str) -> None:
    result = one.run("sandbox", "--port", "0", "--seconds", "0", "--knob", knob)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--knob")


def test_an_empty_sandbox_is_refused(one: Desk) -> None:
    assert one.run("sandbox", "--shops", "0", "--tills", "0").exit_code == 2
