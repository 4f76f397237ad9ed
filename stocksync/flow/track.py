"""Track: which entries of a channel we keep a belief of, because they sell goods we know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.belief import Belief
from stocksync.core.facts import CatalogueEntry
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ChannelName, ListingId, LocationName, Sku
from stocksync.core.plan import Trade, Unmapped
from stocksync.flow import offers
from stocksync.flow.outgoing import Outgoing
from stocksync.store import beliefs, edits, goods, links, lock

_AMONG_TWINS = "duplicate SKU: "
"""How the words begin with which an entry is parked until its SKU stands there only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What became of a channel's entries: those that sell a SKU of ours, and the others.

    `places` are the locations of those that show the number of one place alone. `twice` are SKUs
    that stand on more than one entry (of a place): both sell it, neither is written to.
    """

    known: Mapping[ListingId, Sku]
    places: Mapping[ListingId, LocationName | None]
    unknown: tuple[CatalogueEntry, ...]
    unmanaged: tuple[CatalogueEntry, ...]
    twice: Mapping[Sku, tuple[ListingId, ...]]


def list_ours(tx: Connection, one: Outgoing, now: datetime) -> None:
    """List all SKUs of ours at a channel that takes every one, and cannot be asked for its own."""
    listing_of = one.reach.listing_of
    if listing_of is None:
        return
    known = {entry.listing for entry in goods.all_entries(tx, one.trade.name, one.name)}
    entries = [
        (one.name, CatalogueEntry(listing=listing, sku=sku, owner=listing, managed=True))
        for listing, sku in ((listing_of(sku), sku) for sku in goods.all_skus(tx, one.trade.name))
        if listing not in known
    ]
    goods.list_entries(tx, one.trade.name, entries, now)


def match(
    tx: Connection, trade: Trade, channel: ChannelName, entries: Sequence[CatalogueEntry]
) -> Matched:
    """Match the entries that keep a number of their own with our SKUs, by id and SKU text."""
    plan = trade.plans[channel]
    owners = [
        one
        for one in entries
        if one.keeps_number and (one.location is None or one.location in plan.names)
    ]
    texts = [one.sku for one in owners if one.sku]
    mine = {channel: {one.listing for one in owners}}
    catalogue = goods.catalogue(tx, trade.name, texts, mine, trade.bundles)
    known: dict[ListingId, Sku] = {}
    unknown: list[CatalogueEntry] = []
    for one in owners:
        found = catalogue.named(plan, one.listing, one.sku)
        if isinstance(found, Unmapped):
            unknown.append(one)
        else:
            known[one.listing] = found
    places = {x.listing: plan.place(x.location) for x in owners if x.location is not None}
    selling: dict[tuple[Sku, LocationName | None], list[ListingId]] = defaultdict(list)
    for listing, sku in known.items():
        selling[sku, places.get(listing)].append(listing)
    return Matched(
        known=known,
        places=places,
        unknown=tuple(unknown),
        unmanaged=tuple(one for one in entries if not one.managed),
        twice={sku: tuple(ids) for (sku, _), ids in selling.items() if len(ids) > 1},
    )


def track(
    tx: Connection,
    trade: Trade,
    channel: ChannelName,
    matched: Matched,
    shown: Mapping[ListingId, int],
    now: datetime,
) -> set[Sku]:
    """Begin to believe something of the matched entries that are new; return their SKUs.

    Nobody knows which orders a number of the catalogue reflects, so each begins in doubt and
    is read at once.
    """
    keys = [ListingKey(channel, listing) for listing in matched.known]
    asking = edits.asking(tx, trade.name, channel)
    locked = beliefs.lock(tx, trade.name, keys)
    fresh: set[Sku] = set()
    for key in sorted(keys):
        sku = matched.known[key.listing]
        row = locked.now.get(key)
        if row is None:
            number = shown.get(key.listing, 0)
            belief = Belief(believed=number, exposure=max(number, 0), doubt=True)
            row = Listing(
                key=key, sku=sku, belief=belief, opened_at=now, agreed_at=now, check_at=now
            )
            locked.add(row)
            fresh.add(sku)
        row.sku, row.location = sku, matched.places.get(key.listing)
        if key not in asking:
            row.parked = _parked_for(matched, row, shown)
    offers.decide_rows(tx, trade, locked.now.values(), now)
    beliefs.save(tx, trade.name, locked)
    return fresh


def track_known(tx: Connection, trade: Trade, channel: ChannelName, now: datetime) -> set[Sku]:
    """Track entries of a linked channel whose goods have become known since; return their SKUs."""
    entries = goods.all_entries(tx, trade.name, channel)
    matched = match(tx, trade, channel, entries)
    if matched.known.items() <= beliefs.sold_at(tx, trade.name, channel).items():
        return set()
    return track(tx, trade, channel, matched, {}, now)


def track_listed(
    tx: Connection,
    trade: Trade,
    entries: Iterable[tuple[ChannelName, CatalogueEntry]],
    now: datetime,
) -> set[ChannelName]:
    """Track what linked channels have listed just now of goods that we know; return the channels.

    An entry that was renamed sells other goods from now on, if its new name is known.
    """
    listed: defaultdict[ChannelName, dict[ListingId, str | None]] = defaultdict(dict)
    for channel, entry in entries:
        if entry.keeps_number:
            listed[channel][entry.listing] = entry.sku
    begun: set[ChannelName] = set()
    for channel, names in sorted(listed.items()):
        sold = beliefs.sold_by(tx, trade.name, channel, names)
        other = {listing: sold.get(listing) for listing in names}
        other = {listing: sku for listing, sku in other.items() if sku != names[listing]}
        linked = bool(other) and links.load(tx, trade.name, channel) is not None
        if linked and _track_beside(tx, trade, channel, other, now):
            begun.add(channel)
    return begun


def _track_beside(
    tx: Connection,
    trade: Trade,
    channel: ChannelName,
    listed: Mapping[ListingId, Sku | None],
    now: datetime,
) -> bool:
    """Match entries with what they sold until now; return whether any sells something else.

    Those that sell the same goods, or did, are matched anew as well: all may be twins.
    """
    found = goods.entries(tx, trade.name, channel, listed)
    known = match(tx, trade, channel, list(found.values())).known
    changed = {listing: sku for listing, sku in known.items() if listed[listing] != sku}
    if not changed:
        return False
    before = {sku for listing in changed if (sku := listed[listing]) is not None}
    selling = beliefs.keys_of(tx, trade.name, {*changed.values(), *before})
    beside = {key.listing for key in selling if key.channel == channel}
    around = goods.entries(tx, trade.name, channel, changed.keys() | beside)
    matched = match(tx, trade, channel, list(around.values()))
    # Whoever books these goods meanwhile has not seen the listing: one of us waits for the other.
    parts = {part for sku in matched.known.values() for part, _ in offers.goods_of(trade, sku)}
    places = {place.name for place in trade.plans[channel].sells_from}
    lock.shelves(tx, trade.name, [(part, place) for part in parts for place in places])
    track(tx, trade, channel, matched, {}, now)
    return True


def _parked_for(matched: Matched, row: Listing, shown: Mapping[ListingId, int]) -> str | None:
    twins = matched.twice.get(row.sku)
    if twins is not None:
        return _AMONG_TWINS + (
            f"SKU {row.sku} stands on {len(twins)} entries of {row.key.channel} "
            f"({', '.join(twins)}); give each its own SKU there, then: "
            f"stocksync link {row.key.channel}"
        )
    if row.parked is None or row.key.listing in shown or row.parked.startswith(_AMONG_TWINS):
        return None
    return row.parked
