"""While the database is away the answer is 503, and the same id is accepted later."""

import shutil
from pathlib import Path

from werkzeug.test import TestResponse

from stocksync.doorbell import InlineDoorbell
from stocksync.store.session import Database
from stocksync.store.tables import metadata
from stocksync.web import create
from tests.web.cast import (
    PATH,
    House,
    event_body,
    hobbled,
    house,
    locked,
    problem,
    proof,
    system,
)


def assert_not_stored(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert problem(answer) == {
        "type": "urn:stocksync:problem:not-stored",
        "title": "Not stored",
        "status": 503,
        "code": "not-stored",
        "detail": "the database cannot take it now; send the same id and body again",
        "instance": PATH,
    }


def test_a_locked_database_is_503_and_then_the_same_id_is_accepted(shop: House) -> None:
    with locked(shop.file):
        refused = shop.post(event_body("e-1"))

    taken = shop.post(event_body("e-1"))

    assert_not_stored(refused)
    assert taken.status_code == 202
    assert shop.events() == ["e-1"]


def test_an_unreadable_body_that_cannot_be_parked_is_503_too(shop: House) -> None:
    with locked(shop.file):
        refused = shop.post(b"not json")

    again = shop.post(b"not json")

    assert_not_stored(refused)
    assert again.status_code == 400
    assert [row.state for row in shop.rows()] == ["parked"]


def test_a_database_without_tables_is_503(tmp_path: Path) -> None:
    with house(tmp_path / "stocksync.db", tables=False) as shop:
        refused = shop.post(event_body("e-1"))
        with shop.database.begin() as tx:
            metadata.create_all(tx)
        taken = shop.post(event_body("e-1"))

    assert_not_stored(refused)
    assert taken.status_code == 202


def test_a_database_whose_folder_is_gone_is_503(tmp_path: Path) -> None:
    with house(tmp_path / "gone" / "stocksync.db", tables=False) as shop:
        shutil.rmtree(tmp_path / "gone")

        refused = shop.post(event_body("e-1"))

    assert_not_stored(refused)


def test_a_database_that_may_only_be_read_is_503_and_gets_no_row(tmp_path: Path) -> None:
    with house(tmp_path / "stocksync.db"):
        pass
    with hobbled("query_only = ON"), house(tmp_path / "stocksync.db", tables=False) as shop:
        refused = shop.post(event_body("e-1"))

        assert_not_stored(refused)
        assert shop.rows() == []


def test_a_full_disk_is_503_and_leaves_no_half_row(tmp_path: Path) -> None:
    large = event_body("e-1", "x" * 19_000)
    with house(tmp_path / "stocksync.db") as shop, shop.database.reading() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    with (
        hobbled(f"max_page_count = {pages + 2}"),
        house(tmp_path / "stocksync.db", tables=False) as shop,
    ):
        refused = shop.post(large)
        small = shop.post(event_body("e-2"))
        assert_not_stored(refused)
        assert small.status_code == 202
        assert shop.events() == ["e-2"]

    with house(tmp_path / "stocksync.db", tables=False) as shop:
        taken = shop.post(large)

    assert taken.status_code == 202


def test_a_postgres_that_nobody_runs_is_503() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    client = create(system(database, InlineDoorbell())).test_client()
    body = event_body()

    refused = client.post(
        PATH, data=body, headers={"content-type": "application/json", "x-proof": proof(body)}
    )

    assert_not_stored(refused)
    assert "127.0.0.1" not in refused.text
    database.close()
