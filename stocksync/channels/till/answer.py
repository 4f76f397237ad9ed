"""What a till hears once its events are committed (guide, "Answers")."""

from collections.abc import Sequence
from typing import Any

from stocksync.channels.base import Answer, Delivery, Stored
from stocksync.channels.till.intake import BATCH_INDEX, content_id

_REUSED = "this id came before with other content; both are kept, send new content with a new id"


def answer(deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
    """Return the answer to one request from what became of its events."""
    if not deliveries:
        return Answer(status=200, body={"status": "ok"})
    if BATCH_INDEX in deliveries[0].headers:
        return _to_batch(deliveries, stored)

    told = deliveries[0].event_id
    match stored[0]:
        case Stored.NEW:
            return Answer(status=202, body={"status": "accepted", "id": told})
        case Stored.DUPLICATE:
            return Answer(status=200, body={"status": "duplicate", "id": told})
        case Stored.REUSED:
            body = {"code": "id-reused", "detail": _REUSED, "id": told}
            return Answer(status=409, body=body)


def _to_batch(deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
    accepted = duplicates = 0
    rejected = []
    for delivery, outcome in zip(deliveries, stored, strict=True):
        if delivery.trouble:
            rejected.append(_rejected(delivery, delivery.trouble.code, delivery.trouble.pointer))
        elif outcome is Stored.REUSED:
            rejected.append(_rejected(delivery, "id-reused", "/id"))
        elif outcome is Stored.DUPLICATE:
            duplicates += 1
        else:
            accepted += 1
    body = {
        "status": "accepted",
        "accepted": accepted,
        "duplicates": duplicates,
        "rejected": rejected,
    }
    return Answer(status=202, body=body)


def _rejected(delivery: Delivery, code: str, pointer: str) -> dict[str, Any]:
    own = None if delivery.event_id == content_id(delivery.content) else delivery.event_id
    return {
        "index": int(delivery.headers[BATCH_INDEX]),
        "id": own,
        "code": code,
        "pointer": pointer,
    }
