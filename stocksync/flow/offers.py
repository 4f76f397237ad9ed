"""Offers: what every listing of touched goods should show, decided under the last lock.

Listings are locked after the shelves, sorted, and stock is read again then, so that the last
transaction to commit has seen all others (DESIGN 3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core import belief
from stocksync.core.belief import Belief
from stocksync.core.decide import Basis, Supply, What, decide, explain
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.moves import NumberMove
from stocksync.core.names import ChannelName, ListingId, LocationName, Sku
from stocksync.core.plan import Goods, Trade
from stocksync.flow import pace
from stocksync.store import beliefs, links, supply
from stocksync.store.beliefs import Locked

Owners = tuple[ListingId, ...]
PIECE = 200
"""How many SKUs one transaction decides again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A level that a webhook named; nobody knows of which moment it is."""

    number: int
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a transaction has learned that listings must know of.

    `skus` are the goods whose stock was touched; `owners` names the listing whose number each
    listing draws on, where it is another, or several of which it may be any. `looks` are due
    for a read.
    """

    skus: frozenset[Sku] = frozenset()
    moves: Sequence[NumberMove] = ()
    hints: Mapping[ListingKey, Hint] = field(default_factory=dict)
    owners: Mapping[tuple[ChannelName, ListingId], Owners] = field(default_factory=dict)
    looks: frozenset[ListingKey] = frozenset()


def decide_touched(tx: Connection, trade: Trade, told: Told, now: datetime) -> set[ChannelName]:
    """Move what is believed by what was booked, decide again; return the channels with work."""
    skus = told.skus | {move.sku for move in told.moves}
    if not (skus or told.hints or told.looks):
        return set()
    keys = beliefs.keys_of(tx, trade.name, sold_with(trade, skus)).keys() | told.hints.keys()
    # A line keeps the SKU of its first booking, and its listing may have another one by now.
    keys |= told.looks | {key for move in told.moves for key in _moved_by(move, told.owners)}
    if not keys:
        return set()
    locked = beliefs.lock(tx, trade.name, keys)
    linked = links.load_all(tx, trade.name)
    for move in told.moves:
        _move(locked, move, told.owners, now)
    for key, hint in told.hints.items():
        if key in locked.now:
            _hear(locked.now[key], hint, linked.get(key.channel))
    for key in told.looks & locked.now.keys():
        locked.now[key].look_again(now)
    decide_rows(tx, trade, locked.now.values(), now)
    for row in locked.now.values():
        pace.reschedule(row, now)
    beliefs.save(tx, trade.name, locked)
    return {
        row.key.channel
        for row in locked.changed
        if row.key.channel in linked and (row.differs or (row.check_at or now) <= now)
    }


def decide_rows(tx: Connection, trade: Trade, rows: Iterable[Listing], now: datetime) -> None:
    """Decide what these locked listings should show."""
    mine = [row for row in rows if row.key.channel in trade.plans]
    goods = {row.sku: goods_of(trade, row.sku) for row in mine}
    parts = {sku for one in goods.values() for sku, _ in one}
    stock = supply.of(tx, trade.name, parts)
    soft = supply.soft_of(tx, trade.name, sold_with(trade, parts))
    for row in mine:
        basis = _basis(trade, row, goods[row.sku], stock, soft)
        offer = decide(basis, now)
        if row.offer is None or offer != row.offer:
            if row.offer is None or offer.quantity != row.offer.quantity:
                row.wanted_at = now
            row.version += 1
            row.offer = offer
        row.pool = _uncut(basis, offer.quantity, now)


def basis_of(tx: Connection, trade: Trade, row: Listing) -> Basis:
    """Return what one listing's offer rests on now, for whoever explains it."""
    goods = goods_of(trade, row.sku)
    parts = {sku for sku, _ in goods}
    stock = supply.of(tx, trade.name, parts)
    return _basis(trade, row, goods, stock, supply.soft_of(tx, trade.name, sold_with(trade, parts)))


def goods_of(trade: Trade, sku: Sku) -> Goods:
    """Return what one unit of a listing takes from the shelf."""
    return trade.bundles.get(sku, ((sku, 1),))


