"""Listings and what we believe of them: locked last of all, sorted, written where changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from stocksync.core.belief import Flight, Reading
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ChannelName, ListingId, MerchantName, Sku
from stocksync.store import belief_rows, sql
from stocksync.store.belief_rows import Launch
from stocksync.store.tables import Utc, beliefs, flights


@dataclass(slots=True)
class Locked:
    """Listings that one transaction holds, and how they were when it took them."""

    now: dict[ListingKey, Listing]
    _before: dict[ListingKey, Listing]

    @property
    def changed(self) -> list[Listing]:
        """Return those that differ from how they were."""
        return [row for key, row in self.now.items() if row != self._before.get(key)]

    def flights_before(self, key: ListingKey) -> dict[int, Flight]:
        """Return the flights that were stored for one listing."""
        before = self._before.get(key)
        return {} if before is None else {one.id: one for one in before.belief.flights}

    def add(self, listing: Listing) -> None:
        """Take in a listing that is new."""
        self.now[listing.key] = listing


def lock(tx: Connection, merchant: MerchantName, keys: Iterable[ListingKey]) -> Locked:
    """Lock these listings, those that are tracked, and return them as they are now."""
    found = _of_each(tx, merchant, keys, _LISTINGS[sql.is_sqlite(tx)])
    return _locked(tx, merchant, list(found))


def keys_of(tx: Connection, merchant: MerchantName, skus: Iterable[Sku]) -> dict[ListingKey, Sku]:
    """Return which listings sell these SKUs."""
    return {
        ListingKey(row.channel, row.listing): Sku(row.sku)
        for row in sql.each(tx, _SELLING, skus, of_merchant=merchant)
    }


def load(tx: Connection, merchant: MerchantName, *where: Any) -> list[Listing]:
    """Return listings without a lock, sorted, by any condition on their table."""
    statement = _sorted(select(beliefs).where(beliefs.c.merchant == merchant, *where))
    return list(_read(tx, merchant, tx.execute(statement).all()).values())


def load_some(tx: Connection, merchant: MerchantName, keys: Iterable[ListingKey]) -> list[Listing]:
    """Return these listings without a lock, those that are tracked, sorted."""
    found = _of_each(tx, merchant, keys, _LISTINGS[True])
    return list(_read(tx, merchant, list(found)).values())


def of_channel(tx: Connection, merchant: MerchantName, channel: ChannelName) -> list[Listing]:
    """Return all tracked listings of a channel, without a lock, sorted."""
    return load(tx, merchant, beliefs.c.channel == channel)


def of_skus(tx: Connection, merchant: MerchantName, skus: Iterable[Sku]) -> list[Listing]:
    """Return the tracked listings that sell these SKUs, without a lock, sorted."""
    return load(tx, merchant, beliefs.c.sku.in_(sorted(set(skus))))


def sold_at(tx: Connection, merchant: MerchantName, channel: ChannelName) -> dict[ListingId, Sku]:
    """Return which listings of a channel are tracked, and what each of them sells."""
    statement = select(beliefs.c.listing, beliefs.c.sku).where(
        beliefs.c.merchant == merchant, beliefs.c.channel == channel
    )
    return {ListingId(row.listing): Sku(row.sku) for row in tx.execute(statement)}


def sold_by(
    tx: Connection, merchant: MerchantName, channel: ChannelName, ids: Iterable[ListingId]
) -> dict[ListingId, Sku]:
    """Return which of these listings of a channel are tracked, and what each of them sells."""
    asked = {"of_merchant": merchant, "of_channel": channel}
    rows = sql.each(tx, _TRACKED, ids, **asked)
    return {ListingId(row.listing): Sku(row.sku) for row in rows}


def skus(tx: Connection, merchant: MerchantName) -> list[Sku]:
    """Return every SKU that a tracked listing sells, sorted."""
    statement = select(beliefs.c.sku).where(beliefs.c.merchant == merchant).distinct()
    return [Sku(row[0]) for row in tx.execute(statement.order_by(beliefs.c.sku))]


def count(tx: Connection, merchant: MerchantName, channel: ChannelName) -> int:
    """Return how many listings of a channel are tracked."""
    statement = (
        select(func.count())
        .select_from(beliefs)
        .where(beliefs.c.merchant == merchant, beliefs.c.channel == channel)
    )
    return int(tx.execute(statement).scalar_one())


def save(
    tx: Connection,
    merchant: MerchantName,
    locked: Locked,
    launched: Mapping[int, Launch] | None = None,
) -> None:
    """Write back what has changed, flights included; `launched` belongs to the new ones."""
    changed = sorted(locked.changed, key=lambda row: row.key)
    for piece in sql.pieces([belief_rows.plain(merchant, row) for row in changed]):
        sql.upsert(tx, beliefs, piece)
    _save_flights(tx, merchant, locked, changed, launched or {})


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a listing whose number differs and may be written."""
    return and_(
        beliefs.c.due,
        or_(beliefs.c.push_at.is_(None), beliefs.c.push_at <= now),
        or_(beliefs.c.paused_until.is_(None), beliefs.c.paused_until <= now),
    )


