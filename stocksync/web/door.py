"""The door: signed calls come in here, and are answered once they are committed."""

from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request

from stocksync.channels.base import Answer, Delivery
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.core.names import ChannelName, MerchantName
from stocksync.flow.group import GroupCommit, NotStored
from stocksync.flow.receive import receive
from stocksync.store.door import ChannelKey, was_heard
from stocksync.store.session import AWAY
from stocksync.web import body
from stocksync.web.problems import Problem, removed_channel, unknown_channel
from stocksync.web.strangers import Strangers
from stocksync.wiring import System

PEER_HEADER = "x-stocksync-peer"
RETRY_S = 5


def door(system: System) -> Blueprint:
    """Return the routes under /hooks. What calls share lives as long as they do."""
    hooks = Blueprint("door", __name__)
    group = GroupCommit(system.database, system.doorbell.ring)
    strangers = Strangers()

    def take(merchant: str, channel: str, token: str | None = None) -> Response:
        key = MerchantName(merchant), ChannelName(channel)
        known = system.channels.get(key)
        if known is None:
            raise _of_no_channel(system, strangers, key)
        _check_form(request.environ)
        delivery = Delivery(
            body=body.read(request.environ, known.body_max),
            headers=_headers(request.environ),
            received_at=datetime.now(UTC),
            token=token,
        )

        try:
            answer = receive(key[0], known, delivery, group)
        except Unauthentic as e:
            wait_s = strangers.wait_s(delivery.headers[PEER_HEADER])
            raise Problem.of(e) if wait_s is None else _rate_limited(wait_s) from None
        except Unreadable as e:
            raise Problem.of(e) from None
        except NotStored:
            raise _not_stored() from None
        return _written(answer)

    for path in ("/hooks/<merchant>/<channel>", "/hooks/<merchant>/<channel>/<token>"):
        hooks.add_url_rule(path, view_func=take, methods=["POST"], provide_automatic_options=False)
    return hooks


def _of_no_channel(system: System, strangers: Strangers, key: ChannelKey) -> Problem:
    """Return what a call to no channel hears: 410 if it was one once, so that it ends."""
    # Counted before it is asked for: nobody can make us query without end.
    wait_s = strangers.wait_s(_peer(request.environ))
    if wait_s is not None:
        return _rate_limited(wait_s)
    try:
        with system.database.reading() as tx:
            return removed_channel() if was_heard(tx, *key) else unknown_channel()
    except AWAY:
        return unknown_channel()


def _check_form(environ: dict[str, Any]) -> None:
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(
            415,
            "unsupported-media-type",
            "send the body as it is, without Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    # Some tills name no type at all. A form is what a WooCommerce shop rings with.
    if kind in ("", "application/json", "application/x-www-form-urlencoded"):
        return
    if not kind.endswith("+json"):
        raise Problem(
            415, "unsupported-media-type", "send JSON, with Content-Type: application/json"
        )


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    told = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    # Ours alone: whatever a sender wrote under this name is gone.
    return {**told, PEER_HEADER: _peer(environ)}


def _peer(environ: dict[str, Any]) -> str:
    return environ.get("REMOTE_ADDR") or ""


def _written(answer: Answer) -> Response:
    if answer.status < 400:
        return Response(
            orjson.dumps(dict(answer.body)), answer.status, content_type="application/json"
        )
    extra = dict(answer.body)
    code, detail = extra.pop("code"), extra.pop("detail")
    raise Problem(answer.status, code, detail, extra=extra)


def _rate_limited(wait_s: int) -> Problem:
    return Problem(
        429,
        "rate-limited",
        f"too many requests from this address could not be verified; mend the path or the "
        f"secret and wait {wait_s} s. Verified requests are never limited",
        headers={"Retry-After": str(wait_s)},
    )


def _not_stored() -> Problem:
    return Problem(
        503,
        "not-stored",
        "the database cannot take it now; send the same id and body again",
        headers={"Retry-After": str(RETRY_S)},
    )
