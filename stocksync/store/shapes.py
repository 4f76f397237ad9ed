"""How papers and booked lines are written down: JSON that only our own code reads."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import orjson

from stocksync.core.account import PaperState
from stocksync.core.facts import (
    Adjusted,
    Counted,
    Flag,
    OrderLine,
    OrderSnapshot,
    Paper,
    PaperLine,
    ReceiptPart,
    Received,
    Removal,
    Slip,
    SlipKind,
    SlipRules,
    Stage,
    TillReceipt,
    Transferred,
)
from stocksync.core.lines import BookedLine, Entry, Part
from stocksync.core.names import LocationName, Sku
from stocksync.core.stock import Account, Place
from stocksync.core.versions import Standing

_PAPERS: Mapping[str, type[Paper]] = {
    kind.__name__: kind for kind in (TillReceipt, Counted, Received, Adjusted, Transferred)
}
_MOMENTS = frozenset(
    {"occurred_at", "said_at", "expected_at", "placed_at", "soft_until", "gone_at", "received_at"}
    | {"read_began_at", "changed_at", "ended_at", "at"}
)


def paper_text(state: PaperState) -> bytes:
    """Write one paper's state down."""
    told: dict[str, Any] = {"received_at": state.received_at}
    if state.standing is not None:
        told["standing"] = _plain(state.standing)
    if state.snapshot is not None:
        told["snapshot"] = _plain(state.snapshot)
    if state.parts:
        told["parts"] = {
            str(name): {"is": type(part).__name__, **_plain(part)}
            for name, part in state.parts.items()
        }
    if state.slips:
        told["slips"] = [_plain(slip) for slip in state.slips.values()]
    if state.ended_at is not None:
        told["ended_at"] = state.ended_at
    return orjson.dumps(told, default=_extra)


def paper_state(text: bytes) -> PaperState:
    """Read one paper's state back; empty text is a paper that nobody has told of yet."""
    if not text:
        return PaperState()
    told = orjson.loads(text)
    return PaperState(
        standing=_standing(told["standing"]) if "standing" in told else None,
        snapshot=_snapshot(told["snapshot"]) if "snapshot" in told else None,
        parts={name: _part(part) for name, part in told.get("parts", {}).items()},
        received_at=_moment(told["received_at"]),
        slips={one["key"]: _slip(one) for one in told.get("slips", ())},
        ended_at=_moment(told.get("ended_at")),
    )


def booked_text(line: BookedLine) -> str:
    """Write down where the units of a booked line are."""
    parts = [
        [p.sku, p.location, p.committed, p.gone, p.beyond, p.soft, p.gone_at] for p in line.parts
    ]
    entries = [[e.sku, *e.source, *e.target, e.at, e.units] for e in line.entries]
    told = {
        "goods": line.goods,
        "parts": parts,
        "entries": entries,
        "gone": line.seen_gone,
        "here": line.seen_here,
        "ignored": line.ignored,
        "removed": line.removed,
    }
    return orjson.dumps({name: value for name, value in told.items() if value}).decode()


def read_booked(line: BookedLine, text: str) -> BookedLine:
    """Fill in where the units of a booked line are."""
    told = orjson.loads(text)
    line.goods = tuple((Sku(sku), count) for sku, count in told.get("goods", ()))
    line.seen_gone = tuple(
        (version, datetime.fromisoformat(at)) for version, at in told.get("gone", ())
    )
    line.seen_here = told.get("here", "")
    line.ignored = told.get("ignored", 0)
    line.removed = told.get("removed", 0)
    line.parts = tuple(
        Part(
            sku=Sku(p[0]),
            location=LocationName(p[1]),
            committed=p[2],
            gone=p[3],
            beyond=p[4],
            soft=p[5],
            gone_at=_moment(p[6]),
        )
        for p in told.get("parts", ())
    )
    line.entries = tuple(
        Entry(
            sku=Sku(e[0]),
            source=Place(Account(e[1]), LocationName(e[2])),
            target=Place(Account(e[3]), LocationName(e[4])),
            at=datetime.fromisoformat(e[5]),
            units=e[6],
        )
        for e in told.get("entries", ())
    )
    return line


def _plain(value: Any) -> dict[str, Any]:
    """Return a value's fields, those left out that say nothing."""
    told = {field.name: getattr(value, field.name) for field in fields(value)}
    if "lines" in told:
        told["lines"] = [_plain(line) for line in told["lines"]]
    return {name: kept for name, kept in told.items() if kept is not None and kept != ()}


def _extra(value: Any) -> Any:
    match value:
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} is not written down")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _moments(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in _MOMENTS else value
        for name, value in told.items()
    }


def _standing(told: dict[str, Any]) -> Standing:
    return Standing(**{**_moments(told), "rivals": frozenset(told["rivals"])})


def _snapshot(told: dict[str, Any]) -> OrderSnapshot:
    # A line without a SKU text was written down without it, like all that says nothing.
    lines = tuple(OrderLine(**{"sku": None, **_moments(line)}) for line in told["lines"])
    flags = frozenset(Flag(flag) for flag in told["flags"])
    rules = _slip_rules(told.get("slip_rules"))
    return OrderSnapshot(**{**_moments(told), "lines": lines, "flags": flags, "slip_rules": rules})


def _slip_rules(told: dict[str, Any] | None) -> SlipRules | None:
    return None if told is None else SlipRules(**{**told, "removal": Removal(told["removal"])})


def _slip(told: dict[str, Any]) -> Slip:
    return Slip(**{**_moments(told), "kind": SlipKind(told["kind"])})


def _part(told: dict[str, Any]) -> Paper:
    read = _moments(told)
    kind = _PAPERS[read.pop("is")]
    read["lines"] = tuple(PaperLine(**line) for line in told["lines"])
    read["doubt"] = timedelta(seconds=told["doubt"])
    if kind is TillReceipt:
        read["part"] = ReceiptPart(told["part"])
    if kind is Transferred:
        read["stage"] = Stage(told["stage"])
    return kind(**read)
