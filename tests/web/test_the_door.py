import hashlib
import logging

import pytest

from tests.web.cast import CANARY, PATH, SHOP, House, event_body, problem

GONE_FOR_EVER = "a" * 64


def test_a_signed_delivery_is_stored_then_rung_for_then_answered(shop: House) -> None:
    answer = shop.post(event_body("e-1"))

    assert (answer.status_code, answer.json) == (202, {"new": 1, "all": 1})
    assert answer.content_type == "application/json"
    (row,) = shop.rows()
    assert (row.merchant, row.channel, row.event, row.state) == (SHOP, "stall", "e-1", "pending")
    assert row.body == b'{"says": "hello"}'
    assert shop.bells.rung == [("apply", SHOP)]


def test_the_same_delivery_again_is_a_duplicate(shop: House) -> None:
    shop.post(event_body("e-1"))

    answer = shop.post(event_body("e-1"))

    assert (answer.status_code, answer.json) == (200, {"new": 0, "all": 1})
    assert shop.events() == ["e-1"]
    assert shop.bells.rung == [("apply", SHOP)]


def test_an_id_with_other_content_is_kept_beside_and_answered_as_a_problem(shop: House) -> None:
    shop.post(event_body("e-1", "hello"))

    answer = shop.post(event_body("e-1", "something else"))

    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert problem(answer) == {
        "type": "urn:stocksync:problem:id-reused",
        "title": "Event id came before with other content",
        "status": 409,
        "code": "id-reused",
        "detail": "use a new id",
        "instance": PATH,
        "id": "e-1",
    }
    assert [row.state for row in shop.rows()] == ["pending", "parked"]


def test_one_call_may_bring_several_events(shop: House) -> None:
    body = b'{"events": [{"id": "a", "says": "1"}, {"id": "b", "says": "2"}]}'

    answer = shop.post(body)

    assert answer.json == {"new": 2, "all": 2}
    assert shop.events() == ["a", "b"]


def test_a_ping_stores_nothing_and_is_answered(shop: House) -> None:
    answer = shop.post(b'{"events": []}')

    assert (answer.status_code, answer.json) == (200, {"new": 0, "all": 0})
    assert shop.rows() == []
    assert shop.bells.rung == []


def test_a_delivery_that_proves_nothing_leaves_nothing(shop: House) -> None:
    answer = shop.post(event_body("e-1", CANARY), x_proof="wrong")

    assert answer.status_code == 401
    assert problem(answer) == {
        "type": "urn:stocksync:problem:bad-signature",
        "title": "Signature does not fit",
        "status": 401,
        "code": "bad-signature",
        "detail": "sign it",
        "instance": PATH,
        "server_time": "noon",
        "skew_seconds": 7,
    }
    assert shop.rows() == []
    assert not shop.holds(CANARY)
    assert shop.bells.rung == []


def test_what_cannot_be_read_is_parked_as_size_and_fingerprint(shop: House) -> None:
    body = f"not json, {CANARY}".encode()

    answer = shop.post(body)

    assert answer.status_code == 400
    assert problem(answer)["code"] == "malformed-body"
    (row,) = shop.rows()
    digest = hashlib.sha256(body).hexdigest()
    assert (row.state, row.code, row.reason) == ("parked", "malformed-body", "the body is not JSON")
    assert (row.event, row.content, row.body) == (f"unreadable:{digest}", digest, b"")
    assert row.headers == f'{{"x-body-bytes":"{len(body)}","x-body-sha256":"{digest}"}}'
    assert not shop.holds(CANARY)
    assert shop.bells.rung == []


def test_what_a_till_got_wrong_is_parked_pruned_and_it_hears_where(shop: House) -> None:
    body = f'{{"refuse": 422, "name": "{CANARY}"}}'.encode()

    answer = shop.post(body)

    assert answer.status_code == 422
    assert problem(answer)["title"] == "Event does not match the schema"
    assert problem(answer)["errors"] == [{"pointer": "/data/sku", "detail": "is required"}]
    (row,) = shop.rows()
    assert (row.state, row.code) == ("parked", "invalid-event")
    assert row.reason == "1 problem: /data/sku is required"
    assert row.body == b'{"says": "pruned"}'
    assert not shop.holds(CANARY)


def test_what_a_shop_got_wrong_is_parked_and_answered_200(shop: House) -> None:
    answer = shop.post(b'{"refuse": 200}')

    assert (answer.status_code, answer.json) == (200, {"status": "parked"})
    assert [row.state for row in shop.rows()] == ["parked"]


def test_the_same_unreadable_body_is_parked_once_and_answered_alike(shop: House) -> None:
    first = shop.post(b"not json")

    second = shop.post(b"not json")

    assert (first.status_code, second.status_code) == (400, 400)
    assert len(shop.rows()) == 1


