from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from stocksync.store import inbox
from stocksync.store.inbox import Arrival
from stocksync.store.session import Database
from stocksync.store.tables import channels, metadata
from stocksync.web import create
from stocksync.wiring import from_environment
from tests.web.cast import SHOP, STALL, House, locked
from tests.web.served import environment


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{tmp_path / 'stocksync.db'}")
    with one.begin() as tx:
        metadata.create_all(tx)
    yield one
    one.close()


@pytest.fixture
def configured(tmp_path: Path, database: Database) -> Iterator[FlaskClient]:
    """A door as the environment says, whose Redis nobody runs."""
    system = from_environment(environment(tmp_path))
    yield create(system).test_client()
    system.database.close()


def test_a_living_process_is_healthy_even_without_its_database(tmp_path: Path) -> None:
    system = from_environment(environment(tmp_path))

    answer = create(system).test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    system.database.close()


def test_a_door_that_can_store_is_ready(shop: House) -> None:
    answer = shop.client.get("/readyz")

    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ready", "database": "ok", "doorbell": "ok"},
    )


def test_a_silent_bell_is_told_and_turns_no_delivery_away(configured: FlaskClient) -> None:
    answer = configured.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {
        "status": "ready",
        "database": "ok",
        "doorbell": "silent; deliveries are stored, and swept up",
    }


def test_a_door_that_cannot_store_is_not_ready_and_says_why(tmp_path: Path) -> None:
    system = from_environment(environment(tmp_path))  # nobody made its tables

    answer = create(system).test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert (answer.json["status"], answer.json["database"]) == ("not ready", "away")
    system.database.close()


def test_a_reader_does_not_mind_that_somebody_writes(shop: House) -> None:
    with locked(shop.file):
        answer = shop.client.get("/readyz")

    assert answer.status_code == 200


def test_metrics_show_what_waits_and_who_was_refused(
    configured: FlaskClient, database: Database
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with database.begin() as tx:
        inbox.put(tx, [_arrival("e-1", an_hour_ago), _arrival("e-2", an_hour_ago)])
        inbox.put(tx, [_arrival("e-3", an_hour_ago, reason="is odd")])
        tx.execute(insert(channels).values(merchant=SHOP, channel='a"b', refused=7))

    answer = configured.get("/metrics")

    lines = answer.text.splitlines()
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert 'stocksync_inbox_pending{merchant="corner-shop"} 2' in lines
    assert 'stocksync_inbox_parked{merchant="corner-shop"} 1' in lines
    assert 'stocksync_refused_total{merchant="corner-shop",channel="a\\"b"} 7' in lines
    (age,) = [line for line in lines if line.startswith("stocksync_inbox_oldest_pending_seconds{")]
    assert 3600 <= float(age.split(" ")[1]) < 3660


def test_metrics_without_a_database_are_503(tmp_path: Path) -> None:
    system = from_environment(environment(tmp_path))

    answer = create(system).test_client().get("/metrics")

    assert answer.status_code == 503
    system.database.close()


def _arrival(event: str, at: datetime, reason: str | None = None) -> Arrival:
    return Arrival(
        merchant=SHOP,
        channel=STALL,
        event=event,
        content="c",
        received_at=at,
        body=b"{}",
        headers={},
        reason=reason,
    )
