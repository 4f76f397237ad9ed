"""How a till calls: in parallel, in bursts, late, forged, with the database away."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import time_machine
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from stocksync.flow import apply
from stocksync.store import notes, tables
from stocksync.wiring import utc_now
from tests import databases
from tests.channels.till import cast
from tests.channels.till.cast import OLD_KEY, TOKEN, batch, event, signed
from tests.channels.woocommerce import shop
from tests.channels.woocommerce.shop import NOON, line, order
from tests.story import effect
from tests.story.house import MERCHANT, TILL, TOKEN_MODE, WEB, House, as_bytes, config, opened
from tests.story.street import sale
from tests.story.web import free
from tests.web.cast import locked


def test_row_1_the_same_id_from_twenty_threads_moves_stock_once(house: House) -> None:
    house.count({"MUG-RED": 10})
    start = effect.before(house)
    one = signed(sale("R-1"), event_id="msg_1", at=utc_now())
    all_stand_at_the_door = Barrier(20, timeout=10)

    def knock() -> int:
        client = house.client.application.test_client()
        all_stand_at_the_door.wait()
        path = f"/hooks/{MERCHANT}/{TILL}"
        return client.post(path, data=one.body, headers=dict(one.headers)).status_code

    with ThreadPoolExecutor(22) as threads:
        calls = [threads.submit(knock) for _ in range(20)]
        drains = [threads.submit(house.work) for _ in range(2)]
        statuses = sorted(call.result() for call in calls)
        wait(drains)
        for drain in [threads.submit(house.work) for _ in range(2)]:
            drain.result()

    assert statuses == [200] * 19 + [202]
    told = effect.since(house, start)
    assert told["movements"] == ["1 MUG-RED from free to gone: sold at the till"]
    assert told["ended"] == ["done"]


def test_row_2_the_same_receipt_under_fifty_ids_has_one_effect(house: House) -> None:
    house.count({"MUG-RED": 10})

    statuses = {house.till(sale("R-1"), f"msg_{n}").status_code for n in range(50)}

    assert statuses == {202}
    assert free(house) == {"MUG-RED": 9}
    assert effect.standing(house)["parked"] == []


def test_row_5_an_offline_burst_beside_web_orders_loses_and_doubles_nothing(house: House) -> None:
    skus = [f"SKU-{n:02}" for n in range(20)]
    house.count(dict.fromkeys(skus, 1000))

    def burst() -> list[tuple[dict[str, Any], int]]:
        return [taken(partial(house.till, batch(*one), f"batch-{n}")) for n, one in spooled(skus)]

    def shoppers() -> list[tuple[dict[str, Any], int]]:
        bodies = [
            order("processing", line(7, 2, "2", product=n % 20 + 1, sku=skus[n % 20]), id=n + 1)
            for n in range(100)
        ]
        calls = [shop.signed(as_bytes(body), "order.updated", "d1") for body in bodies]
        return [taken(partial(house.send, WEB, call)) for call in calls]

    with ThreadPoolExecutor(2) as threads:
        till, web = threads.submit(burst), threads.submit(shoppers)
        while not (till.done() and web.done()):
            house.work()
        *batches, again = till.result()
        orders = web.result()
    house.work()

    assert len(orders) == 100
    for answer, tries in orders:
        assert answer["status"] == "accepted" or (tries > 1 and answer["status"] == "duplicate")
    assert len(batches) == 10
    for answer, tries in batches:
        assert answer["rejected"] == []
        assert answer["accepted"] == 500 or tries > 1
        assert answer["accepted"] + answer["duplicates"] == 500
    assert again[0] == {"status": "accepted", "accepted": 0, "duplicates": 500, "rejected": []}
    assert free(house) == dict.fromkeys(skus, 1000 - 250 - 10)
    assert effect.standing(house)["parked"] == []


def taken(send: Callable[[], TestResponse]) -> tuple[dict[str, Any], int]:
    """Send until it is not told to come again, as senders do; return the answer and the tries."""
    for tries in range(1, 21):
        answer = send()
        if answer.status_code != 503:
            return answer.get_json(), tries
        time.sleep(float(answer.headers["Retry-After"]))
    raise AssertionError("it was told to come again twenty times")


def spooled(skus: Sequence[str]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield ten batches of 500 receipts, and one of them again."""
    for number in (*range(10), 3):
        yield (
            number,
            [
                sale(f"R-{number}-{n}", (skus[n % 20], 1)) | {"id": f"e-{number}-{n}"}
                for n in range(500)
            ],
        )


