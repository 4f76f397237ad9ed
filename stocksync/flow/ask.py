"""Ask: what a person answers about a number that waited for one (`manual_edits: alert`)."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.account import Heard
from stocksync.core.edits import Verdict
from stocksync.core.listing import ListingKey
from stocksync.core.names import Sku
from stocksync.flow import books, offers, settle
from stocksync.flow.outgoing import Outgoing
from stocksync.store import beliefs, edits, signs, views
from stocksync.store.edits import Edit

BY_HAND = "decided by hand"


def open_edits(tx: Connection, one: Outgoing, sku: Sku) -> list[Edit]:
    """Return the edits of a SKU on one channel that wait for a person, oldest first."""
    found = edits.of_sku(tx, one.trade.name, sku)
    return [e for e in found if e.key.channel == one.name and e.verdict is Verdict.ASK]


def adopt(one: Outgoing, sku: Sku, now: datetime) -> list[Edit]:
    """Book what was typed into the pool, and let the listing's number be written again."""
    trade = one.trade
    with one.database.begin() as tx:
        waiting = open_edits(tx, one, sku)
        if not waiting:
            return []
        rows = beliefs.load_some(tx, trade.name, [edit.key for edit in waiting])
        places = {row.key: row.location for row in rows}
        told = [
            books.Told(
                channel=one.name,
                fact=settle.adjustment(trade, edit, places.get(edit.key)),
                heard=Heard(received_at=now),
            )
            for edit in waiting
        ]
        gathered = books.gather(tx, trade, told, now)
        around = beliefs.keys_of(tx, trade.name, offers.sold_with(trade, {sku}))
        _let_go(tx, one, {*around, *(edit.key for edit in waiting)}, waiting)
        _decided(tx, one, waiting, Verdict.ADOPT, now)
        for each in told:
            gathered.books.take_in(one.name, each.fact, each.heard, now)
        books.write(tx, trade, gathered, now)
    return waiting


def overwrite(one: Outgoing, sku: Sku, now: datetime) -> list[Edit]:
    """Let our number be written over what was typed; no stock is moved."""
    with one.database.begin() as tx:
        waiting = open_edits(tx, one, sku)
        if waiting:
            _let_go(tx, one, {edit.key for edit in waiting}, waiting)
            _decided(tx, one, waiting, Verdict.OVERWRITE, now)
    return waiting


def _let_go(tx: Connection, one: Outgoing, keys: set[ListingKey], waiting: list[Edit]) -> None:
    """Unpark the listings that waited; the others are locked with them, in order."""
    locked = beliefs.lock(tx, one.trade.name, keys)
    for edit in waiting:
        row = locked.now.get(edit.key)
        if row is not None and row.parked == settle.asking(edit):
            row.parked, row.push_at = None, None
    beliefs.save(tx, one.trade.name, locked)


def _decided(
    tx: Connection, one: Outgoing, waiting: list[Edit], verdict: Verdict, now: datetime
) -> None:
    """Remember the answer, and keep an incident only for what still waits on the channel."""
    for edit in waiting:
        edits.add(tx, one.trade.name, replace(edit, verdict=verdict, why=BY_HAND), now)
    left: dict[Sku, list[Edit]] = defaultdict(list)
    for incident in views.open_incidents(tx, one.trade.name):
        if (incident.kind, incident.location) == (settle.EDITED, one.name):
            left[Sku(incident.sku)] = open_edits(tx, one, Sku(incident.sku))
    signs.close_incidents(tx, one.trade.name, settle.EDITED, one.name, now)
    for sku, some in left.items():
        if some:
            first, units = some[0].read_at, sum(abs(edit.left) for edit in some)
            what = settle.EDITED
            signs.open_incident(tx, one.trade.name, what, one.name, first, sku=sku, units=units)
