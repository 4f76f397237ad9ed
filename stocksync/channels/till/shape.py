"""What an event of the till contract looks like, and all that is wrong with one at once."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from stocksync.channels.base import Trouble
from stocksync.channels.till import moments
from stocksync.core.texts import clean

LINES_MAX = 1000
EVENTS_MAX = 500
NUMBER_MAX = 1_000_000
PLACES_MAX = 5

ID = re.compile(r"[A-Za-z0-9_\-:]{1,128}")
_QUANTITY = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,5})?")
_FINEST = Decimal(1).scaleb(-PLACES_MAX)

ONE_OF: Mapping[str, tuple[str, ...]] = {
    "scope": ("listed", "location"),
    "reason": (
        "damaged",
        "expired",
        "theft",
        "lost",
        "found",
        "sample",
        "internal_use",
        "correction",
        "other",
    ),
    "stage": ("dispatched", "received", "completed", "cancelled"),
}
_TIMES = frozenset({"occurred_at", "original_occurred_at", "expected_at"})
_DROPPED = frozenset({"operator", "note", "name", "unit"})
_MAY_BE_EMPTY = _DROPPED | {"barcode", "original_line_id"}
_LONGEST: Mapping[str, int] = {
    "note": 1000,
    "name": 512,
    "line_id": 64,
    "barcode": 64,
    "original_line_id": 64,
    "unit": 16,
}
_LONGEST_ELSE = 128

_ANYWHERE = ("location", "register", "revision", "operator", "note")
_LINE = ("line_id", "barcode", "name", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the data of one type of event must and may hold."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    lines: bool | None = True
    """True: they must be there. False: they may be. None: there are none to speak of."""


FORMS: Mapping[str, Form] = {
    "sale.completed": Form(required=("receipt_id", "occurred_at"), optional=_ANYWHERE),
    "sale.voided": Form(
        required=("receipt_id", "occurred_at"),
        optional=(*_ANYWHERE, "original_occurred_at"),
        lines=False,
    ),
    "return.completed": Form(
        required=("receipt_id", "occurred_at"), optional=(*_ANYWHERE, "original_receipt_id")
    ),
    "stock.counted": Form(required=("count_id", "occurred_at"), optional=(*_ANYWHERE, "scope")),
    "stock.received": Form(
        required=("document_id", "occurred_at"), optional=(*_ANYWHERE, "supplier", "po_number")
    ),
    "stock.adjusted": Form(required=("document_id", "occurred_at", "reason"), optional=_ANYWHERE),
    "transfer": Form(
        required=("document_id", "occurred_at", "from_location", "to_location"),
        optional=(*_ANYWHERE, "stage", "expected_at"),
    ),
    "ping": Form(lines=None),
}


def quantity(value: Any) -> Decimal | None:
    """Return a quantity exactly, or None if the contract does not know it as one."""
    if isinstance(value, str):
        return Decimal(value) if _QUANTITY.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    if abs(number) > NUMBER_MAX:
        return None
    return number if number == number.quantize(_FINEST) else None


def problems(event: Any, zone: ZoneInfo | None, *, batched: bool = False) -> list[Trouble]:
    """Return all that is wrong with one event, in reading order; nothing if it is sound.

    An event inside a batch must bring its own id.
    """
    return list(_problems(event, zone, batched))


def envelope_problems(batch: Mapping[str, Any]) -> list[Trouble]:
    """Return what is wrong with a batch itself; its events are judged one by one."""
    found = list(_envelope(batch))
    if "id" in batch and not isinstance(batch["id"], str):
        found.append(_wrong("/id", "must be text"))
    data = batch.get("data")
    events = data.get("events") if isinstance(data, dict) else None
    if isinstance(data, dict) and "events" not in data:
        found.append(_wrong("/data/events", "is required"))
    elif isinstance(data, dict) and not isinstance(events, list):
        found.append(_wrong("/data/events", "must be a list of events"))
    elif isinstance(events, list) and not events:
        found.append(_wrong("/data/events", "must hold at least 1 event"))
    elif isinstance(events, list) and len(events) > EVENTS_MAX:
        detail = f"holds {len(events)} events; split it into batches of {EVENTS_MAX}"
        found.append(Trouble(code="too-large", detail=detail, pointer="/data/events"))
    return found


def _problems(event: Any, zone: ZoneInfo | None, batched: bool) -> Iterator[Trouble]:
    if not isinstance(event, dict):
        yield _wrong("", "must be an object with type, timestamp and data")
        return
    told = event.get("id")
    if told is None and batched and "id" not in event:
        yield _wrong("/id", "is required inside a batch")
    elif "id" in event and not (isinstance(told, str) and ID.fullmatch(told)):
        yield _wrong("/id", "must be 1 to 128 letters, digits, '_', '-' or ':'")
    yield from _envelope(event)

    name = event.get("type")
    form = FORMS.get(name) if isinstance(name, str) else None
    if form is None:
        if name == "batch":
            yield _wrong("/type", "a batch cannot stand inside a batch")
        elif isinstance(name, str):
            known = ", ".join([*FORMS, "batch"])
            detail = f"{clean(name)[:64]!r} is not a type we know; the types are {known}"
            yield Trouble(code="unknown-event-type", detail=detail, pointer="/type")
        return
    if isinstance(event.get("data"), dict):
        yield from _data(event["data"], form, zone, returns=name == "return.completed")


def _envelope(event: Mapping[str, Any]) -> Iterator[Trouble]:
    if "type" not in event:
        yield _wrong("/type", "is required")
    elif not isinstance(event["type"], str):
        yield _wrong("/type", "must be text")
    if "timestamp" not in event:
        yield _wrong("/timestamp", "is required")
    elif not (isinstance(event["timestamp"], str) and 16 <= len(event["timestamp"]) <= 40):
        yield _wrong("/timestamp", _A_TIME)
    if "data" not in event:
        yield _wrong("/data", "is required")
    elif not isinstance(event["data"], dict):
        yield _wrong("/data", "must be an object")


def _data(
    data: Mapping[str, Any], form: Form, zone: ZoneInfo | None, *, returns: bool
) -> Iterator[Trouble]:
    for name in form.required:
        if name not in data:
            yield _wrong(f"/data/{name}", "is required")
    for name in (*form.required, *form.optional):
        if name in data:
            yield from _field(name, data[name], f"/data/{name}", zone)

    if form.lines is None:
        return
    lines = data.get("lines")
    if "lines" not in data:
        if form.lines:
            yield _wrong("/data/lines", "is required")
    elif not isinstance(lines, list) or not lines:
        yield _wrong("/data/lines", "must be a list of at least 1 line")
    elif len(lines) > LINES_MAX:
        detail = f"holds {len(lines)} lines; at most {LINES_MAX} fit in one event"
        yield Trouble(code="too-large", detail=detail, pointer="/data/lines")
    else:
        optional = (*_LINE, "restock", "original_line_id") if returns else _LINE
        for index, line in enumerate(lines):
            yield from _line(line, f"/data/lines/{index}", optional)


def _line(line: Any, pointer: str, optional: tuple[str, ...]) -> Iterator[Trouble]:
    if not isinstance(line, dict):
        yield _wrong(pointer, "must be an object with sku and quantity")
        return
    for name in ("sku", "quantity"):
        if name not in line:
            yield _wrong(f"{pointer}/{name}", "is required")
    for name in ("sku", "quantity", *optional):
        if name in line:
            yield from _field(name, line[name], f"{pointer}/{name}", None)


def _field(name: str, value: Any, pointer: str, zone: ZoneInfo | None) -> Iterator[Trouble]:
    if name in _TIMES:
        try:
            moments.read(value, zone)
        except moments.NotATime:
            yield _wrong(pointer, _A_TIME)
        except moments.Naive:
            yield Trouble(code="naive-timestamp", detail=_NAIVE, pointer=pointer)
        return
    check = _CHECKS.get(name)
    said = check(value) if check else _text(name, value)
    if said:
        yield _wrong(pointer, said)


def _text(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    read = clean(value)
    most = _LONGEST.get(name, _LONGEST_ELSE)
    if len(read) > most:
        return f"is {len(read)} characters long; at most {most} fit"
    if not read and name not in _MAY_BE_EMPTY:
        return "is empty"
    # Notes and names are dropped anyway, so what is in them is no reason to refuse a sale.
    if name not in _DROPPED and any(unicodedata.category(c) == "Cc" for c in read):
        return "holds a control character"
    return None


def _sku(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return "is a fraction; send the SKU as text, so that no zero is lost"
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    return _text("sku", value)


def _quantity(value: Any) -> str | None:
    if quantity(value) is not None:
        return None
    return f"must be a decimal with at most 7 whole digits and {PLACES_MAX} places"


def _revision(value: Any) -> str | None:
    number = not isinstance(value, bool) and isinstance(value, (int, Decimal))
    if number and value == int(value) and 1 <= value <= NUMBER_MAX:
        return None
    return f"must be a whole number from 1 to {NUMBER_MAX}"


def _restock(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _choice(name: str) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        return None if value in ONE_OF[name] else f"must be one of {', '.join(ONE_OF[name])}"

    return check


_CHECKS: Mapping[str, Callable[[Any], str | None]] = {
    "sku": _sku,
    "quantity": _quantity,
    "revision": _revision,
    "restock": _restock,
    **{name: _choice(name) for name in ONE_OF},
}
_A_TIME = "must be a time such as 2026-11-22T11:59:58+02:00"
_NAIVE = "has no offset from UTC; send one, or set the timezone of this channel"


def _wrong(pointer: str, detail: str) -> Trouble:
    return Trouble(code="invalid-event", detail=detail, pointer=pointer)
