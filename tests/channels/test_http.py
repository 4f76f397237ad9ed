"""The only way out, against servers of our own that answer badly."""

import logging
import socket
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stocksync.channels.addresses import is_public, unfit
from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.http import Answer, Http

CANARY = "cs_canary4711"
Answering = Callable[[BaseHTTPRequestHandler], None]

# Of a host `localhost` that nobody trusts; made for this test, it opens nothing.
CERTIFICATE = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDmqOlBWPKI7sgEm6
h4F7LYqMXig6jfMGs9X9JJdGsvChRANCAAQRq/ARsODg5tf0U6i+KnNVAPrv6CoL
wYV8gIDzBnpW9s0o8JhDpb8t3XrG+JlNWtylaRLxvCiie+vmXy6HI7dI
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUDCZHb4qCZxbFSuwsyYpb6JGQ5fkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE3NTkwOFoYDzIxMjYxMDI5
MTc1OTA4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQRq/ARsODg5tf0U6i+KnNVAPrv6CoLwYV8gIDzBnpW9s0o8JhDpb8t
3XrG+JlNWtylaRLxvCiie+vmXy6HI7dIo2kwZzAdBgNVHQ4EFgQUnzm/kM79RFJ0
72VV6kdkqTMegrEwHwYDVR0jBBgwFoAUnzm/kM79RFJ072VV6kdkqTMegrEwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgZmMQVWD0q2xN9sCvsJSd+wRHavF06rwnOrOvGNdyFbICIQCctRliHiOk
WJ+0uX0nBvCo0LjUclpXiCxSKx6IITRlng==
-----END CERTIFICATE-----
"""


class Server:
    """Answers each request by the next of its script; the last one stays."""

    def __init__(self, *script: Answering) -> None:
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                told = {name.lower(): value for name, value in self.headers.items()}
                outer.heard.append((self.command, self.path, told, self.rfile.read(size)))
                script[min(len(outer.heard), len(script)) - 1](self)

            do_POST = do_PUT = do_GET  # noqa: N815 the names that http.server calls

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]


@contextmanager
def served(*script: Answering) -> Iterator[Server]:
    server = Server(*script)
    thread = Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()


def says(status: int, body: bytes = b"{}", **headers: str) -> Answering:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


def stays_silent(request: BaseHTTPRequestHandler) -> None:
    request.connection.settimeout(5)
    request.rfile.read(1)  # until the caller hangs up
    request.close_connection = True


def dribbles(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    try:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            request.wfile.write(f"X-{number}: 1\r\n".encode())
            time.sleep(0.05)
    except OSError:
        return  # the caller has had enough


def stops_halfway(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    hangs_up(request)


def session(port: int, host: str = "127.0.0.1", scheme: str = "http", **other: Any) -> Http:
    allowed: dict[str, Any] = {"allow_private": True, "allow_insecure": True, "read_s": 5.0}
    return Http(f"{scheme}://{host}:{port}", **{**allowed, "sleep": lambda _: None, **other})


def failing(call: Callable[[], object]) -> CallError:
    with pytest.raises(CallError) as failed:
        call()
    return failed.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://shop.example", "must begin with https://"),
        ("shop.example", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("https://", "is no address"),
        ("https://shop.example:99999", "is no address"),
        ("https://shop example", "is no address"),
        ("https://[::1", "is no address"),
        ("https://user:word@shop.example", "must not hold a user or password"),
        ("https://shop.example/?a=b", "must end before"),
        ("https://shop.example/#top", "must end before"),
    ],
)
def test_a_base_address_that_is_none_is_refused_in_words(url: str, complaint: str) -> None:
    assert complaint in (unfit(url, allow_insecure=False) or "")
    with pytest.raises(ValueError, match=complaint):
        Http(url, allow_private=False, allow_insecure=False)


@pytest.mark.parametrize("url", ["https://shop.example", "https://shop.example:8443/sub/"])
def test_a_good_base_address_passes(url: str) -> None:
    assert unfit(url, allow_insecure=False) is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 it is refused
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_an_address_that_is_not_of_the_open_internet_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104 it is refused
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
    ],
)
def test_no_spelling_of_our_own_machine_is_reached(host: str) -> None:
    with served(says(200)) as server:
        closed = session(server.port, host, allow_private=False)

        for call in (lambda: closed.get("/"), lambda: closed.write("POST", "/", body=b"{}")):
            failed = failing(call)
            assert isinstance(failed, Shut)
            assert failed.code == "address-refused"
            assert "allow_private: true" in failed.detail

        assert server.heard == []


def test_a_private_address_is_reached_where_it_is_allowed() -> None:
    with served(says(200, b'{"price": 1.10}')) as server:
        answer = session(server.port, "localhost").get("/sub", params=[("a", "1"), ("a", "b c")])

        assert answer.status == 200
        assert str(answer.json()) == "{'price': Decimal('1.10')}"
        assert answer.headers["content-length"] == "15"
        [(method, path, headers, _)] = server.heard
        assert (method, path) == ("GET", "/sub?a=1&a=b+c")
        assert headers["user-agent"].startswith("stocksync/")


def test_no_proxy_and_no_netrc_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")

    with served(says(200)) as server:
        session(server.port).get("/")

        [(_, _, headers, _)] = server.heard
        assert "authorization" not in headers


def test_a_cookie_is_not_brought_back() -> None:
    with served(says(200, Set_Cookie="session=1")) as server:
        http = session(server.port)
        http.get("/")
        http.get("/")

        assert ["cookie" in headers for _, _, headers, _ in server.heard] == [False, False]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_named_and_never_followed(status: int) -> None:
    with served(says(200)) as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.port}/?{CANARY}"
        with served(says(status, Location=there)) as server:
            http = session(server.port)

            for call in (lambda: http.get("/"), lambda: http.write("PUT", "/", body=b"{}")):
                failed = failing(call)
                assert isinstance(failed, Shut)
                assert failed.code == "redirected"
                assert "to http://127.0.0.1" in failed.detail
                assert CANARY not in failed.detail

            assert len(server.heard) == 2
        assert elsewhere.heard == []


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Refused, "http-400"),
        (401, Shut, "denied"),
        (403, Shut, "denied"),
        (404, Refused, "http-404"),
        (408, Unknown, "unavailable"),
        (409, Refused, "http-409"),
        (413, Refused, "http-413"),
        (422, Refused, "http-422"),
        (425, Transient, "throttled"),
        (429, Transient, "throttled"),
        (500, Unknown, "server-error"),
        (502, Unknown, "unavailable"),
        (503, Unknown, "unavailable"),
        (504, Unknown, "unavailable"),
    ],
)
def test_a_write_is_sent_once_and_its_status_says_what_is_next(
    status: int, kind: type[CallError], code: str
) -> None:
    with served(says(status, CANARY.encode())) as server:
        failed = failing(lambda: session(server.port).write("POST", "/things", body=b'{"a":1}'))

        assert type(failed) is kind
        assert failed.code == code
        assert str(status) in failed.detail
        assert CANARY not in failed.detail
        [(method, path, headers, body)] = server.heard
        assert (method, path, body) == ("POST", "/things", b'{"a":1}')
        assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_a_short_trouble_of_a_read_is_tried_three_times(status: int) -> None:
    slept: list[float] = []

    with served(says(status), says(status), says(200)) as server:
        session(server.port, sleep=slept.append).get("/")
        assert len(server.heard) == 3
    assert len(slept) == 2
    assert all(0 <= pause <= 5 for pause in slept)

    with served(says(status)) as server:
        assert isinstance(failing(lambda: session(server.port).get("/")), Transient)
        assert len(server.heard) == 3


def test_a_signature_that_is_good_once_is_made_anew_for_each_try() -> None:
    numbers = iter("123")

    with served(says(503), says(200)) as server:
        session(server.port).get("/", params=lambda: [("nonce", next(numbers))])

        assert [path for _, path, _, _ in server.heard] == ["/?nonce=1", "/?nonce=2"]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_another_trouble_of_a_read_is_not_tried_again(status: int) -> None:
    with served(says(status), says(200)) as server:
        failing(lambda: session(server.port).get("/"))

        assert len(server.heard) == 1


def test_a_connection_that_is_cut_while_reading_is_tried_again() -> None:
    with served(hangs_up, stops_halfway, says(200, b'{"a": 1}')) as server:
        assert session(server.port).get("/").json() == {"a": 1}


def test_a_short_pause_that_was_asked_for_is_kept() -> None:
    slept: list[float] = []

    with served(says(429, Retry_After="4"), says(200)) as server:
        session(server.port, sleep=slept.append).get("/")

    assert len(slept) == 1
    assert 4 <= slept[0] <= 5


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("90.5", timedelta(seconds=90.5)),
        ("Fri, 27 Nov 2026 12:02:00 GMT", timedelta(minutes=2)),
        ("99999999999999999999", timedelta(hours=1)),
    ],
)
def test_a_long_pause_is_left_to_the_rows(asked: str, pause: timedelta) -> None:
    slept: list[float] = []
    noon = "Fri, 27 Nov 2026 12:00:00 GMT"

    def throttled(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(503)
        request.send_header("Date", noon)
        request.send_header("Retry-After", asked)
        request.send_header("Content-Length", "0")
        request.end_headers()

    with served(throttled) as server:
        failed = failing(lambda: session(server.port, sleep=slept.append).get("/"))

        assert len(server.heard) == 1
    assert isinstance(failed, Transient)
    assert failed.retry_after == pause
    assert slept == []


@pytest.mark.parametrize("asked", ["soon", "-5", "", "²"])
def test_a_pause_that_nobody_understands_is_none(asked: str) -> None:
    with served(says(429, Retry_After=asked.encode().decode("latin-1"))) as server:
        failed = failing(lambda: session(server.port).write("POST", "/", body=b"{}"))

    assert failed.retry_after is None


def test_a_status_that_was_asked_for_comes_back() -> None:
    with served(says(404, b'{"code": "gone"}')) as server:
        answer = session(server.port).get("/", accept=[404])

        assert (answer.status, answer.json()) == (404, {"code": "gone"})


def test_the_other_clock_is_told() -> None:
    before = datetime.now(UTC).replace(microsecond=0)

    with served(says(200)) as server:
        answer = session(server.port).get("/")

    assert answer.clock is not None
    assert before <= answer.clock <= datetime.now(UTC)


@pytest.mark.parametrize("broken", [hangs_up, stops_halfway])
def test_a_write_whose_answer_was_cut_is_unknown(broken: Answering) -> None:
    with served(broken) as server:
        failed = failing(lambda: session(server.port).write("POST", "/", body=b"{}"))

        assert type(failed) is Unknown
        assert failed.code == "cut-off"
        assert len(server.heard) == 1


def test_a_write_without_an_answer_in_time_is_unknown() -> None:
    with served(stays_silent) as server:
        failed = failing(lambda: session(server.port, read_s=0.2).write("POST", "/", body=b"{}"))

        assert type(failed) is Unknown
        assert failed.code == "timed-out"


def test_a_read_that_used_up_its_time_is_not_tried_again() -> None:
    with served(stays_silent) as server:
        failed = failing(lambda: session(server.port, read_s=0.2).get("/"))

        assert (type(failed), failed.code) == (Transient, "timed-out")
        assert len(server.heard) == 1


def test_an_answer_that_dribbles_on_is_cut() -> None:
    with served(dribbles) as server:
        began = time.monotonic()
        dribbling = session(server.port, connect_s=0.2, read_s=0.4)

        failed = failing(lambda: dribbling.write("POST", "/", body=b"{}"))

        assert type(failed) is Unknown
        assert failed.code == "timed-out"
        assert time.monotonic() - began < 3


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with served(says(200, b"x" * 5000)) as server:
        small = session(server.port, body_max=4999)

        assert type(failing(lambda: small.get("/"))) is Refused
        assert type(failing(lambda: small.write("POST", "/", body=b"{}"))) is Unknown
        assert len(session(server.port, body_max=5000).get("/").body) == 5000


def test_a_write_that_nobody_took_was_surely_not_sent() -> None:
    refusing = failing(lambda: session(free_port()).write("POST", "/", body=b"{}"))
    nameless = failing(lambda: session(80, "no-such.invalid").write("POST", "/", body=b"{}"))

    assert (type(refusing), type(nameless)) == (Transient, Transient)
    assert "refuses the connection" in refusing.detail
    assert "name is not known" in nameless.detail


def test_a_kept_connection_that_broke_is_no_proof_that_nothing_was_sent() -> None:
    with served(says(200), hangs_up) as server:
        http = session(server.port)
        http.get("/")

        assert type(failing(lambda: http.write("POST", "/", body=b"{}"))) is Unknown


def test_a_server_without_tls_is_told_before_anything_is_sent() -> None:
    with served(says(200)) as server:
        failed = failing(lambda: session(server.port, scheme="https").write("POST", "/", body=b""))

        assert (type(failed), failed.code) == (Transient, "tls-failed")
        assert server.heard == []


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "localhost.pem"
    file.write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = Server(says(200))
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    thread = Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    try:
        https = session(server.port, "localhost", scheme="https")

        failed = failing(lambda: https.write("POST", "/", body=b"{}"))
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()

    assert (type(failed), failed.code) == (Transient, "tls-failed")
    assert "self-signed certificate" in failed.detail
    assert server.heard == []


@pytest.mark.parametrize(
    "broken",
    [says(500), hangs_up, says(302, Location=f"/?{CANARY}")],
    ids=["error", "cut", "redirect"],
)
def test_no_secret_of_a_query_or_header_reaches_an_error_or_a_log(
    broken: Answering, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with served(broken) as server:
        for port in (server.port, free_port()):
            http = session(port)
            with pytest.raises(CallError) as failed:
                http.get("/", params=[("key", CANARY)], headers={"Authorization": CANARY})

            shown = "".join(traceback.format_exception(failed.value, chain=True))
            assert CANARY not in shown
            assert failed.value.__context__ is None

    assert CANARY not in caplog.text


def test_the_time_that_a_call_took_is_taken_off_the_senders_clock() -> None:
    told = Answer(status=200, headers={"date": "Sun, 22 Nov 2026 12:00:10 GMT"}, body=b"")
    mute = Answer(status=200, headers={}, body=b"")

    assert told.asked_at(timedelta(seconds=4)) == datetime(2026, 11, 22, 12, 0, 6, tzinfo=UTC)
    assert mute.asked_at(timedelta(seconds=4)) is None