def sold_with(trade: Trade, skus: Iterable[Sku]) -> set[Sku]:
    """Return the SKUs whose offers these touch: themselves, bundles around, components within."""
    parts = {part for sku in skus for part, _ in goods_of(trade, sku)} | set(skus)
    return parts | {
        bundle for bundle, goods in trade.bundles.items() if any(sku in parts for sku, _ in goods)
    }


def _basis(
    trade: Trade,
    row: Listing,
    goods: Goods,
    stock: Mapping[tuple[Sku, LocationName], Supply],
    soft: Mapping[supply.SoftKey, int],
) -> Basis:
    plan = trade.plans[row.key.channel]
    mine: dict[tuple[Sku, LocationName], Supply] = {}
    places = plan.shown_at(row.location)
    for sku, _ in goods:
        for place in places:
            here = stock.get((sku, place.name))
            kept = soft.get((row.key.channel, sku, place.name), 0)
            if here is not None:
                mine[sku, place.name] = here._replace(soft_own=kept)
    rule = trade.rules.for_(row.sku, row.key.channel)
    return Basis(goods=goods, places=places, supply=mine, rule=rule)


def _uncut(basis: Basis, quantity: int, now: datetime) -> int:
    """Return what would be shown before it is cut at 0: a shop may stand below."""
    if quantity > 0:
        return quantity
    own = next(step.units for step in explain(basis, now) if step.what is What.OWN)
    return min(0, own)


def _moved_by(
    move: NumberMove, owners: Mapping[tuple[ChannelName, ListingId], Owners]
) -> list[ListingKey]:
    """Return the listings of which an order that names one may have moved the number."""
    if move.listing is None:
        return []
    mine = owners.get((move.channel, move.listing), (move.listing,))
    return [ListingKey(move.channel, one) for one in mine]


def _move(
    locked: Locked,
    move: NumberMove,
    owners: Mapping[tuple[ChannelName, ListingId], Owners],
    now: datetime,
) -> None:
    """Let the listing that a channel moved by itself follow; if it is not clear which, doubt."""
    if move.listing is not None:
        found = (locked.now.get(key) for key in _moved_by(move, owners))
        rows = [row for row in found if row is not None]
    else:
        rows = [
            row
            for row in locked.now.values()
            if row.key.channel == move.channel and row.sku == move.sku
        ]
    for row in rows:
        if move.first and move.placed_at < row.opened_at:
            row.look_again(now)  # its number was read when this order had long lowered it
        elif move.unsure or len(rows) > 1:
            row.belief = belief.doubted(row.belief)
        else:
            row.belief = _moved(row.belief, move)
            if move.doubtful:
                row.belief = belief.doubted(row.belief)
            row.moved_at = now
            row.removed = max(0, row.removed + move.removed)
            if move.removed > 0:
                row.look_again(now)


def _moved(known: Belief, move: NumberMove) -> Belief:
    if move.passed:
        known = belief.passed(known, move.passed)
    if move.taken > 0:
        return belief.sold(known, move.taken, bypasses=move.bypasses)
    if move.taken < 0:
        return belief.put_back(known, -move.taken)
    return known


def _hear(row: Listing, hint: Hint, link: links.Link | None) -> None:
    """Take a level as a hint: an echo of what we believe, or a reason to look.

    The orders behind it get the channel's usual delay to come in first.
    """
    if row.belief.flights:
        return  # with a write in the air it says nothing
    if hint.number == row.belief.believed:
        row.hint = None
        return
    row.hint = hint.number
    usual = pace.usual_delay(link.delays_s if link else ())
    at = hint.heard_at + usual
    row.check_at = at if row.check_at is None else min(row.check_at, at)


def decide_skus(tx: Connection, trade: Trade, skus: Iterable[Sku], now: datetime) -> None:
    """Decide again the listings that sell these SKUs: a rule or the time has changed."""
    locked = beliefs.lock(tx, trade.name, beliefs.keys_of(tx, trade.name, skus))
    decide_rows(tx, trade, locked.now.values(), now)
    beliefs.save(tx, trade.name, locked)
