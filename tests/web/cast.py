"""A market stall that calls the door, and what stands behind the door."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, Row, event, select
from werkzeug.test import TestResponse

from stocksync.channels.base import Answer, Delivery, Stored, Trouble
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.core.facts import Fact
from stocksync.core.names import ChannelName, EventId, MerchantName
from stocksync.doorbell import Bells, InlineDoorbell
from stocksync.store.session import Database
from stocksync.store.tables import inbox, metadata
from stocksync.web import create
from stocksync.wiring import System
from tests.channels.listens import Listens

SHOP = MerchantName("corner-shop")
STALL = ChannelName("stall")
SECRET = b"the secret of the stall"
CANARY = "canary-Ruth-Levi-0501234567"
PATH = f"/hooks/{SHOP}/{STALL}"


class Stall(Listens):
    """A channel whose bodies say what shall become of them; it keeps a few headers to look at."""

    body_max = 20_000
    name = STALL

    def verify(self, delivery: Delivery) -> None:
        if delivery.headers.get("x-proof") != proof(delivery.body):
            raise Unauthentic(
                "bad-signature",
                "sign it",
                status=401,
                extra={"server_time": "noon", "skew_seconds": 7},
            )

    def minimise(self, delivery: Delivery) -> Sequence[Delivery]:
        try:
            said = json.loads(delivery.body)
        except ValueError:
            raise Unreadable("malformed-body", "the body is not JSON", status=400) from None
        if "refuse" in said:
            raise Unreadable(
                "invalid-event",
                "1 problem",
                status=said["refuse"],
                errors=[Trouble(code="invalid-event", detail="is required", pointer="/data/sku")],
                kept=_kept(delivery, {"id": "", "says": "pruned"}),
            )
        if said.get("bug"):
            raise ZeroDivisionError(CANARY)
        return [_kept(delivery, one) for one in said["events"]]

    def answer(self, deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
        if Stored.REUSED in stored:
            body = {"code": "id-reused", "detail": "use a new id", "id": deliveries[0].event_id}
            return Answer(status=409, body=body)
        new = stored.count(Stored.NEW)
        return Answer(status=202 if new else 200, body={"new": new, "all": len(stored)})

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        return ()


def _kept(delivery: Delivery, one: dict[str, Any]) -> Delivery:
    body = json.dumps({"says": one["says"]}).encode()
    wanted = ("x-note", "x-stocksync-peer")
    headers = {name: delivery.headers[name] for name in wanted if name in delivery.headers}
    trouble = one.get("trouble")
    return replace(
        delivery,
        body=body,
        headers={**headers, "token": delivery.token or ""},
        token=None,
        event_id=EventId(one["id"]),
        content=hashlib.sha256(body).hexdigest(),
        trouble=None if trouble is None else Trouble(code="odd", detail=trouble, pointer="/says"),
    )


def proof(body: bytes) -> str:
    return hashlib.sha256(SECRET + body).hexdigest()


def event_body(event_id: str = "e-1", says: str = "hello", **more: str) -> bytes:
    return json.dumps({"events": [{"id": event_id, "says": says, **more}]}).encode()


def problem(answer: TestResponse) -> dict[str, Any]:
    """Return what a problem says, but for the id that is new each time."""
    told: dict[str, Any] = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert told.pop("request_id")
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One door with its database; `client` calls it."""

    database: Database
    client: FlaskClient
    bells: InlineDoorbell
    file: Path

    def post(self, body: bytes, path: str = PATH, **headers: str) -> TestResponse:
        """Send a body with its proof; headers come on top, `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            path,
            data=body,
            headers={"content-type": "application/json", "x-proof": proof(body), **named},
        )

    def rows(self) -> list[Row[Any]]:
        with self.database.reading() as tx:
            return list(tx.execute(select(inbox).order_by(inbox.c.id)))

    def events(self) -> list[str]:
        return [row.event for row in self.rows()]

    def holds(self, text: str) -> bool:
        """Return whether these letters stand anywhere in the files of the database."""
        files = self.file.parent.glob(f"{self.file.name}*")
        return any(text.encode() in file.read_bytes() for file in files)


@contextmanager
def house(file: Path, *, tables: bool = True, busy_s: float = 0.2) -> Iterator[House]:
    """Open a door with a database file of its own, or with one that is already there."""
    database = Database(f"sqlite:///{file}", busy_s=busy_s)
    bells = InlineDoorbell()
    if tables:
        with database.begin() as tx:
            metadata.create_all(tx)
    client = create(system(database, bells)).test_client()
    try:
        yield House(database=database, client=client, bells=bells, file=file)
    finally:
        database.close()


def system(database: Database, bells: Bells) -> System:
    return System(
        merchants={},
        trades={},
        channels={(SHOP, STALL): Stall()},
        database=database,
        doorbell=bells,
    )


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Be the other program that holds SQLite's one lock."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def hobbled(pragma: str) -> Iterator[None]:
    """Let every connection that is opened meanwhile suffer from a pragma."""

    def suffer(raw: Any, record: Any) -> None:
        raw.execute(f"PRAGMA {pragma}")

    event.listen(Engine, "connect", suffer)
    try:
        yield
    finally:
        event.remove(Engine, "connect", suffer)
