"""The bell, on a real Valkey."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from redis.exceptions import ConnectionError as NotReached

from stocksync.core.names import MerchantName
from stocksync.doorbell import (
    APPLY,
    Doorbell,
    InlineDoorbell,
    WrongRedisUrl,
    connect,
    embedded_redis_url,
)
from tests.workers.conftest import Valkey

SNEAKERS = MerchantName("sneakers-tlv")
MUGS = MerchantName("mugs")


def test_many_rings_are_one_job(valkey: Valkey) -> None:
    doorbell = Doorbell(valkey.redis)

    answers = [doorbell.ring(APPLY, SNEAKERS) for _ in range(50)]

    assert answers == [True] * 50
    assert valkey.redis.llen("rq:queue:apply") == 1
    assert 0 < int(valkey.redis.ttl("bell:sneakers-tlv:apply")) <= 10


def test_many_who_ring_at_the_same_moment_make_one_job(valkey: Valkey) -> None:
    at_once = Barrier(8, timeout=5)

    def ring(number: int) -> bool:
        connection = connect(valkey.url)
        at_once.wait()
        heard = [Doorbell(connection).ring(APPLY, MerchantName(f"m{n}")) for n in range(25)]
        connection.close()
        return all(heard)

    with ThreadPoolExecutor(8) as threads:
        heard = list(threads.map(ring, range(8)))

    assert heard == [True] * 8
    assert valkey.redis.llen("rq:queue:apply") == 25


def test_each_merchant_has_a_bell_of_its_own(valkey: Valkey) -> None:
    doorbell = Doorbell(valkey.redis)

    doorbell.ring(APPLY, SNEAKERS)
    doorbell.ring(APPLY, MUGS)

    assert valkey.redis.llen("rq:queue:apply") == 2


def test_a_ring_after_the_job_cleared_the_bell_is_a_new_job(valkey: Valkey) -> None:
    doorbell = Doorbell(valkey.redis)

    doorbell.ring(APPLY, SNEAKERS)
    doorbell.clear(APPLY, SNEAKERS)
    doorbell.ring(APPLY, SNEAKERS)

    assert valkey.redis.llen("rq:queue:apply") == 2


def test_a_ring_at_a_dead_server_is_false_and_quick(valkey: Valkey) -> None:
    doorbell = Doorbell(valkey.redis)
    valkey.kill()

    began = time.monotonic()
    heard = doorbell.ring(APPLY, SNEAKERS)
    doorbell.clear(APPLY, SNEAKERS)

    assert heard is False
    assert time.monotonic() - began < 1


def test_a_server_that_takes_the_call_and_says_nothing_costs_half_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        doorbell = Doorbell(connect(f"redis://127.0.0.1:{mute.getsockname()[1]}/0"))

        began = time.monotonic()
        heard = [doorbell.ring(APPLY, SNEAKERS) for _ in range(20)]

    assert heard == [False] * 20
    assert time.monotonic() - began < 1


def test_the_bell_works_again_when_the_server_is_back(valkey: Valkey) -> None:
    doorbell = Doorbell(valkey.redis)
    valkey.kill()
    assert doorbell.ring(APPLY, SNEAKERS) is False

    valkey.start()
    time.sleep(0.5)  # the bell's own rest after a failure

    assert doorbell.ring(APPLY, SNEAKERS) is True
    assert valkey.redis.llen("rq:queue:apply") == 1


def test_an_unknown_bell_is_our_own_mistake(valkey: Valkey) -> None:
    with pytest.raises(KeyError, match="the bells are apply"):
        Doorbell(valkey.redis).ring("aply", SNEAKERS)


def test_the_inline_bell_records_and_runs() -> None:
    done: list[str] = []
    doorbell = InlineDoorbell({APPLY: done.append})

    doorbell.ring(APPLY, SNEAKERS)

    assert doorbell.rung == [("apply", "sneakers-tlv")]
    assert done == ["sneakers-tlv"]


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://h:1/0", "does not start like"),
        ("localhost:6379", "does not start like"),
        ("redis://h:6379/stock", "no database"),
        ("redis://u:secret@h:port/0", "not understood"),
        ("redis://h:6379/0?colour=red", "not understood"),
        ("unix://", "names no socket"),
        ("sentinel://h:26379", "no address of Sentinels"),
        ("sentinel://h:26379/main?colour=red", "no address of Sentinels"),
    ],
)
def test_a_wrong_address_is_refused_with_the_way_out(url: str, word: str) -> None:
    with pytest.raises(WrongRedisUrl, match=word) as refused:
        connect(url)

    assert "write " in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_right_address_asks_nobody_yet() -> None:
    for url in (
        "redis://h:6379/1",
        "rediss://u:p@h/0",
        "unix:///tmp/none.sock",
        "sentinel://u:p@a:26379,[::1],c:26380/main?db=2&sentinel_password=x",
    ):
        connect(url)


def test_sentinels_that_are_away_are_a_connection_error() -> None:
    with pytest.raises(NotReached):
        connect("sentinel://127.0.0.1:1/main").ping()


def test_the_socket_path_stays_short_however_deep_the_data_lies(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 40)

    url = embedded_redis_url(deep)

    assert len(url.removeprefix("unix://")) < 104
    assert url == embedded_redis_url(deep)
    assert url != embedded_redis_url(tmp_path)
