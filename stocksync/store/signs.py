"""What a person or a later step should look at: findings, incidents, questions, skew."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, delete, func, select, update

from stocksync.core import skew
from stocksync.core.account import Finding, PaperId
from stocksync.core.facts import Flag
from stocksync.core.names import ChannelName, LocationName, MerchantName, Sku
from stocksync.core.stock import Shelf
from stocksync.store import sql
from stocksync.store.ids import new_ids
from stocksync.store.tables import asks, channels, findings, incidents, lines

OVERSELL = "oversell"


def find(
    tx: Connection,
    merchant: MerchantName,
    found: Mapping[PaperId, set[Finding]],
    now: datetime,
) -> None:
    """Let each paper have exactly these findings; one that stays keeps its date."""
    for paper, told in sorted(found.items()):
        mine = (
            findings.c.merchant == merchant,
            findings.c.channel == paper.channel,
            findings.c.kind == paper.kind,
            findings.c.key == paper.key,
        )
        wanted = {(finding.line, finding.kind): finding.units for finding in told}
        kept = {
            (row.line, row.finding): row.units
            for row in tx.execute(select(findings).where(*mine)).all()
        }
        for line, kind in kept.keys() - wanted.keys():
            tx.execute(
                delete(findings).where(*mine, findings.c.line == line, findings.c.finding == kind)
            )
        sql.upsert(
            tx,
            findings,
            [
                {
                    "merchant": merchant,
                    "channel": paper.channel,
                    "kind": paper.kind,
                    "key": paper.key,
                    "line": line,
                    "finding": kind,
                    "units": units,
                    "found_at": now,
                }
                for (line, kind), units in sorted(wanted.items())
                if kept.get((line, kind)) != units
            ],
        )


def flag(
    tx: Connection,
    merchant: MerchantName,
    flagged: Mapping[PaperId, Flag],
    now: datetime,
) -> None:
    """Find that a flagged order still takes units, if it does; its next body says more."""
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
            "channel": paper.channel,
            "kind": paper.kind,
            "key": paper.key,
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
    for piece in sql.pieces(sorted({sku for sku, _ in shelves})):
        statement = select(incidents).where(
            incidents.c.merchant == merchant,
            incidents.c.kind == OVERSELL,
            incidents.c.closed_at.is_(None),
            incidents.c.sku.in_(piece),
        )
        for row in tx.execute(statement).all():
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


def skew_of(
    tx: Connection,
    merchant: MerchantName,
    heard: Mapping[ChannelName, Iterable[timedelta]],
    now: datetime,
) -> dict[ChannelName, skew.Skew]:
    """Take in how late each channel's newest messages were, and return how its clock is off."""
    names = sorted(heard)
    sql.make_room(
        tx,
        channels,
        [{"merchant": merchant, "channel": name, "lags": "[]", "refused": 0} for name in names],
    )
    statement = (
        select(channels)
        .where(channels.c.merchant == merchant, channels.c.channel.in_(names))
        .order_by(channels.c.channel)
    )
    told: dict[ChannelName, skew.Skew] = {}
    for row in tx.execute(sql.locking(tx, statement)).all():
        name = ChannelName(row.channel)
        fresh = [lag.total_seconds() for lag in heard[name]]
        lags = [*orjson.loads(row.lags), *fresh][-skew.SAMPLES :]
        told[name] = skew.measure([timedelta(seconds=lag) for lag in lags])
        change = {"heard_at": now, "lags": orjson.dumps(lags).decode()}
        tx.execute(
            update(channels)
            .where(channels.c.merchant == merchant, channels.c.channel == name)
            .values(**change)
        )
    return told
