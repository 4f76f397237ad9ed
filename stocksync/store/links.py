"""The outgoing half of a channel: since when it is linked, how it does, what is due next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, exists, select, update
from sqlalchemy.sql.dml import Update

from stocksync.core.names import ChannelName, MerchantName
from stocksync.store import sql
from stocksync.store.inbox import State
from stocksync.store.tables import inbox, links

_KEPT = 200
"""How many of the newest delays are kept for the percentiles."""

_MINE = links.c.merchant == sql.MERCHANT, links.c.channel == sql.CHANNEL
_ONE = select(links).where(*_MINE)
_COUNT_CALL = update(links).where(*_MINE).values(calls=links.c.calls + 1)
_SOME_PENDING = select(
    exists(
        select(inbox.c.id).where(
            inbox.c.merchant == sql.MERCHANT,
            inbox.c.state == State.PENDING,
            inbox.c.channel == sql.CHANNEL,
            inbox.c.received_at <= sql.NOW,
        )
    )
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
    row = tx.execute(_ONE, {"of_merchant": merchant, "of_channel": channel}).one_or_none()
    return None if row is None else _link(row)


def load_all(tx: Connection, merchant: MerchantName) -> dict[ChannelName, Link]:
    """Return all links of a merchant."""
    statement = select(links).where(links.c.merchant == merchant).order_by(links.c.channel)
    return {ChannelName(row.channel): _link(row) for row in tx.execute(statement)}


def change(tx: Connection, merchant: MerchantName, channel: ChannelName, **values: Any) -> None:
    """Write some fields of a link, by the names of their columns."""
    told = {f"to_{name}": value for name, value in values.items()}
    tx.execute(_changing(*values), {"of_merchant": merchant, "of_channel": channel, **told})


@cache
def _changing(*names: str) -> Update:
    values = {name: bindparam(f"to_{name}", type_=links.c[name].type) for name in names}
    return update(links).where(*_MINE).values(values)


def count_call(tx: Connection, merchant: MerchantName, channel: ChannelName) -> None:
    """Note that a call was made."""
    tx.execute(_COUNT_CALL, {"of_merchant": merchant, "of_channel": channel})


def sooner(
    tx: Connection, merchant: MerchantName, channel: ChannelName, field: str, at: datetime
) -> None:
    """Bring something forward that is due later than `at`."""
    asked = {"of_merchant": merchant, "of_channel": channel, f"to_{field}": at}
    tx.execute(_bringing_forward(field), asked)


@cache
def _bringing_forward(name: str) -> Update:
    moment = links.c[name]
    return _changing(name).where(moment > bindparam(f"to_{name}", type_=moment.type))


def measure(
    tx: Connection, merchant: MerchantName, field: str, found: Mapping[ChannelName, list[float]]
) -> None:
    """Keep newly measured seconds, `delays` or `lags`, for the percentiles."""
    for channel, seconds in sorted(found.items()):
        mine = {"of_merchant": merchant, "of_channel": channel}
        row = tx.execute(_measured(field)[sql.is_sqlite(tx)], mine).one_or_none()
        if row is not None and seconds:
            kept = [*orjson.loads(row[0]), *(round(one, 3) for one in seconds)][-_KEPT:]
            change(tx, merchant, channel, **{field: orjson.dumps(kept).decode()})


@cache
def _measured(field: str) -> Mapping[bool, Select[Any]]:
    return sql.lockable(select(links.c[field]).where(*_MINE))


def booked_through(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime
) -> bool:
    """Return whether every delivery of a channel that came by `moment` is booked."""
    asked = {"of_merchant": merchant, "of_channel": channel, "now": moment}
    return not tx.execute(_SOME_PENDING, asked).scalar_one()


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