@pytest.mark.parametrize("minutes", [-20, 20])
def test_row_6_a_clock_twenty_minutes_off_is_told_so_and_taken_with_a_wider_tolerance(
    minutes: int, database_url: str, tmp_path: Path
) -> None:
    off = minutes * 60

    with time_machine.travel(NOON, tick=False):
        one = signed(sale("R-1"), seconds=int(NOON.timestamp()) + off)
        with opened(database_url, tmp_path / "a", config()) as strict:
            strict.count({"MUG-RED": 10})
            refused = strict.send(TILL, one)
            assert free(strict) == {"MUG-RED": 10}
        with opened(database_url, tmp_path / "b", config(till={"tolerance_seconds": 1200})) as wide:
            taken = wide.send(TILL, one)

            assert (refused.status_code, refused.get_json()["skew_seconds"]) == (401, off)
            assert taken.status_code == 202
            assert free(wide) == {"MUG-RED": 9}


def test_row_7_signed_once_and_sent_eight_hours_later_passes_the_wide_tolerance_only(
    database_url: str, tmp_path: Path
) -> None:
    spooled_at = NOON - timedelta(hours=8)
    one = signed(sale("R-1"), event_id="spooled", at=spooled_at)

    with time_machine.travel(NOON, tick=True):
        with opened(database_url, tmp_path / "a", config()) as strict:
            strict.count({"MUG-RED": 10})
            assert strict.send(TILL, one).status_code == 401
        wide = config(till={"tolerance_seconds": 28_900})
        with opened(database_url, tmp_path / "b", wide) as house:
            answers = [house.send(TILL, one) for _ in range(2)]

            assert [answer.status_code for answer in answers] == [202, 200]
            assert answers[1].get_json() == {"status": "duplicate", "id": "spooled"}
            assert free(house) == {"MUG-RED": 9}


def test_row_8_the_old_secret_opens_until_its_date_and_the_new_one_after(
    database_url: str, tmp_path: Path
) -> None:
    end = datetime(2026, 12, 31, tzinfo=UTC)
    secrets = [{"env": "TILL_SECRET"}, {"env": "TILL_SECRET_OLD", "not_after": end}]

    with opened(database_url, tmp_path / "c", config(till={"webhook_secret": secrets})) as house:
        said = []
        for moment in (end - timedelta(seconds=9), end + timedelta(seconds=9)):
            with time_machine.travel(moment, tick=True):
                for name, key in (("old", OLD_KEY), ("new", cast.CURRENT_KEY)):
                    call = signed(
                        sale(f"R-{name}"), event_id=f"{name}-{moment.day}", at=moment, key=key
                    )
                    said.append(house.send(TILL, call).status_code)

    assert said == [202, 202, 401, 202]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00\xff\xfe", id="no text"),
        pytest.param(b'{"type":"sale.completed","type":"ping"}', id="a key twice"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"type":"ping","timestamp":1e999,"data":{}}', id="huge number"),
        pytest.param(b'{"type":"\\ud800"}', id="half a letter"),
        pytest.param(b"\xff\xfe" + '{"type":"ping"}'.encode("utf-16-le"), id="another encoding"),
    ],
)
def test_row_9_a_hostile_body_is_refused_with_a_4xx_and_moves_nothing(
    house: House, body: bytes
) -> None:
    house.count({"MUG-RED": 10})

    start = effect.before(house)
    answer = house.send(TILL, signed(body, event_id="odd", at=utc_now()))
    house.work()

    assert 400 <= answer.status_code < 500
    told = effect.since(house, start)
    assert (told["movements"], told["papers"]) == ([], {})
    assert [state.partition(":")[0] for state in told["ended"]] == ["parked"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "a.b"),
        ("webhook-id", "x" * 200),
        ("webhook-timestamp", "1_795_341_600"),
        ("webhook-timestamp", "9" * 12),
        ("webhook-signature", "v1,!!!! v1a,x v1, " * 50),
        ("content-type", "text/html"),
        ("content-encoding", "gzip"),
    ],
)
def test_row_9_a_hostile_header_is_refused_with_a_4xx_and_nothing_is_kept(
    house: House, name: str, value: str
) -> None:
    one = signed(sale("R-1"), at=utc_now())

    answer = house.post(TILL, one.body, {**one.headers, name: value})

    assert 400 <= answer.status_code < 500
    assert effect.standing(house)["ended"] == []


