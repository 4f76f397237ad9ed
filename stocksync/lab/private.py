"""A private `up`: the whole program, started on a folder of its own and ended with it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import requests

from stocksync.core.names import MerchantName
from stocksync.store import merchants
from stocksync.wiring import System, from_environment

READY_S = 30.0
_END_S = 15.0


class NotUp(Exception):
    """The private installation did not start. The message holds its own words."""


@dataclass(slots=True, kw_only=True)
class Private:
    """A running installation with one merchant of its own, on a folder of its own."""

    home: Path
    port: int
    merchant: MerchantName
    environ: Mapping[str, str]
    system: System
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return where its door is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run `up`, and return once it answers. After a crash it goes on where it was."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 our own program, our own arguments
                [sys.executable, "-m", "workers", "up", "--port", str(self.port)],
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        _wait(self.process, f"{self.url}/readyz", self.log)

    def stop(self) -> None:
        """End it as Ctrl-C would, or, if it does not listen, by force."""
        if self.process is not None:
            end(self.process)

    @property
    def log(self) -> Path:
        """Return the file that holds what all its processes said."""
        return self.home / "up.log"


@contextmanager
def private_up(config: str, secrets: Mapping[str, str]) -> Iterator[Private]:
    """Run `up` with a config of one merchant, `{merchant}` in it being its name.

    SQLite in the folder, or the database that DATABASE_URL names: there the merchant's
    name is its own, and its rows are deleted at the end. The queue is always private.
    """
    merchant = MerchantName(f"replay-{token_hex(4)}")
    with tempfile.TemporaryDirectory(prefix="stocksync-") as folder:
        home = Path(folder)
        environ = _environment(home, secrets)
        (home / "config").mkdir()
        (home / "config" / "stocksync.yaml").write_text(
            config.replace("{merchant}", merchant), encoding="utf-8"
        )
        system = from_environment(environ)
        private = Private(
            home=home, port=free_port(), merchant=merchant, environ=environ, system=system
        )
        try:
            private.start()
            yield private
        finally:
            private.stop()
            if not system.database.is_sqlite:
                with system.database.begin() as tx:
                    merchants.forget(tx, merchant)
            system.database.close()


def _environment(home: Path, secrets: Mapping[str, str]) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return environ | {
        "STOCKSYNC_CONFIG": str(home / "config"),
        "STOCKSYNC_STATE": str(home / "var"),
        **secrets,
    }


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program as Ctrl-C would, or, if it does not listen, by force."""
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(url, timeout=1).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace").strip()
    raise NotUp(f"the private installation did not start; it said:\n{said[-2000:]}")
