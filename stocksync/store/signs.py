"""What a person or a later step should look at: findings, incidents, questions, silence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    or_,
    select,
    update,
)

from stocksync.core.account import Finding, PaperId
from stocksync.core.facts import Flag
from stocksync.core.names import ChannelName, LocationName, MerchantName, Sku
from stocksync.core.stock import Shelf
from stocksync.store import sql
from stocksync.store.ids import new_ids
from stocksync.store.papers import paper_id
from stocksync.store.tables import asks, channels, findings, incidents, lines

OVERSELL = "oversell"

_FINDINGS = select(findings).where(
    findings.c.merchant == sql.MERCHANT,
    findings.c.channel == sql.CHANNEL,
    findings.c.kind == sql.KIND,
    sql.among(findings.c.key),
)
_OVERSOLD = select(incidents).where(
    incidents.c.merchant == sql.MERCHANT,
    incidents.c.kind == OVERSELL,
    incidents.c.closed_at.is_(None),
    sql.among(incidents.c.sku),
)


def find(
    tx: Connection,
    merchant: MerchantName,
    found: Mapping[PaperId, set[Finding]],
    now: datetime,
) -> None:
    """Let each paper have exactly these findings; one that stays as it is keeps its date."""
    kept = _found_so_far(tx, merchant, found)
    wanted = {
        (paper, finding.line, finding.kind): finding.units
        for paper, told in found.items()
        for finding in told
    }
    for paper, line, kind in sorted(kept.keys() - wanted.keys()):
        tx.execute(
            delete(findings).where(
                findings.c.merchant == merchant,
                findings.c.channel == paper.channel,
                findings.c.kind == paper.kind,
                findings.c.key == paper.key,
                findings.c.line == line,
                findings.c.finding == kind,
            )
        )
    sql.upsert(
        tx,
        findings,
        [
            {
                "merchant": merchant,
                **paper._asdict(),
                "line": line,
                "finding": kind,
                "units": units,
                "found_at": now,
            }
            for (paper, line, kind), units in sorted(wanted.items())
            if kept.get((paper, line, kind)) != units
        ],
    )


def _found_so_far(
    tx: Connection, merchant: MerchantName, papers: Iterable[PaperId]
) -> dict[tuple[PaperId, str, str], int]:
    keys: dict[tuple[str, str], list[str]] = defaultdict(list)
    for paper in papers:
        keys[paper.channel, paper.kind].append(paper.key)
    found: dict[tuple[PaperId, str, str], int] = {}
    for (channel, kind), mine in keys.items():
        asked = {"of_merchant": merchant, "of_channel": channel, "of_kind": kind}
        for row in sql.each(tx, _FINDINGS, mine, **asked):
            found[paper_id(row), row.line, row.finding] = row.units
    return found


def flag(
    tx: Connection,
    merchant: MerchantName,
    flagged: Mapping[PaperId, Flag],
    now: datetime,
) -> None:
    """Find that a flagged order still takes units, if it does; its next body says more.

    The papers are locked by the caller.
    """
    for paper, told in sorted(flagged.items()):
        mine = (
            lines.c.merchant == merchant,
            lines.c.channel == paper.channel,
            lines.c.kind == paper.kind,
            lines.c.key == paper.key,
        )
        taken = func.coalesce(func.sum(lines.c.committed + lines.c.gone), 0)
        units = int(tx.execute(select(taken).where(*mine)).scalar_one())
        row = {
            "merchant": merchant,
            **paper._asdict(),
            "line": "",
            "finding": told,
            "units": units,
            "found_at": now,
        }
        if units:
            sql.upsert(tx, findings, [row])


def ask(
    tx: Connection,
    merchant: MerchantName,
    wanted: Mapping[tuple[ChannelName, str], str],
    now: datetime,
) -> None:
    """Remember what must be read: one order of a channel, or (an empty key) all of it."""
    sql.upsert(
        tx,
        asks,
        [
            {"merchant": merchant, "channel": channel, "key": key, "why": why, "asked_at": now}
            for (channel, key), why in sorted(wanted.items())
        ],
    )


def watch_shelves(
    tx: Connection,
    merchant: MerchantName,
    shelves: Mapping[tuple[Sku, LocationName], Shelf],
    now: datetime,
) -> None:
    """Keep one open oversell incident, of its exact size, for every shelf that is short."""
    open_now: dict[tuple[str, str], tuple[int, int]] = {}
    for row in sql.each(tx, _OVERSOLD, (sku for sku, _ in shelves), of_merchant=merchant):
        open_now[row.sku, row.location] = (row.id, row.units)
    for (sku, location), shelf in sorted(shelves.items()):
        short, known = max(0, -shelf.free), open_now.get((sku, location))
        if known is None and short:
            tx.execute(
                incidents.insert().values(
                    merchant=merchant,
                    id=new_ids(1)[0],
                    kind=OVERSELL,
                    sku=sku,
                    location=location,
                    units=short,
                    opened_at=now,
                )
            )
        elif known is not None and known[1] != short:
            change = {"units": short} if short else {"closed_at": now}
            tx.execute(
                update(incidents)
                .where(incidents.c.merchant == merchant, incidents.c.id == known[0])
                .values(**change)
            )


def open_incident(
    tx: Connection,
    merchant: MerchantName,
    kind: str,
    channel: ChannelName,
    now: datetime,
    *,
    sku: str = "",
    units: int = 0,
) -> None:
    """Open an incident of a channel, unless one of its kind is open for it already."""
    same = (
        incidents.c.merchant == merchant,
        incidents.c.kind == kind,
        incidents.c.sku == sku,
        incidents.c.location == channel,
        incidents.c.closed_at.is_(None),
    )
    if tx.execute(select(incidents.c.id).where(*same)).first() is not None:
        return
    tx.execute(
        incidents.insert().values(
            merchant=merchant,
            id=new_ids(1)[0],
            kind=kind,
            sku=sku,
            location=channel,
            units=units,
            opened_at=now,
        )
    )


def close_incidents(
    tx: Connection, merchant: MerchantName, kind: str, channel: ChannelName, now: datetime
) -> None:
    """Close all incidents of one kind of a channel."""
    tx.execute(
        update(incidents)
        .where(incidents.c.merchant == merchant, incidents.c.kind == kind)
        .where(incidents.c.location == channel, incidents.c.closed_at.is_(None))
        .values(closed_at=now)
    )


class Question(NamedTuple):
    """Why something must be read, and how often that failed."""

    why: str
    tries: int


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a question that may be asked now."""
    return or_(asks.c.not_before.is_(None), asks.c.not_before <= now)


