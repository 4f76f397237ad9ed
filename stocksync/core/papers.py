"""Papers that name their own moment: receipts, goods in, adjustments, transfers, counts.

A paper is a state made of parts (a sale and its void; the stages of a transfer). Each
part is its newest revision, so that any order of arrival ends in the same stock.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from stocksync.core.facts import (
    EXACT,
    Adjusted,
    Counted,
    Paper,
    PaperKind,
    PaperLine,
    ReceiptPart,
    Received,
    Stage,
    TillReceipt,
    Transferred,
)
from stocksync.core.names import LineId
from stocksync.core.stock import Account, Reason

Parts = Mapping[str, Paper]
SAME_WITHIN = timedelta(hours=12)
"""Two tellings of one paper may differ by this much; further apart, its number was used again."""
_ANY_MOMENT = datetime.min.replace(tzinfo=UTC)


class Merge(StrEnum):
    """What a part means beside the one that is kept."""

    NEWER = "newer"
    SAME = "same"
    CHANGED = "changed"
    """The same revision says something else: a person must look."""


REASONS = {
    PaperKind.SALE: Reason.SOLD,
    PaperKind.RETURN: Reason.RETURNED,
    PaperKind.RECEIVED: Reason.RECEIVED,
    PaperKind.ADJUSTED: Reason.ADJUSTED,
    PaperKind.TRANSFER: Reason.TRANSFERRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Units of a line that go from one account to another; places are the channel's words."""

    source: Account
    source_text: str | None
    target: Account
    target_text: str | None
    units: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """All that one line of a paper does by now, and what a person should look at."""

    line: LineId
    sku: str
    steps: tuple[Step, ...] = ()
    finding: tuple[str, int] | None = None
    trouble: str | None = None


def kind_of(paper: Paper) -> PaperKind:
    """Return under which kind a paper's key is unique: a void belongs to its sale."""
    match paper:
        case TillReceipt(part=ReceiptPart.RETURN):
            return PaperKind.RETURN
        case TillReceipt():
            return PaperKind.SALE
        case Counted():
            return PaperKind.COUNT
        case Received():
            return PaperKind.RECEIVED
        case Adjusted():
            return PaperKind.ADJUSTED
        case Transferred():
            return PaperKind.TRANSFER
        case _:
            raise TypeError(f"{type(paper).__name__} is no kind of paper")


def part_of(paper: Paper) -> str:
    """Return which part of its paper this is."""
    match paper:
        case TillReceipt():
            return paper.part
        case Transferred():
            return paper.stage
        case _:
            return "whole"


def merge(parts: Parts, paper: Paper) -> tuple[Merge, Parts]:
    """Return the parts with this one taken in: a higher revision replaces, a lower one is late.

    Two voids of one sale that name different lines are both true. A moment alone is no
    other content: files round it, and ours is corrected; the earliest one stays.
    """
    name = part_of(paper)
    kept = parts.get(name)
    if kept is None or paper.revision > kept.revision:
        return Merge.NEWER, {**parts, name: paper}
    if _says(paper) == _says(kept) and abs(paper.occurred_at - kept.occurred_at) <= SAME_WITHIN:
        if paper.occurred_at >= kept.occurred_at:
            return Merge.SAME, parts
        return Merge.NEWER, {**parts, name: paper}
    if paper.revision == kept.revision and name == ReceiptPart.VOID:
        return _merge_voids(parts, kept, paper)
    return Merge.CHANGED, parts


def _says(paper: Paper) -> Paper:
    return replace(paper, occurred_at=_ANY_MOMENT, said_at=None, doubt=EXACT, note="")


def _merge_voids(parts: Parts, kept: Paper, paper: Paper) -> tuple[Merge, Parts]:
    if not kept.lines:
        return Merge.SAME, parts
    if not paper.lines:
        return Merge.NEWER, {**parts, ReceiptPart.VOID: paper}
    mine = {line.line: line for line in kept.lines}
    fresh = [line for line in paper.lines if mine.get(line.line) != line]
    if not fresh:
        return Merge.SAME, parts
    if any(line.line in mine for line in fresh):
        return Merge.CHANGED, parts
    lines = tuple(sorted((*kept.lines, *fresh), key=lambda line: line.line))
    return Merge.NEWER, {**parts, ReceiptPart.VOID: replace(kept, lines=lines)}


def effects(kind: PaperKind, parts: Parts) -> list[Effect]:
    """Return what each line of a paper does to stock by now. Counts are the ledger's work."""
    match kind:
        case PaperKind.SALE:
            return _sale(parts)
        case PaperKind.TRANSFER:
            return _transfer(parts)
        case PaperKind.RETURN | PaperKind.RECEIVED | PaperKind.ADJUSTED:
            paper = parts["return" if kind is PaperKind.RETURN else "whole"]
            return [_simple(kind, paper, line) for line in paper.lines]
        case PaperKind.ORDER | PaperKind.COUNT:
            raise ValueError(f"{kind} is not booked by steps")


