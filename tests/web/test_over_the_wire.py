"""A real granian, a real till, a real shop, and bytes that no client library would send."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.web.served import TOKEN, Served, sale, serving, signed_by_shop, signed_by_till
from tests.workers.waiting import until

TILL = "/hooks/corner-shop/till"
KIOSK = "/hooks/corner-shop/kiosk"
WEB = "/hooks/corner-shop/web"
ORDERS = Path(__file__).parents[1] / "recordings" / "woocommerce"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("door")) as one:
        yield one


def head(path: str, *lines: str) -> bytes:
    standing = [f"POST {path} HTTP/1.1", "Host: door", "Content-Type: application/json"]
    return "\r\n".join([*standing, *lines, "", ""]).encode()


def as_lines(headers: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


def events(door: Served) -> list[str]:
    return [row.event for row in door.rows()]


def test_a_till_hears_accepted_and_then_duplicate(door: Served) -> None:
    body = sale("R-1")

    first = door.post(TILL, body, signed_by_till(body, "msg_1"))
    second = door.post(TILL, body, signed_by_till(body, "msg_1"))

    assert (first.status_code, first.json()) == (202, {"status": "accepted", "id": "msg_1"})
    assert (second.status_code, second.json()) == (200, {"status": "duplicate", "id": "msg_1"})
    assert events(door).count("msg_1") == 1


def test_twenty_tills_with_one_id_make_one_row(door: Served) -> None:
    body = sale("R-20")
    together = threading.Barrier(20, timeout=10)

    def post(place: int) -> int:
        together.wait()
        return door.post(TILL, body, signed_by_till(body, "msg_20")).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(post, range(20)))

    assert statuses == {202: 1, 200: 19}
    assert events(door).count("msg_20") == 1


def test_a_till_that_reuses_an_id_hears_409(door: Served) -> None:
    first, second = sale("R-30"), sale("R-31")
    door.post(TILL, first, signed_by_till(first, "msg_30"))

    answer = door.post(TILL, second, signed_by_till(second, "msg_30"))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "id-reused"


def test_a_till_that_is_wrong_hears_where_and_may_mend_it_under_the_same_id(door: Served) -> None:
    wrong = sale("R-40").replace(b'"quantity": 1', b'"quantity": "many"')
    right = sale("R-40")

    refused = door.post(TILL, wrong, signed_by_till(wrong, "msg_40"))
    taken = door.post(TILL, right, signed_by_till(right, "msg_40"))

    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid-event"
    assert refused.json()["errors"][0]["pointer"] == "/data/lines/0/quantity"
    assert taken.status_code == 202
    assert [row.code for row in door.rows()].count("invalid-event") == 1


def test_a_kiosk_may_put_its_token_into_the_path(door: Served) -> None:
    body = sale("R-50")

    taken = door.post(f"{KIOSK}/{TOKEN}", body, {})
    refused = door.post(f"{KIOSK}/{TOKEN}x", body, {})

    assert taken.status_code == 202
    assert refused.status_code == 401
    assert refused.json()["instance"] == KIOSK
    assert not any(TOKEN in f"{row.headers}{row.body}" for row in door.rows())


def test_a_shop_is_always_answered_200(door: Served) -> None:
    recorded = json.loads((ORDERS / "order.created__completed.json").read_text(encoding="utf-8"))
    body = recorded["raw_body"].encode()

    taken = door.post(WEB, body, signed_by_shop(body))
    odd = door.post(WEB, b'{"odd": 1}', signed_by_shop(b'{"odd": 1}'))

    assert (taken.status_code, taken.json()) == (200, {"status": "accepted"})
    assert (odd.status_code, odd.json()) == (200, {"status": "parked"})


def test_the_ping_of_a_shop_is_answered_200_and_leaves_nothing(door: Served) -> None:
    before = len(door.rows())

    answer = door.post(WEB, b"webhook_id=9", {"content-type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert len(door.rows()) == before


def test_a_chunked_body_is_read_whole(door: Served) -> None:
    body = sale("R-60")
    proof = as_lines(signed_by_till(body, "msg_60"))
    chunks = [b"%x\r\n%s\r\n" % (1, body[place : place + 1]) for place in range(len(body))]

    told = door.raw(
        head(TILL, "Transfer-Encoding: chunked", "Connection: close", *proof),
        *chunks,
        b"0\r\n\r\n",
    )

    assert told.startswith(b"HTTP/1.1 202 ")


def test_a_chunked_body_that_goes_on_too_long_is_413(door: Served) -> None:
    chunk = b"%x\r\n%s\r\n" % (MIB + 1, b"x" * (MIB + 1))

    told = door.raw(head(TILL, "Transfer-Encoding: chunked", "Connection: close"), chunk)

    assert told.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too-large"' in told


def test_a_body_announced_too_long_is_413_before_it_is_sent(door: Served) -> None:
    told = door.raw(head(TILL, f"Content-Length: {MIB + 1}"))

    assert told.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_breaks_off_is_400_and_leaves_nothing(door: Served) -> None:
    body = sale("R-70")
    proof = as_lines(signed_by_till(body, "msg_70"))

    told = door.raw(
        head(TILL, f"Content-Length: {len(body)}", "Connection: close", *proof),
        body[:-1],
        half_close=True,
    )

    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"the body ended after" in told
    assert "msg_70" not in events(door)


def test_a_chunked_body_that_breaks_off_is_refused(door: Served) -> None:
    body = sale("R-80")
    proof = as_lines(signed_by_till(body, "msg_80"))

    told = door.raw(
        head(TILL, "Transfer-Encoding: chunked", "Connection: close", *proof),
        b"%x\r\n%s\r\n" % (len(body) - 1, body[:-1]),
        half_close=True,
    )

    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 "))
    assert "msg_80" not in events(door)


@pytest.mark.parametrize(
    "lines",
    [
        ["webhook-id: \xff\xfe", "webhook-timestamp: ٣", "webhook-signature: v1,\xe9"],
        ["webhook-id: a", "webhook-id: b", "webhook-timestamp: 1", "webhook-signature: v1,"],
        ["webhook-id:", "webhook-timestamp:", "webhook-signature:"],
        ["Content-Type: \xff", "webhook-id: a"],
        ["X-Stocksync-Peer: ::1", "X_Stocksync_Peer: ::1"],
        ["Authorization: Bearer \xff", "X-Stocksync-Token: ,"],
    ],
    ids=["bytes", "twice", "empty", "type", "peer", "token"],
)
@pytest.mark.parametrize("path", [TILL, KIOSK, WEB])
def test_hostile_headers_are_refused_and_never_500(
    door: Served, path: str, lines: list[str]
) -> None:
    before = len(door.rows())

    told = door.raw(head(path, "Content-Length: 2", "Connection: close", *lines) + b"{}")

    status = int(told.split(b" ", 2)[1])
    assert status in (400, 401, 415, 429)
    assert len(door.rows()) == before


def test_the_log_tells_what_came_and_never_a_token(door: Served) -> None:
    body = sale("R-90")

    door.post(f"{KIOSK}/{TOKEN}", body, {})
    door.post(f"{KIOSK}/{TOKEN[:-1]}", body, {})

    log = until(lambda: _once_it_tells(door.log, "code=bad-token"))
    assert "INFO delivery received merchant=corner-shop channel=kiosk event=sha256:" in log
    assert TOKEN[:-1] not in log
    assert "R-90" not in log


def _once_it_tells(log: Path, words: str) -> str | None:
    told = log.read_text(encoding="utf-8")
    return told if words in told else None
