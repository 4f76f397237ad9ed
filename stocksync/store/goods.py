"""Goods as the merchant knows them, and listings as the channels name them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, select, union

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ChannelName, ListingId, MerchantName, Sku
from stocksync.core.plan import Catalogue, Entry, Goods
from stocksync.store import sql
from stocksync.store.tables import beliefs, listings, skus, stock

_LISTED = select(listings).where(
    listings.c.merchant == sql.MERCHANT,
    listings.c.channel == sql.CHANNEL,
    sql.among(listings.c.listing),
)
_SELLING = select(beliefs.c.listing, beliefs.c.sku).where(
    beliefs.c.merchant == sql.MERCHANT,
    beliefs.c.channel == sql.CHANNEL,
    sql.among(beliefs.c.listing),
)
_SKUS = select(skus.c.sku, skus.c.folded).where(skus.c.merchant == sql.MERCHANT)
# Not one condition with OR: SQLite would look at every SKU there is.
_NAMED = union(
    _SKUS.where(sql.among(skus.c.sku)),
    _SKUS.where(sql.among(skus.c.folded, bindparam("folded", type_=sql.Many()))),
)


def learn(tx: Connection, merchant: MerchantName, names: Iterable[Sku], now: datetime) -> None:
    """Make these SKUs known to the merchant."""
    sql.make_room(
        tx,
        skus,
        [
            {"merchant": merchant, "sku": sku, "folded": sku.casefold(), "known_at": now}
            for sku in sorted(set(names))
        ],
    )


def list_entries(
    tx: Connection,
    merchant: MerchantName,
    entries: Sequence[tuple[ChannelName, CatalogueEntry]],
    now: datetime,
) -> None:
    """Keep what the channels say of their entries; of each the newest version stands."""
    newest: dict[tuple[ChannelName, ListingId], CatalogueEntry] = {}
    for channel, entry in entries:
        kept = newest.get((channel, entry.listing))
        if kept is None or entry.version >= kept.version:
            newest[channel, entry.listing] = entry
    rows = [
        {
            "merchant": merchant,
            "channel": channel,
            "listing": listing,
            "sku_text": entry.sku,
            "owner": entry.owner,
            "parent": entry.parent,
            "managed": entry.managed,
            "unlimited": entry.unlimited,
            "location": entry.location,
            "levels": orjson.dumps(entry.levels).decode() if entry.levels else None,
            "version": entry.version,
            "seen_at": now,
        }
        for (channel, listing), entry in sorted(newest.items())
    ]
    if rows:
        tx.execute(_listing(sql.is_sqlite(tx), tuple(rows[0])), rows)


@cache
def _listing(sqlite: bool, columns: Sequence[str]) -> Any:
    statement = sql.inserting(listings, sqlite=sqlite)
    keys = ["merchant", "channel", "listing"]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in columns if name not in keys},
        where=listings.c.version <= statement.excluded.version,
    )


def catalogue(
    tx: Connection,
    merchant: MerchantName,
    texts: Iterable[str],
    wanted: Mapping[ChannelName, set[ListingId]],
    bundles: Mapping[Sku, Goods],
) -> Catalogue:
    """Return the part of the goods that these SKU texts and listings name."""
    found: dict[tuple[ChannelName, ListingId], Entry] = {}
    for channel, ids in sorted(wanted.items()):
        here = _entries(tx, merchant, channel, ids)
        owners = {entry.owner for entry in here.values()} - here.keys()
        here |= _entries(tx, merchant, channel, owners)
        found |= {(channel, listing): entry for listing, entry in here.items()}
    sold = _sold(tx, merchant, found)
    names = {*texts, *sold.values(), *(entry.sku for entry in found.values() if entry.sku)}
    known: set[Sku] = set()
    folded: dict[str, tuple[Sku, ...]] = {}
    for piece in sql.pieces(sorted(names)):
        low = [name.casefold() for name in piece]
        asked = {"of_merchant": merchant, "some": piece, "folded": low}
        for sku, fold in sorted(map(tuple, tx.execute(_NAMED, asked))):
            known.add(Sku(sku))
            folded[fold] = tuple(dict.fromkeys((*folded.get(fold, ()), Sku(sku))))
    return Catalogue(
        known=frozenset(known), folded=folded, listings=found, bundles=bundles, sold=sold
    )


def _sold(
    tx: Connection, merchant: MerchantName, found: Mapping[tuple[ChannelName, ListingId], Entry]
) -> dict[tuple[ChannelName, ListingId], Sku]:
    """Return as which SKUs these entries, or those whose number they draw on, are tracked."""
    owners: defaultdict[ChannelName, set[ListingId]] = defaultdict(set)
    for (channel, _), entry in found.items():
        owners[channel] |= {entry.owner, *entry.levels}
    return {
        (channel, ListingId(row.listing)): Sku(row.sku)
        for channel, ids in sorted(owners.items())
        for row in sql.each(tx, _SELLING, ids, of_merchant=merchant, of_channel=channel)
    }


def all_skus(tx: Connection, merchant: MerchantName) -> list[Sku]:
    """Return every SKU of a merchant, sorted."""
    statement = select(skus.c.sku).where(skus.c.merchant == merchant).order_by(skus.c.sku)
    return [Sku(row[0]) for row in tx.execute(statement)]


def counted(tx: Connection, merchant: MerchantName, names: Iterable[Sku]) -> set[Sku]:
    """Return those of these SKUs that were counted somewhere."""
    found: set[Sku] = set()
    for piece in sql.pieces(sorted(set(names))):
        statement = select(stock.c.sku).where(
            stock.c.merchant == merchant,
            stock.c.sku.in_(piece),
            stock.c.counted_at.is_not(None),
        )
        found |= {Sku(row[0]) for row in tx.execute(statement)}
    return found


def entries(
    tx: Connection, merchant: MerchantName, channel: ChannelName, ids: Iterable[ListingId]
) -> dict[ListingId, CatalogueEntry]:
    """Return what one channel says of these entries."""
    found: dict[ListingId, CatalogueEntry] = {}
    for row in sql.each(tx, _LISTED, ids, of_merchant=merchant, of_channel=channel):
        found[ListingId(row.listing)] = _entry(row)
    return found


def all_entries(
    tx: Connection, merchant: MerchantName, channel: ChannelName
) -> list[CatalogueEntry]:
    """Return everything that one channel lists, by its ids."""
    statement = (
        select(listings)
        .where(listings.c.merchant == merchant, listings.c.channel == channel)
        .order_by(listings.c.listing)
    )
    return [_entry(row) for row in tx.execute(statement)]


def _entry(row: Row[Any]) -> CatalogueEntry:
    return CatalogueEntry(
        listing=ListingId(row.listing),
        sku=row.sku_text,
        owner=ListingId(row.owner),
        managed=row.managed,
        parent=None if row.parent is None else ListingId(row.parent),
        unlimited=row.unlimited,
        location=row.location,
        levels=_levels(row),
        version=row.version,
    )


def _entries(
    tx: Connection, merchant: MerchantName, channel: ChannelName, ids: Iterable[ListingId]
) -> dict[ListingId, Entry]:
    found: dict[ListingId, Entry] = {}
    for row in sql.each(tx, _LISTED, ids, of_merchant=merchant, of_channel=channel):
        found[ListingId(row.listing)] = Entry(
            sku=row.sku_text, owner=ListingId(row.owner), levels=_levels(row)
        )
    return found


def _levels(row: Row[Any]) -> tuple[ListingId, ...]:
    return tuple(map(ListingId, orjson.loads(row.levels))) if row.levels else ()