def is_to_check(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a listing that is due for a read, with no write under way."""
    flies = select(flights.c.id).where(
        flights.c.merchant == beliefs.c.merchant,
        flights.c.channel == beliefs.c.channel,
        flights.c.listing == beliefs.c.listing,
        flights.c.waiting,
    )
    return and_(beliefs.c.check_at <= now, beliefs.c.awaits.is_(False), ~exists(flies))


def is_over(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a flight past its deadline that still waits, or that is dead."""
    return or_(and_(flights.c.waiting, flights.c.deadline < now), flights.c.dies_at < now)


def due(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime, most: int
) -> list[ListingKey]:
    """Return listings whose number differs and may be written now.

    Those that must sink come first, then the longest waiting.
    """
    return _named(tx, merchant, channel, _DUE, now=now, most=most)


def to_check(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime, most: int
) -> list[ListingKey]:
    """Return listings that are due for a read, the longest waiting first."""
    return _named(tx, merchant, channel, _TO_CHECK, now=now, most=most)


def readings(
    tx: Connection, merchant: MerchantName, channel: ChannelName
) -> dict[ListingKey, Reading]:
    """Return the reads of a channel's listings that are under way, or wait for its orders."""
    asked = {"of_merchant": merchant, "of_channel": channel}
    told = (
        (ListingKey(channel, ListingId(listing)), belief_rows.reading(text))
        for listing, text in sorted(map(tuple, tx.execute(_READINGS, asked)))
    )
    return {key: reading for key, reading in told if reading is not None}


def any_unread(
    tx: Connection, merchant: MerchantName, channel: ChannelName, since: datetime
) -> bool:
    """Return whether a listing has not been settled by a read that began at `since` or later."""
    statement = select(beliefs.c.listing).where(_is_unread(merchant, channel, since))
    return tx.execute(select(exists(statement))).scalar_one()


def awaited(tx: Connection, merchant: MerchantName, channel: ChannelName) -> list[ListingKey]:
    """Return listings with a write whose answer is waited for, or was when its worker died."""
    return _named(tx, merchant, channel, _AWAITED)


def outlived(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime
) -> list[ListingKey]:
    """Return listings with a write that cannot land any more, and was never answered."""
    return _named(tx, merchant, channel, _OUTLIVED, now=now)


def past_until(
    tx: Connection,
    merchant: MerchantName,
    channels: Iterable[ChannelName],
    now: datetime,
    most: int,
) -> list[Sku]:
    """Return SKUs with a listing of these channels whose offer time alone has changed.

    The longest waiting come first.
    """
    statement = (
        select(beliefs.c.sku)
        .where(beliefs.c.merchant == merchant, beliefs.c.channel.in_(sorted(channels)))
        .where(beliefs.c.until <= now)
        .group_by(beliefs.c.sku)
        .order_by(func.min(beliefs.c.until), beliefs.c.sku)
        .limit(most)
    )
    return [Sku(row[0]) for row in tx.execute(statement)]


def unhold(tx: Connection, merchant: MerchantName, channel: ChannelName) -> None:
    """Let every write of a channel go that waited for the channel to come back."""
    mine = and_(beliefs.c.merchant == merchant, beliefs.c.channel == channel)
    _change(tx, mine, beliefs.c.push_at.is_not(None), push_at=None, tries=0)


def check_all(tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime) -> None:
    """Have every listing of a channel read soon, one that is being read once more after that."""
    mine = and_(beliefs.c.merchant == merchant, beliefs.c.channel == channel)
    at = literal(now, Utc())
    due = case((_is_put_off(now), at), else_=beliefs.c.check_at)
    _change(tx, mine, check_at=due, asked_at=at)


def check_unread(
    tx: Connection, merchant: MerchantName, channel: ChannelName, since: datetime, now: datetime
) -> None:
    """Have those read soon that are not settled since, and that nobody was about to read."""
    _change(tx, _is_unread(merchant, channel, since), _is_put_off(now), check_at=now)


def hold_raises(
    tx: Connection, merchant: MerchantName, channel: ChannelName, now: datetime, until: datetime
) -> None:
    """Put all writes of a channel off that are due now and raise a number that is not suspect."""
    mine = and_(beliefs.c.merchant == merchant, beliefs.c.channel == channel)
    raises = and_(beliefs.c.wanted > beliefs.c.believed, beliefs.c.suspicion.is_(None))
    _change(tx, mine, is_due(now), raises, push_at=until)


def hold(
    tx: Connection,
    merchant: MerchantName,
    keys: Iterable[ListingKey],
    now: datetime,
    until: datetime,
) -> None:
    """Put the writes off that are due now."""
    for channel, ids in _by_channel(keys):
        for piece in sql.pieces(ids):
            mine = and_(beliefs.c.channel == channel, beliefs.c.listing.in_(piece))
            _change(tx, beliefs.c.merchant == merchant, mine, is_due(now), push_at=until)


def _is_unread(
    merchant: MerchantName, channel: ChannelName, since: datetime
) -> ColumnElement[bool]:
    settled_at = beliefs.c.settled_at
    behind = or_(settled_at.is_(None), settled_at < since)
    return and_(beliefs.c.merchant == merchant, beliefs.c.channel == channel, behind)


def _is_put_off(now: datetime) -> ColumnElement[bool]:
    return or_(beliefs.c.check_at.is_(None), beliefs.c.check_at > now)


def _change(tx: Connection, *where: ColumnElement[bool], **values: Any) -> None:
    """Change all rows of a condition at once; they are locked first, in order, as everywhere."""
    tx.execute(sql.locking(tx, _sorted(select(beliefs.c.listing).where(*where))))
    tx.execute(update(beliefs).where(*where).values(**values))


def _by_channel(keys: Iterable[ListingKey]) -> list[tuple[ChannelName, list[ListingId]]]:
    """Return the listings of each channel, all sorted: locks are taken in this order."""
    found: dict[ChannelName, list[ListingId]] = defaultdict(list)
    for key in sorted(set(keys)):
        found[key.channel].append(key.listing)
    return sorted(found.items())


def _of_each(
    tx: Connection,
    merchant: MerchantName,
    keys: Iterable[ListingKey],
    statement: Select[Any],
) -> Iterator[Any]:
    """Yield the rows of a statement for `SOME` listings of a channel, channel by channel."""
    for channel, ids in _by_channel(keys):
        yield from sql.each(tx, statement, ids, of_merchant=merchant, of_channel=channel)


def _named(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    statement: Select[Any],
    **more: Any,
) -> list[ListingKey]:
    """Return the listings of a channel that a statement names."""
    asked = {"of_merchant": merchant, "of_channel": channel, **more}
    return [ListingKey(channel, ListingId(row[0])) for row in tx.execute(statement, asked)]


def _sorted(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(beliefs.c.channel, beliefs.c.listing)


def _locked(tx: Connection, merchant: MerchantName, rows: Sequence[Row[Any]]) -> Locked:
    now = _read(tx, merchant, rows)
    return Locked(now, {key: copy(listing) for key, listing in now.items()})


def _read(
    tx: Connection, merchant: MerchantName, rows: Sequence[Row[Any]]
) -> dict[ListingKey, Listing]:
    keys = [ListingKey(ChannelName(row.channel), ListingId(row.listing)) for row in rows]
    flying = _flights(tx, merchant, keys) if keys else {}
    return {
        key: belief_rows.listing(key, row, flying.get(key, ()))
        for key, row in zip(keys, rows, strict=True)
    }


def _flights(
    tx: Connection, merchant: MerchantName, keys: Sequence[ListingKey]
) -> dict[ListingKey, tuple[Flight, ...]]:
    """Return the flights of these listings, and of others where those are many."""
    rows: Iterable[Any] = (
        tx.execute(_FLIGHTS, {"of_merchant": merchant})
        if len(keys) > sql.PIECE
        else _of_each(tx, merchant, keys, _FLIGHTS_OF)
    )
    found: dict[ListingKey, tuple[Flight, ...]] = {}
    for row in rows:
        key = ListingKey(ChannelName(row.channel), ListingId(row.listing))
        found[key] = (*found.get(key, ()), belief_rows.flight(row))
    return found


def _save_flights(
    tx: Connection,
    merchant: MerchantName,
    locked: Locked,
    changed: Iterable[Listing],
    launched: Mapping[int, Launch],
) -> None:
    """Write the flights of these listings: all that ended, all that changed, all that are new."""
    ended: list[dict[str, Any]] = []
    altered: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for row in changed:
        before = locked.flights_before(row.key)
        now = {one.id: one for one in row.belief.flights}
        mine = {f"of_{name}": value for name, value in row.key._asdict().items()}
        mine["of_merchant"] = merchant
        ended += [{**mine, "of_id": one} for one in sorted(before.keys() - now.keys())]
        for flight_id, flight in sorted(now.items()):
            if flight_id not in before:
                launch = launched[flight_id]
                new.append(belief_rows.plain_flight(merchant, row.key, flight, launch))
            elif flight != before[flight_id]:
                change = {"to_waiting": flight.waiting, "to_around": flight.around}
                altered.append({**mine, "of_id": flight_id, **change})
    for statement, rows in ((_ENDED, ended), (_ALTERED, altered), (_NEW, new)):
        if rows:
            tx.execute(statement, rows)


_OF_CHANNEL = beliefs.c.merchant == sql.MERCHANT, beliefs.c.channel == sql.CHANNEL
_FLIGHT = (
    flights.c.merchant == sql.MERCHANT,
    flights.c.channel == sql.CHANNEL,
    flights.c.listing == bindparam("of_listing", type_=String()),
    flights.c.id == bindparam("of_id", type_=BigInteger()),
)
_ENDED = delete(flights).where(*_FLIGHT)
_ALTERED = (
    update(flights)
    .where(*_FLIGHT)
    .values(waiting=bindparam("to_waiting"), around=bindparam("to_around"))
)
_NEW = insert(flights)
_FLYING = (
    select(flights.c.listing)
    .where(flights.c.merchant == sql.MERCHANT, flights.c.channel == sql.CHANNEL)
    .distinct()
)
_AWAITED = _FLYING.where(flights.c.waiting)
_OUTLIVED = _FLYING.where(flights.c.dies_at < sql.NOW)
_FLIGHTS = select(flights).where(flights.c.merchant == sql.MERCHANT).order_by(flights.c.id)
_FLIGHTS_OF = _FLIGHTS.where(flights.c.channel == sql.CHANNEL, sql.among(flights.c.listing))
_DUE = (
    select(beliefs.c.listing)
    .where(*_OF_CHANNEL, is_due(sql.NOW))
    .order_by(
        case((beliefs.c.wanted < beliefs.c.believed, 0), else_=1),
        beliefs.c.wanted_at,
        beliefs.c.listing,
    )
    .limit(sql.MOST)
)
_TO_CHECK = (
    select(beliefs.c.listing)
    .where(*_OF_CHANNEL, is_to_check(sql.NOW))
    .order_by(beliefs.c.check_at, beliefs.c.listing)
    .limit(sql.MOST)
)
# Not in order: for that SQLite would take another index, and look at every listing.
_READINGS = select(beliefs.c.listing, beliefs.c.reading).where(
    *_OF_CHANNEL, beliefs.c.reading.is_not(None)
)

_SELLING = select(beliefs.c.channel, beliefs.c.listing, beliefs.c.sku).where(
    beliefs.c.merchant == sql.MERCHANT, sql.among(beliefs.c.sku)
)
_TRACKED = select(beliefs.c.listing, beliefs.c.sku).where(
    *_OF_CHANNEL, sql.among(beliefs.c.listing)
)
_LISTINGS = sql.lockable(_sorted(select(beliefs).where(*_OF_CHANNEL, sql.among(beliefs.c.listing))))
