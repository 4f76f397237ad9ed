"""Link: begin to keep a channel right, from its catalogue to the first number we write.

A first channel also brings the stock (import); a second one is matched with it by SKU.
Nothing is written to a channel before it goes live.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from stocksync.channels.base import Preparing
from stocksync.core.account import Heard
from stocksync.core.facts import CatalogueEntry, Counted, PaperLine
from stocksync.core.listing import Listing
from stocksync.core.names import LineId, ListingId, LocationName, PaperKey, Sku
from stocksync.core.plan import OFFICE
from stocksync.flow import books, offers, remap, track
from stocksync.flow.outgoing import Outgoing
from stocksync.flow.receive import arrival_of
from stocksync.flow.track import Matched
from stocksync.store import beliefs, goods, inbox, links

_BEFORE = timedelta(minutes=10)
"""How far before the opening the first pull begins: what happened around it is heard twice."""
_PIECE = 500


class NotReady(Exception):
    """A channel cannot go live yet. The message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far linking is: what is being done, and how many of it so far."""

    doing: str
    done: int


@dataclass(slots=True, kw_only=True)
class Linking:
    """One channel being linked; `run` does it, `matched` tells what it found."""

    one: Outgoing
    learn: bool
    matched: Matched | None = None

    def run(self) -> Iterator[Progress]:
        """Read the catalogue and the open orders; track what sells our goods."""
        one, began_at = self.one, self.one.clock()
        shown: dict[ListingId, int] = {}
        seen = 0
        with one.database.begin() as tx:
            track.list_ours(tx, one, began_at)
        for page in one.channel.catalogue():
            if isinstance(page, Preparing):
                yield Progress(doing=f"{one.name} lists its catalogue", done=page.objects)
                continue
            with one.database.begin() as tx:
                told = [(one.name, listed.entry) for listed in page]
                goods.list_entries(tx, one.trade.name, told, began_at)
                if self.learn:
                    goods.learn(tx, one.trade.name, self._to_learn([e for _, e in told]), began_at)
            shown |= {x.entry.listing: x.shown for x in page if x.shown is not None}
            seen += len(page)
            yield Progress(doing="catalogue", done=seen)
        with one.database.begin() as tx:
            if links.load(tx, one.trade.name, one.name) is None:
                cursor = one.channel.cursor_at(began_at - _BEFORE)
                links.open_(tx, one.trade.name, one.name, cursor, began_at)
        orders = 0
        for deliveries in one.channel.open_orders(began_at):
            with one.database.begin() as tx:
                inbox.put(tx, [arrival_of(one.trade.name, one.name, x) for x in deliveries])
            orders += len(deliveries)
            yield Progress(doing="open orders", done=orders)
        with one.database.begin() as tx:
            entries = goods.all_entries(tx, one.trade.name, one.name)
            self.matched = track.match(tx, one.trade, one.name, entries)
            track.track(tx, one.trade, one.name, self.matched, shown, began_at)
        remap.release(one.database, one.trade, began_at)
        one.database.analyze()

    def _to_learn(self, entries: list[CatalogueEntry]) -> list[Sku]:
        return [
            Sku(entry.sku)
            for entry in entries
            if entry.keeps_number and entry.sku and entry.sku not in self.one.trade.bundles
        ]


def unsettled(one: Outgoing) -> int:
    """Return how many listings have not been read to certainty yet."""
    with one.database.reading() as tx:
        rows = beliefs.of_channel(tx, one.trade.name, one.name)
    return sum(not row.belief.at_rest and row.parked is None for row in rows)


def count_from(one: Outgoing, now: datetime) -> list[Sku]:
    """Book what the channel shows, and what its open orders hold, as the first count.

    Goods that were counted before keep their count. Return the SKUs that were booked.
    """
    with one.database.reading() as tx:
        rows = beliefs.of_channel(tx, one.trade.name, one.name)
        known = goods.counted(tx, one.trade.name, [row.sku for row in rows])
    fresh = [row for row in rows if row.sku not in known and row.sku not in one.trade.bundles]
    booked: list[Sku] = []
    for place, here in groupby(sorted(fresh, key=_place), key=_place):
        some = list(here)
        for start in range(0, len(some), _PIECE):
            piece = some[start : start + _PIECE]
            booked += _count(one, piece, LocationName(place) or one.plan.location, now)
    return list(dict.fromkeys(booked))


def _place(row: Listing) -> str:
    return row.location or ""


def _count(one: Outgoing, rows: list[Listing], place: LocationName, now: datetime) -> list[Sku]:
    key = PaperKey(f"import of {one.name} from {rows[0].sku} at {place} {now.isoformat()}")
    empty = Counted(
        key=key,
        occurred_at=now,
        location=place,
        lines=tuple(PaperLine(line=LineId(r.sku), sku=r.sku, units=0) for r in rows),
    )
    heard = Heard(received_at=now)
    with one.database.begin() as tx:
        told = books.Told(channel=OFFICE, fact=empty, heard=heard)
        gathered = books.gather(tx, one.trade, [told], now)
        keys = beliefs.keys_of(tx, one.trade.name, offers.sold_with(one.trade, _skus(rows)))
        locked = beliefs.lock(tx, one.trade.name, keys)
        lines = []
        for row in rows:
            belief = locked.now[row.key].belief
            shelf = gathered.books.ledger.shelf(row.sku, place)
            if belief.at_rest:
                units = max(0, belief.believed + shelf.committed)
                lines.append(PaperLine(line=LineId(row.sku), sku=row.sku, units=units))
        if not lines:
            return []
        whole = Counted(key=key, occurred_at=now, location=place, lines=tuple(lines))
        gathered.books.take_in(OFFICE, whole, heard, now)
        books.write(tx, one.trade, gathered, now)
    return [Sku(line.sku) for line in lines]


def go_live(one: Outgoing, now: datetime, *, sure: bool) -> None:
    """Let numbers be written to the channel from now on, or raise `NotReady`.

    A first push that would take a large part of the shop to 0 is most likely a mistake.
    """
    with one.database.begin() as tx:
        link = links.load(tx, one.trade.name, one.name)
        if link is None:
            raise NotReady(f"{one.name} is not linked; first: stocksync link {one.name}")
        rows = beliefs.of_channel(tx, one.trade.name, one.name)
        open_ = [row for row in rows if not row.belief.at_rest and row.parked is None]
        if open_ and not sure:
            raise NotReady(
                f"{len(open_)} listings of {one.name} have not been read to the end yet; "
                "wait with: stocksync settle"
            )
        zeroed = [row for row in rows if row.wanted == 0 and row.belief.believed > 0]
        limit = one.trade.limits.zero_share
        if limit is not None and len(zeroed) > max(1, int(limit * len(rows))) and not sure:
            named = ", ".join(row.sku for row in zeroed[:5])
            raise NotReady(
                f"going live would take {len(zeroed)} of {len(rows)} listings of {one.name} to 0 "
                f"({named}, ...); count them first, or if it is right: stocksync go-live "
                f"{one.name} --yes"
            )
        links.change(tx, one.trade.name, one.name, live_at=now, halted=None, stopped=None)


def _skus(rows: list[Listing]) -> set[Sku]:
    return {row.sku for row in rows}
