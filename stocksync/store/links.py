"""The outgoing half of a channel: since when it is linked, how it does, what is due next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store import beliefs as believed
from stocksync.store import signs, sql
from stocksync.store.inbox import State
from stocksync.store.tables import Utc, asks, batches, beliefs, flights, inbox, links

_KEPT = 200
"""How many of the newest delays are kept for the percentiles."""
_TICK = timedelta(microseconds=1)
_NOW: Any = bindparam("now", type_=Utc())


def _work_due() -> Select[Any]:
    here = and_(beliefs.c.merchant == links.c.merchant, beliefs.c.channel == links.c.channel)
    away = and_(flights.c.merchant == links.c.merchant, flights.c.channel == links.c.channel)
    kept = and_(batches.c.merchant == links.c.merchant, batches.c.channel == links.c.channel)
    open_asks = and_(asks.c.merchant == links.c.merchant, asks.c.channel == links.c.channel)
    listing_due = or_(
        and_(links.c.live_at.is_not(None), believed.is_due(_NOW)), believed.is_to_check(_NOW)
    )
    return select(links.c.channel).where(
        links.c.merchant == bindparam("merchant"),
        links.c.channel.in_(bindparam("channels", expanding=True)),
        links.c.stopped.is_(None),
        or_(links.c.not_before.is_(None), links.c.not_before <= _NOW),
        or_(
            links.c.pull_at <= _NOW,
            links.c.reconcile_at <= _NOW,
            links.c.watch_at <= _NOW,
            links.c.poke_at <= _NOW,
            exists(select(beliefs.c.listing).where(here, listing_due)),
            exists(select(flights.c.id).where(away, believed.is_over(_NOW))),
            exists(select(batches.c.batch).where(kept, batches.c.retry_at <= _NOW)),
            exists(select(asks.c.key).where(open_asks, signs.is_open(_NOW))),
        ),
    )


def _soonest(moments: Iterable[Column[Any]], *, past: bool) -> ScalarSelect[Any]:
    """Return the first of these moments after `now`; or from it on, what comes `past` them."""
    merchant = bindparam("merchant", type_=String())
    found = [
        select(func.min(moment).label("at")).where(
            moment.table.c.merchant == merchant, moment >= _NOW if past else moment > _NOW
        )
        for moment in moments
    ]
    every = union_all(*found).subquery()
    return select(func.min(every.c.at)).scalar_subquery()


# Built once: both are asked every second.
_WORK_DUE = _work_due()
_NEXT = select(
    _soonest(
        [
            links.c.pull_at,
            links.c.reconcile_at,
            links.c.watch_at,
            links.c.poke_at,
            links.c.not_before,
            beliefs.c.check_at,
            beliefs.c.push_at,
            beliefs.c.paused_until,
            beliefs.c.until,
            batches.c.retry_at,
            asks.c.not_before,
        ],
        past=False,
    ),
    # A flight is over past its moment, and not at it.
    _soonest([flights.c.deadline, flights.c.dies_at], past=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One channel as the outgoing half sees it.

    `stopped` and `halted` are reasons in words: the first stops every call, the second only
    pushes. `complete_through` is by the channel's clock, the others by ours. `walk_began_at`
    is since when a pull goes on that was cut before its end. After an outage
    nothing is written before every listing was read since `reads_first`.
    """

    channel: ChannelName
    opened_at: datetime
    live_at: datetime | None
    stopped: str | None
    halted: str | None
    failures: int
    not_before: datetime | None
    cursor: str
    complete_through: datetime | None
    pulled_at: datetime | None
    pulled_through: datetime | None
    walk_began_at: datetime | None
    reads_first: datetime | None
    pull_at: datetime
    reconcile_at: datetime
    watch_at: datetime
    poke_at: datetime
    calls: int
    delays_s: tuple[float, ...]
    lags_s: tuple[float, ...]


def open_(
    tx: Connection, merchant: MerchantName, channel: ChannelName, cursor: str, now: datetime
) -> None:
    """Link a channel from now on; nothing is pushed to it before it goes live."""
    row = {
        "merchant": merchant,
        "channel": channel,
        "opened_at": now,
        "live_at": None,
        "stopped": None,
        "halted": None,
        "failures": 0,
        "not_before": None,
        "cursor": cursor,
        "complete_through": None,
        "pulled_at": None,
        "pulled_through": None,
        "walk_began_at": None,
        "reads_first": None,
        "pull_at": now,
        "reconcile_at": now,
        "watch_at": now,
        "poke_at": now,
        "calls": 0,
        "delays": "[]",
        "lags": "[]",
    }
    sql.upsert(tx, links, [row])