@contextmanager
def database_away(url: str) -> Iterator[None]:
    """Let nobody write to SQLite, or connect to PostgreSQL, for a while."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with locked(Path(str(parsed.database))):
            yield
        return
    admin = make_url(databases.server_url()).set(drivername="postgresql+psycopg")
    engine = create_engine(admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    kick = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {parsed.database} ALLOW_CONNECTIONS false"))
        connection.execute(text(kick), {"name": parsed.database})
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {parsed.database} ALLOW_CONNECTIONS true"))
    engine.dispose()


def test_row_10_while_the_database_is_away_it_is_503_and_then_the_same_id_is_taken_once(
    house: House,
) -> None:
    house.count({"MUG-RED": 10})
    one = signed(sale("R-1"), event_id="msg_1", at=utc_now())

    with database_away(house.system.database.url):
        refused = house.send(TILL, one)
    statuses = [house.send(TILL, one).status_code for _ in range(3)]

    assert refused.status_code == 503
    assert (refused.get_json()["code"], refused.headers["Retry-After"]) == ("not-stored", "5")
    assert statuses == [202, 200, 200]
    assert free(house) == {"MUG-RED": 9}


def test_row_11_what_was_taken_before_a_crash_is_applied_once_after_the_restart(
    database_url: str, tmp_path: Path
) -> None:
    with (
        time_machine.travel(NOON, tick=True),
        opened(database_url, tmp_path / "c", config()) as first,
    ):
        first.count({"MUG-RED": 10})
        for number in range(3):
            assert first.till(sale(f"R-{number}"), f"msg_{number}").status_code == 202
        # It dies between the note of its rows and their work.
        with first.system.database.begin() as tx:
            assert notes.write(tx, MERCHANT, apply.BATCH_MOST, utc_now()) is not None

    with (
        time_machine.travel(NOON + timedelta(seconds=10), tick=True),
        opened(database_url, tmp_path / "c", config()) as second,
    ):
        assert free(second) == {"MUG-RED": 7}
        assert free(second) == {"MUG-RED": 7}
        assert effect.standing(second)["ended"] == ["done"] * 3


def test_row_24_a_token_in_the_path_is_in_no_log_no_answer_and_no_row(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plain = {"content-type": "application/json"}
    bodies = [
        cast.delivery(sale("R-1") | {"id": "inv-1"}).body,
        cast.delivery(sale("R-1", ("MUG-RED", 2)) | {"id": "inv-1"}).body,
        cast.delivery(event("sale.complete")).body,
        b"no json at all",
    ]

    with (
        time_machine.travel(NOON, tick=True),
        opened(database_url, tmp_path / "c", config(till=TOKEN_MODE)) as house,
    ):
        house.count({"MUG-RED": 10})
        answers = [house.post(TILL, body, plain, token=TOKEN) for body in bodies]
        answers.append(house.post(TILL, bodies[0], plain, token=f"{TOKEN}x"))
        answers.append(house.post(TILL, bodies[0], plain, token=f"{TOKEN}/more"))
        answers.append(house.post(TILL, bodies[0], {**plain, "content-encoding": "br"}, TOKEN))
        answers.append(house.client.get(f"/hooks/{MERCHANT}/{TILL}/{TOKEN}"))
        answers.append(house.client.post(f"/hooks//{MERCHANT}/{TILL}/{TOKEN}", data=bodies[0]))
        house.work()
        with house.system.database.reading() as tx:
            kept = repr(tx.execute(select(tables.inbox)).all())

    said = [answer.status_code for answer in answers]
    assert said == [202, 409, 422, 400, 401, 404, 415, 405, 404]
    assert all(TOKEN not in f"{answer.headers} {answer.text}" for answer in answers)
    assert caplog.records
    assert all(TOKEN not in f"{vars(one)} {one.getMessage()}" for one in caplog.records)
    assert TOKEN not in caplog.text
    assert "R-1" in kept
    assert TOKEN not in kept