def test_a_troubled_event_is_parked_and_its_mended_copy_accepted(shop: House) -> None:
    shop.post(event_body("e-1", "wrong", trouble="is wrong"))

    answer = shop.post(event_body("e-1", "right"))

    assert answer.status_code == 202
    parked, pending = shop.rows()
    digest = hashlib.sha256(b'{"says": "wrong"}').hexdigest()
    assert parked.event == f"e-1!{digest[:16]}"
    assert (parked.state, parked.code, parked.reason) == ("parked", "odd", "/says is wrong")
    assert (pending.event, pending.state) == ("e-1", "pending")


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/corner-shop/nobody",
        "/hooks/nobody/stall",
        "/hooks/corner-shop",
        "/hooks/corner-shop/stall/",
        "/hooks/corner-shop/stall/token/more",
        "/hooks/%00/%FF%FE",
        "/hooks/../../etc/passwd",
    ],
)
def test_an_address_of_no_channel_is_404(shop: House, path: str) -> None:
    answer = shop.post(event_body(), path)

    assert answer.status_code == 404
    assert problem(answer)["code"] == "unknown-channel"
    assert "token" not in problem(answer)["instance"]
    assert shop.rows() == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_post_is_allowed(shop: House, method: str) -> None:
    answer = shop.client.open(f"{PATH}/{GONE_FOR_EVER}", method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert GONE_FOR_EVER not in answer.text


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_an_encoded_body_is_415(shop: House, encoding: str) -> None:
    answer = shop.post(event_body(), content_encoding=encoding)

    assert answer.status_code == 415
    assert problem(answer)["code"] == "unsupported-media-type"
    assert shop.rows() == []


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml", "json"])
def test_a_type_that_is_not_json_is_415(shop: House, kind: str) -> None:
    answer = shop.post(event_body(), content_type=kind)

    assert answer.status_code == 415
    assert shop.rows() == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/x+json", ""]
)
def test_json_by_any_of_its_names_is_taken(shop: House, kind: str) -> None:
    answer = shop.post(event_body(), content_type=kind, content_encoding="identity")

    assert answer.status_code == 202


def test_a_body_one_byte_too_long_is_413_and_one_that_fits_is_taken(shop: House) -> None:
    fits = event_body("e-1", "x" * (20_000 - len(event_body("e-1", ""))))

    refused = shop.post(fits + b" ")
    taken = shop.post(fits)

    assert refused.status_code == 413
    assert problem(refused)["detail"] == "the body may have 20000 bytes; split it"
    assert taken.status_code == 202


def test_a_body_shorter_than_announced_is_400(shop: House) -> None:
    body = event_body()
    environ = {"CONTENT_LENGTH": str(len(body) + 1)}

    answer = shop.client.post(PATH, data=body, environ_overrides=environ)

    assert answer.status_code == 400
    assert problem(answer)["code"] == "malformed-body"
    assert shop.rows() == []


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "five", "٣", "9" * 5000])
def test_a_length_that_is_no_number_is_400(shop: House, length: str) -> None:
    environ = {"CONTENT_LENGTH": length}

    answer = shop.client.post(PATH, data=b"x", environ_overrides=environ)

    assert answer.status_code == 400


def test_the_peer_is_said_by_the_door_alone(shop: House) -> None:
    shop.post(event_body(), x_stocksync_peer="10.9.8.7", x_note="caf\xe9")

    (row,) = shop.rows()
    assert row.headers == '{"x-note":"café","x-stocksync-peer":"127.0.0.1","token":""}'


def test_the_token_of_the_path_reaches_the_channel_and_no_log(
    shop: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    shop.post(event_body(), f"{PATH}/{GONE_FOR_EVER}")
    refused = shop.post(event_body(), f"{PATH}/{GONE_FOR_EVER}", x_proof="wrong")

    (row,) = shop.rows()
    assert f'"token":"{GONE_FOR_EVER}"' in row.headers
    assert problem(refused)["instance"] == PATH
    assert GONE_FOR_EVER not in refused.text
    assert caplog.records
    assert all(GONE_FOR_EVER not in str(vars(record)) for record in caplog.records)


def test_a_mistake_of_ours_is_500_and_tells_nobody_what_was_in_the_body(
    shop: House, caplog: pytest.LogCaptureFixture
) -> None:
    answer = shop.post(b'{"bug": true}')

    assert answer.status_code == 500
    assert problem(answer)["code"] == "internal-error"
    assert "ZeroDivisionError" not in answer.text
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert vars(record)["error"] == "ZeroDivisionError"
    assert "minimise" in vars(record)["trail"]
    assert CANARY not in str(vars(record))


@pytest.mark.parametrize("path", [PATH, "/hooks/no/body", "/healthz", "/nothing"])
def test_every_answer_forbids_guessing_and_storing(shop: House, path: str) -> None:
    answer = shop.client.get(path)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
