"""Work: what is open at the channels, asked every second and before every step; no lists."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store import beliefs as believed
from stocksync.store import signs, sql
from stocksync.store.tables import asks, batches, beliefs, flights, links

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Whether one channel has any of each now; whoever does it finds out how many.

    `outlived` are writes that cannot land any more, `asked` orders that must be read, `read`
    numbers that wait for their orders, `unanswered` batches to be sent again, `due` numbers to
    be written and `unread` listings to be read.
    """

    outlived: bool
    asked: bool
    read: bool
    unanswered: bool
    due: bool
    unread: bool

    @property
    def open(self) -> set[str]:
        """Return the names of what there is any of."""
        return {one.name for one in fields(self) if getattr(self, one.name)}


def at_channel(tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime) -> Work:
    """Return what is open at one channel, in one statement."""
    asked = {"of_merchant": merchant, "of_channel": channel, "now": now}
    return Work(**tx.execute(_AT_CHANNEL, asked).mappings().one())


def _at_channel() -> Select[Any]:
    def any_of(table: Any, name: str, *where: Any) -> Any:
        mine = table.c.merchant == sql.MERCHANT, table.c.channel == sql.CHANNEL
        return exists(select(table.c.merchant).where(*mine, *where)).label(name)

    return select(
        any_of(flights, "outlived", flights.c.dies_at < sql.NOW),
        any_of(asks, "asked", signs.is_open(sql.NOW)),
        any_of(beliefs, "read", beliefs.c.reading.is_not(None)),
        any_of(batches, "unanswered", batches.c.retry_at <= sql.NOW),
        any_of(beliefs, "due", believed.is_due(sql.NOW)),
        any_of(beliefs, "unread", believed.is_to_check(sql.NOW)),
    )


def channels_due(
    tx: Connection, merchant: MerchantName, channels: Iterable[ChannelName], now: datetime
) -> set[ChannelName]:
    """Return the linked channels that have something to do now: a call, or a settling."""
    asked = {"of_merchant": merchant, "channels": sorted(channels), "now": now}
    return {ChannelName(row[0]) for row in tx.execute(_CHANNELS_DUE, asked)}


def _channels_due() -> Select[Any]:
    here = and_(beliefs.c.merchant == links.c.merchant, beliefs.c.channel == links.c.channel)
    listing = select(beliefs.c.listing).where(here)
    away = and_(flights.c.merchant == links.c.merchant, flights.c.channel == links.c.channel)
    kept = and_(batches.c.merchant == links.c.merchant, batches.c.channel == links.c.channel)
    open_asks = and_(asks.c.merchant == links.c.merchant, asks.c.channel == links.c.channel)
    return select(links.c.channel).where(
        links.c.merchant == sql.MERCHANT,
        links.c.channel.in_(bindparam("channels", expanding=True)),
        links.c.stopped.is_(None),
        or_(links.c.not_before.is_(None), links.c.not_before <= sql.NOW),
        or_(
            links.c.pull_at <= sql.NOW,
            links.c.reconcile_at <= sql.NOW,
            links.c.watch_at <= sql.NOW,
            links.c.poke_at <= sql.NOW,
            # Apart, so that each finds its index.
            and_(links.c.live_at.is_not(None), exists(listing.where(believed.is_due(sql.NOW)))),
            exists(listing.where(believed.is_to_check(sql.NOW))),
            exists(select(flights.c.id).where(away, believed.is_over(sql.NOW))),
            exists(select(batches.c.batch).where(kept, batches.c.retry_at <= sql.NOW)),
            exists(select(asks.c.key).where(open_asks, signs.is_open(sql.NOW))),
        ),
    )


def next_due(tx: Connection, merchant: MerchantName, now: datetime) -> datetime | None:
    """Return the first moment after `now` at which time alone makes something due."""
    at, past = tx.execute(_NEXT_DUE, {"of_merchant": merchant, "now": now}).one()
    moments = [at, None if past is None else past + _TICK]
    return min((moment for moment in moments if moment is not None), default=None)


def _next_due() -> Select[Any]:
    at = _soonest(
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
    )
    # A flight is over past its moment, and not at it.
    return select(at, _soonest([flights.c.deadline, flights.c.dies_at], past=True))


def _soonest(moments: Iterable[Column[Any]], *, past: bool) -> ScalarSelect[Any]:
    """Return the first of these moments after `now`; or from it on, what comes `past` them."""
    found = [
        select(func.min(moment).label("at")).where(
            moment.table.c.merchant == sql.MERCHANT, moment >= sql.NOW if past else moment > sql.NOW
        )
        for moment in moments
    ]
    every = union_all(*found).subquery()
    return select(func.min(every.c.at)).scalar_subquery()


# To build them costs more than to run them.
_AT_CHANNEL = _at_channel()
_CHANNELS_DUE = _channels_due()
_NEXT_DUE = _next_due()
