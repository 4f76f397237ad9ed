"""Every error of the door has one shape: problem+json (RFC 9457), whose detail says what to do."""

import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from stocksync.channels.base import Trouble
from stocksync.channels.errors import ChannelError

TITLES = {
    "bad-id": "Event id cannot be used",
    "bad-signature": "Signature does not fit",
    "bad-timestamp": "Timestamp is not a time",
    "bad-token": "Token is missing or wrong",
    "channel-removed": "Channel is not connected any more",
    "id-reused": "Event id came before with other content",
    "internal-error": "Something is wrong with stocksync itself",
    "invalid-event": "Event does not match the schema",
    "malformed-body": "Body cannot be read",
    "method-not-allowed": "Method is not allowed here",
    "missing-header": "A header is missing",
    "naive-timestamp": "Time has no offset",
    "not-found": "There is nothing here",
    "not-stored": "Not stored",
    "rate-limited": "Too many unproven requests",
    "timestamp-out-of-tolerance": "Clock of the sender is off",
    "too-large": "Too large",
    "unknown-channel": "No such channel",
    "unknown-event-type": "Event type is not known",
    "unsupported-media-type": "Type or encoding of the body is not supported",
}
_CODES = {404: "not-found", 405: "method-not-allowed"}
_HOOK = 4  # "", "hooks", merchant, channel: what follows is a secret

log = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is no success. `detail` is safe to show to anybody."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Trouble] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: ChannelError) -> "Problem":
        """Return what a channel's refusal looks like to its sender."""
        return cls(error.status, error.code, error.detail, errors=error.errors, extra=error.extra)


def install(app: Flask) -> None:
    """Let every error of the app be answered as a problem, our own mistakes too."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_a_bug)


def answer(problem: Problem) -> Response:
    """Return the problem as it goes over the wire."""
    request_id = secrets.token_hex(8)
    told: dict[str, Any] = {
        **problem.extra,
        "type": f"urn:stocksync:problem:{problem.code}",
        "title": TITLES.get(problem.code) or problem.code.replace("-", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": instance(),
        "request_id": request_id,
    }
    if problem.errors:
        told["errors"] = [_written(one) for one in problem.errors]
    log.info(
        "request refused",
        extra={
            "status": problem.status,
            "code": problem.code,
            "request": request_id,
            "peer": request.remote_addr,
        },
    )
    response = Response(orjson.dumps(told), problem.status, content_type="application/problem+json")
    response.headers.update(problem.headers)
    return response


def instance() -> str:
    """Return the path of this request without the secret that may end it."""
    path = request.path
    if path.startswith("/hooks/"):
        path = "/".join(path.split("/")[:_HOOK])
    return quote(path)


def _written(trouble: Trouble) -> dict[str, str]:
    return {"pointer": trouble.pointer, "detail": trouble.detail}


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return answer(
            Problem(405, "method-not-allowed", f"use {allowed}", headers={"Allow": allowed})
        )
    if status == 404 and request.path.startswith("/hooks/"):
        return answer(unknown_channel())
    return answer(
        Problem(status, _CODES.get(status, "bad-request"), error.description or error.name)
    )


def unknown_channel() -> Problem:
    """Return what a call to no channel of ours hears."""
    return Problem(
        404,
        "unknown-channel",
        "the address must be /hooks/{merchant}/{channel} with the names of the config; "
        "`stocksync check` shows them",
    )


def removed_channel() -> Problem:
    """Return what a call to a channel hears that was ours once."""
    return Problem(
        410,
        "channel-removed",
        "this channel is not in the config any more; stop sending, or put it back there",
    )


def _of_a_bug(error: Exception) -> Response:
    # Where and what kind, not the message: it may quote a piece of the body.
    frames = traceback.extract_tb(error.__traceback__)
    trail = " < ".join(f"{one.filename}:{one.lineno} {one.name}" for one in reversed(frames))
    log.error("request failed", extra={"error": type(error).__name__, "trail": trail})
    return answer(
        Problem(
            500,
            "internal-error",
            "this is a mistake of stocksync, not of the sender; its log tells more under "
            "request_id. Send the same id and body again later",
        )
    )
