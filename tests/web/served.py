"""The real thing: granian in a process of its own, with a till and a shop from a real config."""

import base64
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Row, select

from stocksync.store.session import Database
from stocksync.store.tables import inbox, metadata
from tests.workers.waiting import until

TILL_KEY = b"stocksync-test-secret-0000000001"
TOKEN = "tok_test_0123456789abcdef0123456789abcdef"
WOO_SECRET = "the_secret_of_the_shop"
ROOT = Path(__file__).parents[2]

CONFIG = """\
merchant: corner-shop
timezone: Asia/Jerusalem
locations:
  shelf: {kind: own}
channels:
  till: {kind: till, webhook_secret: {env: TILL_SECRET}, location: shelf}
  kiosk: {kind: till, auth: shared_token, webhook_secret: {env: TOKEN}, location: shelf}
  web: {kind: woocommerce, webhook_secret: {env: WOO_SECRET}, location: shelf}
"""
SECRETS = {
    "TILL_SECRET": "whsec_" + base64.b64encode(TILL_KEY).decode(),
    "TOKEN": TOKEN,
    "WOO_SECRET": WOO_SECRET,
}


def environment(folder: Path, config: str = CONFIG) -> dict[str, str]:
    """Return the environment of a process that serves this config from this folder."""
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "stocksync.yaml").write_text(config, encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "STOCKSYNC_CONFIG": str(folder / "config"),
        "STOCKSYNC_STATE": str(folder),
        "REDIS_URL": f"unix://{folder}/nobody.sock",
        **SECRETS,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A door on a port of this machine."""

    port: int
    database: Database
    log: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        sent = {"content-type": "application/json", **headers}
        return requests.post(self.url(path), data=body, headers=sent, timeout=10)

    def raw(self, *pieces: bytes, half_close: bool = False) -> bytes:
        """Send bytes as they are; return all that comes back until the server hangs up."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=10)) as line:
            for piece in pieces:
                line.sendall(piece)
            if half_close:
                line.shutdown(socket.SHUT_WR)
            told = b""
            while piece := line.recv(65_536):
                told += piece
        return told

    def rows(self) -> list[Row[Any]]:
        with self.database.reading() as tx:
            return list(tx.execute(select(inbox).order_by(inbox.c.id)))


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve until the end of the block, then stop the processes that were started."""
    database = Database(f"sqlite:///{folder / 'stocksync.db'}")
    with database.begin() as tx:
        metadata.create_all(tx)
    port = _free_port()
    log = folder / "door.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            granian(port),
            cwd=ROOT,
            env=environment(folder),
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        until(lambda: _listens(port))
        yield Served(port=port, database=database, log=log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        database.close()


def granian(port: int) -> list[str]:
    options = ["--interface", "wsgi", "--factory", "--workers", "1", "--blocking-threads", "8"]
    here = ["--no-ws", "--http", "1", "--port", str(port)]
    return [sys.executable, "-m", "granian", *options, *here, "workers.web:create"]


def sale(receipt: str = "R-1") -> bytes:
    data = {
        "receipt_id": receipt,
        "occurred_at": "2026-11-20T12:00:00+02:00",
        "lines": [{"sku": "MUG-RED", "quantity": 1}],
    }
    event = {"type": "sale.completed", "timestamp": "2026-11-20T10:00:00Z", "data": data}
    return json.dumps(event).encode()


def signed_by_till(body: bytes, event_id: str) -> dict[str, str]:
    seconds = str(int(time.time()))
    text = f"{event_id}.{seconds}.".encode() + body
    given = base64.b64encode(hmac.digest(TILL_KEY, text, "sha256")).decode()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{given}",
    }


def signed_by_shop(body: bytes) -> dict[str, str]:
    given = base64.b64encode(hmac.digest(WOO_SECRET.encode(), body, "sha256")).decode()
    return {"x-wc-webhook-signature": given, "x-wc-webhook-topic": "order.updated"}


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok
    except requests.RequestException:
        return False