_QUESTIONS = (
    select(asks.c.key, asks.c.why, asks.c.tries)
    .where(asks.c.merchant == sql.MERCHANT, asks.c.channel == sql.CHANNEL, is_open(sql.NOW))
    .order_by(asks.c.tries, asks.c.asked_at, asks.c.key)
    .limit(sql.MOST)
)


def questions(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime, most: int
) -> dict[str, Question]:
    """Return what must be read of a channel now: the oldest questions first.

    One that failed before comes alone, after all others.
    """
    asked = {"of_merchant": merchant, "of_channel": channel, "now": now, "most": most}
    rows = tx.execute(_QUESTIONS, asked).all()
    fresh = [row for row in rows if row.tries == 0]
    return {row.key: Question(row.why, row.tries) for row in fresh or rows[:1]}


def put_off(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    keys: Iterable[str],
    tries: int,
    not_before: datetime,
) -> None:
    """Remember that these questions failed, and when to ask again."""
    tx.execute(
        update(asks)
        .where(asks.c.merchant == merchant, asks.c.channel == channel)
        .where(asks.c.key.in_(sorted(keys)))
        .values(tries=tries, not_before=not_before)
    )


def answered(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    keys: Iterable[str],
    asked_by: datetime,
) -> None:
    """Forget questions that were asked by a moment: they have been read since."""
    for piece in sql.pieces(sorted(keys)):
        tx.execute(
            delete(asks)
            .where(asks.c.merchant == merchant, asks.c.channel == channel)
            .where(asks.c.key.in_(piece), asks.c.asked_at <= asked_by)
        )


def hear(tx: Connection, merchant: MerchantName, heard: Mapping[ChannelName, datetime]) -> None:
    """Remember when each channel was last heard."""
    rows = [
        {"merchant": merchant, "channel": name, "refused": 0, "heard_at": at}
        for name, at in sorted(heard.items())
    ]
    if rows:
        tx.execute(_hearing(sql.is_sqlite(tx)), rows)


@cache
def _hearing(sqlite: bool) -> Any:
    statement = sql.inserting(channels, sqlite=sqlite)
    key = [channels.c.merchant, channels.c.channel]
    newest = {"heard_at": statement.excluded.heard_at}
    return statement.on_conflict_do_update(index_elements=key, set_=newest)
