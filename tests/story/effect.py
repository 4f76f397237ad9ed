"""Everything that one step has done to a house, as plain data to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from stocksync.core.account import PaperId
from stocksync.core.lines import BookedLine
from stocksync.core.plan import OFFICE
from stocksync.store import views
from stocksync.store.papers import paper_id, read_lines
from stocksync.store.tables import inbox, listings, movements, papers
from tests.story.house import HOME, MERCHANT, House


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stood there when the step began."""

    on_hand: Mapping[str, int]
    last_row: int
    last_movement: int
    listed: Mapping[str, Mapping[str, Any]]


def before(house: House) -> Before:
    """Look at what stands there, to tell later what a step has done."""
    with house.system.database.reading() as tx:
        rows = [row.id for row in tx.execute(select(inbox.c.id))]
        moved = [row.id for row in tx.execute(select(movements.c.id))]
        return Before(
            on_hand=_shelves(tx, "on_hand"),
            last_row=max(rows, default=0),
            last_movement=max(moved, default=0),
            listed=_listed(tx),
        )


def since(house: House, start: Before) -> dict[str, Any]:
    """Return what a step has made, and what stands there now.

    Movements, rows and listings are those of the step; stock, papers and all that waits
    for somebody are as they stand at its end.
    """
    with house.system.database.reading() as tx:
        on_hand = _shelves(tx, "on_hand")
        return {
            "ended": _endings(tx, start.last_row),
            "papers": _papers(tx),
            "movements": _movements(tx, start.last_movement),
            "available": _shelves(tx, "available"),
            "changed": {
                name: units - start.on_hand.get(name, 0)
                for name, units in on_hand.items()
                if units != start.on_hand.get(name, 0)
            },
            "incoming": {name: units for name, units in _shelves(tx, "incoming").items() if units},
            "soft_until": _soft_until(tx),
            "learned": {
                name: entry
                for name, entry in _listed(tx).items()
                if start.listed.get(name) != entry
            },
            **_waiting(tx),
        }


def standing(house: House) -> dict[str, Any]:
    """Return all that has been done to a house so far, and what stands there now."""
    return since(house, Before(on_hand={}, last_row=0, last_movement=0, listed={}))


def _shelves(tx: Connection, account: str) -> dict[str, int]:
    return {
        _at(line.sku, line.location): getattr(line, account)
        for line in views.stock_lines(tx, MERCHANT, None)
        if line.location == HOME or line.on_hand or line.incoming
    }


def _at(what: str, location: str) -> str:
    return what if location == HOME else f"{what}@{location}"


def _endings(tx: Connection, last: int) -> list[str]:
    rows = tx.execute(select(inbox).where(inbox.c.id > last).order_by(inbox.c.id))
    return [row.state if row.code is None else f"{row.state}: {row.code}" for row in rows]


def _papers(tx: Connection) -> dict[str, dict[str, Any]]:
    known = tx.execute(select(papers).where(papers.c.channel != OFFICE))
    told: dict[str, dict[str, Any]] = {_named(paper_id(row)): {} for row in known}
    for paper, line in read_lines(tx, MERCHANT):
        if paper.channel != OFFICE:
            told[_named(paper)][line.line] = _booked(line)
    return told


def _booked(line: BookedLine) -> dict[str, Any]:
    told = {name: getattr(line, name) for name in ("committed", "gone", "beyond", "soft")}
    units = {name: value for name, value in told.items() if value}
    return {"sku": line.sku, **units} if units else {}


def _named(paper: PaperId) -> str:
    return f"{paper.kind} {paper.key}"


def _movements(tx: Connection, last: int) -> list[str]:
    rows = tx.execute(select(movements).where(movements.c.id > last).order_by(movements.c.id))
    return sorted(
        f"{row.units} {row.sku} from {_at(row.source, row.source_at)} "
        f"to {_at(row.target, row.target_at)}: {row.reason}"
        for row in rows
    )


def _soft_until(tx: Connection) -> dict[str, str]:
    rows = tx.execute(select(papers).where(papers.c.rebook_at.is_not(None)))
    return {_named(paper_id(row)): row.rebook_at.isoformat() for row in rows}


def _listed(tx: Connection) -> dict[str, dict[str, Any]]:
    return {row.listing: _entry(row) for row in tx.execute(select(listings))}


def _entry(row: Row[Any]) -> dict[str, Any]:
    return {"sku": row.sku_text, "owner": row.owner, "managed": row.managed}


def _waiting(tx: Connection) -> dict[str, list[str]]:
    return {
        "parked": [
            f"{'delivery' if one.id else one.what}: {one.code}"
            for one in views.parked(tx, MERCHANT)
        ],
        "asks": [row.key or "the whole channel" for row in views.questions(tx, MERCHANT)],
        "findings": sorted(
            f"{row.kind} {row.key}{f', line {row.line}' if row.line else ''}: "
            f"{row.units} {row.finding}"
            for row in views.findings_of(tx, MERCHANT)
        ),
        "incidents": [
            f"{row.kind} of {row.units} {_at(row.sku, row.location)}"
            for row in views.open_incidents(tx, MERCHANT)
        ],
    }