def _sale(parts: Parts) -> list[Effect]:
    """A sale less what its void undoes: by line where the void names lines, else by SKU.

    A void undoes only a sale that was before it: receipt numbers start again, and the
    marker of an old void must not swallow the next sale of that number.
    """
    sale, void = parts.get(ReceiptPart.SALE), parts.get(ReceiptPart.VOID)
    if sale is None:
        return []
    if void is not None and _said(void) + void.doubt < _said(sale):
        void = None
    if void is not None and not void.lines:
        return [Effect(line=line.line, sku=line.sku) for line in sale.lines]
    sold = {line.line for line in sale.lines}
    by_line, by_sku = Counter[str](), Counter[str]()
    for line in void.lines if void else ():
        if line.line in sold:
            by_line[line.line] += abs(line.units)
        else:
            by_sku[line.sku] += abs(line.units)
    told = []
    for line in sale.lines:
        left = _less(line.units, by_line[line.line])
        more = min(abs(left), by_sku[line.sku])
        by_sku[line.sku] -= more
        told.append(_till_line(sale, line, _less(left, more)))
    return told


def _said(paper: Paper) -> datetime:
    return paper.said_at or paper.occurred_at


def _less(units: int, voided: int) -> int:
    left = max(0, abs(units) - voided)
    return left if units > 0 else -left


def _till_line(sale: Paper, line: PaperLine, units: int) -> Effect:
    if units >= 0:
        # In doubt, what lowers was after the count: the latest moment it can have been.
        step = _step(sale, Account.FREE, Account.GONE, units, sale.occurred_at + sale.doubt)
        return Effect(line=line.line, sku=line.sku, steps=step, trouble=line.trouble)
    return _back(sale, line, -units)


def _back(paper: Paper, line: PaperLine, units: int) -> Effect:
    """Goods handed back: onto the shelf if the till says so, else for a person to check."""
    if not line.restock:
        return Effect(
            line=line.line, sku=line.sku, finding=("to-check", units), trouble=line.trouble
        )
    step = _step(paper, Account.GONE, Account.FREE, units, paper.occurred_at)
    return Effect(line=line.line, sku=line.sku, steps=step, trouble=line.trouble)


def _simple(kind: PaperKind, paper: Paper, line: PaperLine) -> Effect:
    if kind is PaperKind.RETURN:
        return _back(paper, line, abs(line.units))
    outside = Account.SUPPLIER if kind is PaperKind.RECEIVED else Account.ADJUSTED
    if line.units >= 0:
        step = _step(paper, outside, Account.FREE, line.units, paper.occurred_at)
    else:
        step = _step(paper, Account.FREE, outside, -line.units, paper.occurred_at + paper.doubt)
    return Effect(line=line.line, sku=line.sku, steps=step, trouble=line.trouble)


def _step(
    paper: Paper, source: Account, target: Account, units: int, at: datetime
) -> tuple[Step, ...]:
    if units == 0:
        return ()
    return (
        Step(
            source=source,
            source_text=paper.location,
            target=target,
            target_text=paper.location,
            units=units,
            at=at,
        ),
    )


def _transfer(parts: Parts) -> list[Effect]:
    """A transfer by SKU: what left, what is on its way, what arrived.

    What arrived must have left, whichever is heard first, so nothing on its way is ever
    below zero; more arrived than left is a finding.
    """
    whole = parts.get(Stage.COMPLETED)
    sent = whole or parts.get(Stage.DISPATCHED)
    came = whole or parts.get(Stage.RECEIVED)
    paper = sent or came
    if paper is None:
        return []
    assert isinstance(paper, Transferred)
    left, arrived = by_sku(sent), by_sku(came)
    cancelled = Stage.CANCELLED in parts
    told = []
    for sku in dict.fromkeys((*left, *arrived)):
        out, came_in = left.get(sku, _NOTHING), arrived.get(sku, _NOTHING)
        steps = (
            _both_at_once(paper, 0 if cancelled else out.units)
            if whole
            else _two_legs(paper, came, came_in.units if cancelled else out.units, came_in.units)
        )
        told.append(
            Effect(
                line=LineId(sku),
                sku=sku,
                steps=steps,
                finding=_not_as_sent(out.units, came_in.units) if sent and came else None,
                trouble=out.trouble or came_in.trouble,
            )
        )
    return told


def _not_as_sent(out: int, arrived: int) -> tuple[str, int] | None:
    """Return what a person should look at: less arrived than left, or more."""
    if arrived == out:
        return None
    return ("short-arrived", out - arrived) if arrived < out else ("more-arrived", arrived - out)


def _both_at_once(paper: Transferred, units: int) -> tuple[Step, ...]:
    return _leg(paper, Account.FREE, paper.location, Account.FREE, units, paper.occurred_at)


def _two_legs(paper: Transferred, came: Paper | None, out: int, arrived: int) -> tuple[Step, ...]:
    way, here = Account.INCOMING, paper.to_location
    first = _leg(paper, Account.FREE, paper.location, way, max(out, arrived), paper.occurred_at)
    if came is None:
        return first
    return first + _leg(paper, way, here, Account.FREE, arrived, came.occurred_at)


def _leg(
    paper: Transferred,
    source: Account,
    start: str | None,
    target: Account,
    units: int,
    at: datetime,
) -> tuple[Step, ...]:
    if units <= 0:
        return ()
    return (
        Step(
            source=source,
            source_text=start,
            target=target,
            target_text=paper.to_location,
            units=units,
            at=at,
        ),
    )


class Sum(NamedTuple):
    """The units of one SKU over the lines of a paper."""

    units: int
    trouble: str | None


_NOTHING = Sum(0, None)


def by_sku(paper: Paper | None) -> dict[str, Sum]:
    """Return the lines of a paper summed by SKU text."""
    summed: dict[str, Sum] = {}
    for line in paper.lines if paper else ():
        before = summed.get(line.sku, _NOTHING)
        summed[line.sku] = Sum(before.units + line.units, before.trouble or line.trouble)
    return summed