def load(tx: Connection, merchant: MerchantName, channel: ChannelName) -> Link | None:
    """Return one link, or None if the channel is not linked."""
    return load_all(tx, merchant).get(channel)


def load_all(tx: Connection, merchant: MerchantName) -> dict[ChannelName, Link]:
    """Return all links of a merchant."""
    statement = select(links).where(links.c.merchant == merchant).order_by(links.c.channel)
    return {ChannelName(row.channel): _link(row) for row in tx.execute(statement)}


def change(tx: Connection, merchant: MerchantName, channel: ChannelName, **values: Any) -> None:
    """Write some fields of a link; `delays_s` and `lags_s` are not among them."""
    tx.execute(
        update(links)
        .where(links.c.merchant == merchant, links.c.channel == channel)
        .values(**values)
    )


def count_calls(tx: Connection, merchant: MerchantName, channel: ChannelName, made: int) -> None:
    """Add to how many calls were made."""
    change(tx, merchant, channel, calls=links.c.calls + made)


def sooner(
    tx: Connection, merchant: MerchantName, channel: ChannelName, field: str, at: datetime
) -> None:
    """Bring something forward that is due later than `at`."""
    tx.execute(
        update(links)
        .where(links.c.merchant == merchant, links.c.channel == channel)
        .where(links.c[field] > at)
        .values({field: at})
    )


def measure(
    tx: Connection, merchant: MerchantName, field: str, found: Mapping[ChannelName, list[float]]
) -> None:
    """Keep newly measured seconds, `delays` or `lags`, for the percentiles."""
    for channel, seconds in sorted(found.items()):
        mine = links.c.merchant == merchant, links.c.channel == channel
        row = tx.execute(sql.locking(tx, select(links.c[field]).where(*mine))).one_or_none()
        if row is not None and seconds:
            kept = [*orjson.loads(row[0]), *(round(one, 3) for one in seconds)][-_KEPT:]
            values = {field: orjson.dumps(kept).decode()}
            tx.execute(update(links).where(*mine).values(**values))


def booked_through(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime
) -> bool:
    """Return whether every delivery of a channel that came by `moment` is booked."""
    waits = (
        select(inbox.c.id)
        .where(inbox.c.merchant == merchant, inbox.c.state == State.PENDING)
        .where(inbox.c.channel == channel, inbox.c.received_at <= moment)
    )
    return not tx.execute(select(exists(waits))).scalar_one()


def work_due(
    tx: Connection, merchant: MerchantName, channels: Iterable[ChannelName], now: datetime
) -> set[ChannelName]:
    """Return the linked channels that have something to do now: a call, or a settling."""
    asked = {"merchant": merchant, "channels": sorted(channels), "now": now}
    return {ChannelName(row[0]) for row in tx.execute(_WORK_DUE, asked)}


def next_due(tx: Connection, merchant: MerchantName, now: datetime) -> datetime | None:
    """Return the first moment after `now` at which time alone makes something due."""
    at, past = tx.execute(_NEXT, {"merchant": merchant, "now": now}).one()
    moments = [at, None if past is None else past + _TICK]
    return min((moment for moment in moments if moment is not None), default=None)


def _link(row: Row[Any]) -> Link:
    return Link(
        channel=ChannelName(row.channel),
        opened_at=row.opened_at,
        live_at=row.live_at,
        stopped=row.stopped,
        halted=row.halted,
        failures=row.failures,
        not_before=row.not_before,
        cursor=row.cursor,
        complete_through=row.complete_through,
        pulled_at=row.pulled_at,
        pulled_through=row.pulled_through,
        walk_began_at=row.walk_began_at,
        reads_first=row.reads_first,
        pull_at=row.pull_at,
        reconcile_at=row.reconcile_at,
        watch_at=row.watch_at,
        poke_at=row.poke_at,
        calls=row.calls,
        delays_s=tuple(orjson.loads(row.delays)),
        lags_s=tuple(orjson.loads(row.lags)),
    )
