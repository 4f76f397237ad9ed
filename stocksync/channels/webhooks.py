"""The webhooks of shops: a signature over the bytes, a body of JSON, and what is kept of it.

What we read there ourselves is kept as if it had been sent, each look an event of its own.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels.base import Answer, Delivery, Stored, Trouble
from stocksync.channels.settings import Secret
from stocksync.core.names import EventId


class NotUnderstood(Exception):
    """A body says nothing that we know. `detail` quotes nothing of it but numbers and words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def proves(delivery: Delivery, header: str, secrets: Iterable[Secret]) -> bool:
    """Return whether one of the secrets that are live signed these very bytes in this header."""
    given = delivery.headers.get(header, "").encode("utf-8", "replace")
    live = [one for one in secrets if one.live(delivery.received_at)]
    return any(hmac.compare_digest(given, _sign(one, delivery.body)) for one in live)


def object_of(body: bytes, shop: str) -> dict[str, Any]:
    """Return the object that a body is, fractions as text, or raise `NotUnderstood`.

    `shop` is the name of the software that wrote it.
    """
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_without_twins,
            parse_constant=_no_number,
            parse_float=str,  # exact, and up to each field whether it is a number
        )
    except (ValueError, RecursionError) as e:
        raise NotUnderstood("not-json", f"the body is not JSON as {shop} writes it") from e
    if not isinstance(value, dict):
        raise NotUnderstood("not-json", "the body is JSON, but not an object")
    return value


def kept(delivery: Delivery, said: object, event: bytes) -> Delivery:
    """Return what is kept of a delivery: `said`, and the headers that it still has.

    The same `event` enters once.
    """
    body = json.dumps(said, separators=(",", ":")).encode()
    return replace(
        delivery,
        body=body,
        token=None,
        event_id=EventId(hashlib.sha256(event).hexdigest()),
        content=hashlib.sha256(body).hexdigest(),
    )


def fingerprint(delivery: Delivery, whole: bytes, event: bytes, e: NotUnderstood) -> Delivery:
    """Return what is kept, parked, of a body that is not understood: its size and its hash."""
    said = {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    return replace(kept(delivery, said, event), trouble=Trouble(code=e.code, detail=e.detail))


def looked_at(whole: bytes, read: Callable[[], object], now: datetime) -> Delivery:
    """Return what is kept of something that we read ourselves; parked if it is not understood."""
    empty, event = _ours(now), once(whole, now)
    try:
        return kept(empty, read(), event)
    except NotUnderstood as e:
        return fingerprint(empty, whole, event, e)


def gone(said: object, now: datetime) -> Delivery:
    """Return what is kept of something that the shop does not have any more."""
    return kept(_ours(now), said, once(json.dumps(said).encode(), now))


def once(body: bytes, now: datetime) -> bytes:
    """Return what makes a look enter once; the same answer at another time is another event.

    It may end a question that was asked between the two.
    """
    return b"\n".join((body, b"read", now.isoformat().encode()))


def answered(deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
    """Return 200 for all that was signed: a shop that is refused again and again sends no more."""
    if Stored.REUSED in stored or any(one.trouble for one in deliveries):
        status = "parked"
    elif all(one is Stored.DUPLICATE for one in stored):
        status = "duplicate"
    else:
        status = "accepted"
    return Answer(status=200, body={"status": status})


def _ours(now: datetime) -> Delivery:
    return Delivery(body=b"", headers={}, received_at=now, read_began_at=now)


def _sign(secret: Secret, body: bytes) -> bytes:
    key = secret.value.encode("utf-8", "surrogateescape")  # an environment may hold any bytes
    return b64encode(hmac.digest(key, body, "sha256"))


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return whole


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
