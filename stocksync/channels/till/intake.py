"""From the bytes of one request to the deliveries that are kept: one an event, minimised.

What is kept is the whitelist below and nothing else: no operator, note, name or buyer.
A wrong event keeps its wrong values where they are harmless, so that a person can see
them and so that reading it again finds the same mistakes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stocksync.channels.base import Delivery, Trouble
from stocksync.channels.errors import Unreadable
from stocksync.channels.till import jsontext, mapping, proof, shape
from stocksync.channels.till.settings import TillSettings
from stocksync.core.names import EventId
from stocksync.core.texts import clean

BATCH_INDEX = "x-batch-index"
"""Marks a delivery that came inside a batch, with its place there."""
FOREIGN = "x-foreign-body"
"""Marks a pruned document that no rule turned into an event yet."""
LISTED_MAX = 100
"""How many problems one answer lists."""

_KEPT_LINE = ("line_id", "sku", "barcode", "quantity", "restock")
_NOT_KEPT = frozenset({"operator", "note", "supplier"})
_KEPT_ANYWHERE = frozenset(
    name for form in shape.FORMS.values() for name in (*form.required, *form.optional)
)
_TEXT_MAX = 300
"""Longer than any field may be: a text that is too long stays too long."""


def take_in(delivery: Delivery, settings: TillSettings) -> Sequence[Delivery]:
    """Return one minimised delivery an event, or raise `Unreadable` if none can be taken.

    A ping is none. A wrong event of a batch comes back with its trouble, so that it is
    parked while the others go on.
    """
    try:
        said = jsontext.read(delivery.body, delivery.headers.get("content-type", ""))
    except jsontext.Malformed as e:
        raise Unreadable("malformed-body", f"the body is {e}", status=400) from None

    if settings.mapping:
        return (_foreign(delivery, said, settings),)
    if isinstance(said, dict) and said.get("type") == "batch":
        return _batch(delivery, said, settings)
    return _single(delivery, said, settings)


def take_pulled(
    event: Any, settings: TillSettings, now: datetime, stated_at: datetime | None
) -> Delivery | None:
    """Return an event that we asked for as its webhook would have been kept; None for a ping.

    The id is its own, which the webhook carries too. A wrong event comes with its trouble.
    """
    asked = Delivery(body=b"", headers={}, received_at=now)
    if settings.mapping:
        return replace(_foreign(asked, event, settings), stated_at=stated_at, read_began_at=now)
    wrong = shape.problems(event, settings.zone)
    if not wrong and event["type"] == "ping":
        return None
    kept = _kept(
        asked, settings, minimal(event), _content(event), _own_id(event), trouble=_summed(wrong)
    )
    return replace(kept, stated_at=stated_at, read_began_at=now)


def minimal(event: Any) -> Any:
    """Return an event with nothing in it but what stock needs, its texts cleaned."""
    if not isinstance(event, dict):
        return None
    kept = {name: _scalar(event[name]) for name in ("type", "timestamp") if name in event}
    if "data" in event:
        kept["data"] = _minimal_data(event["data"], kept.get("type"))
    return kept


def content_id(content: str) -> EventId:
    """Return the id of an event that has none of its own: what it says."""
    return EventId(f"sha256:{content}")


def code_of(problems: Sequence[Trouble]) -> str:
    """Return the code under which several problems are answered."""
    codes = {problem.code for problem in problems}
    ranked = ("too-large", "unknown-event-type", "invalid-event", "naive-timestamp")
    return next(code for code in ranked if code in codes)


def _single(delivery: Delivery, event: Any, settings: TillSettings) -> Sequence[Delivery]:
    content = _content(event)
    told = proof.stated_id(delivery.headers, settings) or _own_id(event)
    kept = _kept(delivery, settings, minimal(event), content, told)

    problems = shape.problems(event, settings.zone)
    if problems:
        raise _refused(problems, kept)
    return () if event["type"] == "ping" else (kept,)


def _batch(
    delivery: Delivery, batch: Mapping[str, Any], settings: TillSettings
) -> Sequence[Delivery]:
    problems = shape.envelope_problems(batch)
    if problems:
        told = proof.stated_id(delivery.headers, settings) or _own_id(batch)
        raise _refused(
            problems, _kept(delivery, settings, _minimal_batch(batch), _content(batch), told)
        )

    taken = []
    for index, event in enumerate(batch["data"]["events"]):
        wrong = shape.problems(event, settings.zone, batched=True)
        if not wrong and event["type"] == "ping":
            continue
        taken.append(
            _kept(
                delivery,
                settings,
                minimal(event),
                _content(event),
                _own_id(event),
                headers={BATCH_INDEX: str(index)},
                trouble=_summed(wrong),
            )
        )
    return taken


def _foreign(delivery: Delivery, document: Any, settings: TillSettings) -> Delivery:
    event = mapping.apply(settings.mapping, document)
    wrong = [UNMAPPED] if event is None else shape.problems(stamped(event, delivery), settings.zone)
    told = proof.stated_id(delivery.headers, settings) or _own_id(event)
    if event is not None and not wrong:
        content = jsontext.digest({"type": event["type"], "data": event["data"]})
        return _kept(delivery, settings, minimal(stamped(event, delivery)), content, told)

    # Not the sender's fault and not for it to mend: kept for a person, never bounced.
    return _kept(
        delivery,
        settings,
        mapping.prune(settings.mapping, document),
        jsontext.digest(document),
        told,
        headers={FOREIGN: "yes"},
        trouble=_summed(wrong),
    )


def stamped(event: Mapping[str, Any], delivery: Delivery) -> dict[str, Any]:
    """Return a mapped event with the envelope that foreign documents lack."""
    sound_id = _own_id(event)
    stamp = delivery.received_at.isoformat(timespec="seconds")
    plain = {name: value for name, value in event.items() if name != "id"}
    return {**plain, "timestamp": stamp, **({"id": sound_id} if sound_id else {})}


UNMAPPED = Trouble(
    code="unmapped",
    detail="no rule of `mapping` is for this document; add one, or let it be if it moves no stock",
)


def _kept(
    delivery: Delivery,
    settings: TillSettings,
    body: Any,
    content: str,
    told: str | None,
    *,
    headers: Mapping[str, str] | None = None,
    trouble: Trouble | None = None,
) -> Delivery:
    return Delivery(
        body=jsontext.canonical(body),
        headers=dict(headers or {}),
        received_at=delivery.received_at,
        event_id=EventId(told) if told else content_id(content),
        content=content,
        stated_at=proof.stated_at(delivery.headers, settings),
        trouble=trouble,
    )


def _refused(problems: Sequence[Trouble], kept: Delivery) -> Unreadable:
    code = code_of(problems)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    more = f"; the first {LISTED_MAX} are listed" if len(problems) > LISTED_MAX else ""
    status = 413 if code == "too-large" else 422
    return Unreadable(code, count + more, status=status, errors=problems[:LISTED_MAX], kept=kept)


def _summed(problems: Sequence[Trouble]) -> Trouble | None:
    if not problems:
        return None
    first = problems[0]
    told = [f"{problem.pointer} {problem.detail}".strip() for problem in problems[:5]]
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    code = first.code if len(problems) == 1 else code_of(problems)
    return Trouble(code=code, detail="; ".join(told) + more, pointer=first.pointer)


def _content(event: Any) -> str:
    if not isinstance(event, dict):
        return jsontext.digest(event)
    return jsontext.digest({name: event[name] for name in ("type", "data") if name in event})


def _own_id(event: Any) -> str | None:
    told = event.get("id") if isinstance(event, dict) else None
    return told if isinstance(told, str) and shape.ID.fullmatch(told) else None


def _minimal_batch(batch: Mapping[str, Any]) -> Any:
    data = batch.get("data")
    events = data.get("events") if isinstance(data, dict) else None
    kept = [minimal(event) for event in events] if isinstance(events, list) else None
    return {"type": "batch", "data": {"events": kept}}


def _minimal_data(data: Any, name: Any) -> Any:
    if not isinstance(data, dict):
        return None
    form = shape.FORMS.get(name) if isinstance(name, str) else None
    fields = _KEPT_ANYWHERE if form is None else {*form.required, *form.optional}
    kept = {field: _value(field, data[field]) for field in fields - _NOT_KEPT if field in data}
    if "lines" in data and (form is None or form.lines is not None):
        lines = data["lines"]
        kept["lines"] = [_minimal_line(one) for one in lines] if isinstance(lines, list) else None
    return kept


def _minimal_line(line: Any) -> Any:
    if not isinstance(line, dict):
        return None
    kept = {field: _scalar(line[field]) for field in _KEPT_LINE if field in line}
    if type(kept.get("sku")) is int:
        kept["sku"] = str(kept["sku"])
    return kept


def _value(name: str, value: Any) -> Any:
    # A reason of its own making may name a person; one of ours never does.
    if name in shape.ONE_OF:
        return value if value in shape.ONE_OF[name] else None
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return None
    return clean(value)[:_TEXT_MAX] if isinstance(value, str) else value
