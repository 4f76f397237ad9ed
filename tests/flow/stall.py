"""A small merchant, and a channel whose bodies are facts, or mean trouble."""

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, select

from stocksync.channels.base import Answer, Delivery, Stored
from stocksync.channels.errors import Unreadable
from stocksync.core.account import PaperState
from stocksync.core.facts import (
    Adjusted,
    Counted,
    Fact,
    OrderLine,
    OrderSnapshot,
    Paper,
    PaperLine,
    ReceiptPart,
    Received,
    Stage,
    TillReceipt,
    Transferred,
)
from stocksync.core.names import ChannelName, LineId, LocationName, MerchantName, PaperKey, Sku
from stocksync.core.places import Location, LocationKind
from stocksync.core.plan import OFFICE, Goods, Plan, Trade
from stocksync.flow import activate, apply, office
from stocksync.store import inbox, shapes, statehash, tables, views
from stocksync.store.inbox import Arrival, Kept
from stocksync.store.session import Database
from tests.channels.listens import Listens

MUGS = MerchantName("mugs")
WEB, MARKET, TILL = ChannelName("web"), ChannelName("market"), ChannelName("till")
SHELF, BACK, IMPORTER = LocationName("shelf"), LocationName("back"), LocationName("importer")
MUG, LAMP, SOFA, SET = Sku("MUG-RED"), Sku("LAST-LAMP"), Sku("FAR-SOFA"), Sku("GIFT-SET")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLACES = {
    SHELF: Location(name=SHELF, kind=LocationKind.OWN, title="Shelf"),
    BACK: Location(name=BACK, kind=LocationKind.OWN, title="Back room"),
    IMPORTER: Location(
        name=IMPORTER, kind=LocationKind.SUPPLIER, title="Importer", trust=Decimal("0.8")
    ),
}

Units = Mapping[Sku, int] | Mapping[str, int]

ODD = b"odd"
"""A body that its channel breaks on."""
DEADLY = b"deadly"
"""A body that kills the process that reads it."""


def minutes(count: float) -> datetime:
    """Return a moment so many minutes after noon."""
    return NOON + timedelta(minutes=count)


class Stall(Listens):
    """A channel whose bodies are facts as the store writes them down."""

    body_max = 20_000

    def __init__(self, name: ChannelName) -> None:
        self.name = name

    def verify(self, delivery: Delivery) -> None:
        pass

    def minimise(self, delivery: Delivery) -> Sequence[Delivery]:
        return [delivery]

    def answer(self, deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
        return Answer(status=200)

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        if delivery.body.startswith(ODD):
            raise ZeroDivisionError("the scales said nothing")
        if delivery.body == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        if delivery.body == b"unreadable":
            raise Unreadable("unreadable", "nobody can read this")
        state = shapes.paper_state(delivery.body)
        facts: list[Fact] = [fact for fact in (state.snapshot,) if fact is not None]
        return [*facts, *state.parts.values()]  # type: ignore[list-item]


CHANNELS = {name: Stall(name) for name in (WEB, MARKET, TILL)}


def trade(
    *,
    bundles: Mapping[Sku, Goods] | None = None,
    names: Mapping[str, LocationName] | None = None,
    digest: str = "first",
    sells_from: Sequence[LocationName] = (SHELF, BACK),
) -> Trade:
    """Return the merchant as the accounting sees it. The market matches SKUs in any case."""
    plans = {
        name: Plan(
            channel=name,
            location=SHELF,
            sells_from=tuple(PLACES[place] for place in sells_from),
            places=PLACES,
            names=names or {},
            fold=name == MARKET,
        )
        for name in (WEB, MARKET, TILL, OFFICE)
    }
    return Trade(name=MUGS, places=PLACES, plans=plans, bundles=bundles or {}, digest=digest)


TRADE = trade()


def order(
    key: str,
    version: int,
    taken: Units,
    *,
    gone: bool = False,
    soft_until: datetime | None = None,
    placed_at: datetime = NOON,
    location: str | None = None,
) -> OrderSnapshot:
    """Return an order of so many units each; with `soft_until` they are an unpaid checkout's."""
    part = "soft" if soft_until else "gone" if gone else "committed"
    lines = tuple(
        OrderLine(
            line=LineId(f"line of {sku}"),
            sku=sku,
            location=location,
            gone_at=placed_at if gone else None,
            **{part: units},  # type: ignore[arg-type]
        )
        for sku, units in taken.items()
    )
    return OrderSnapshot(
        order=PaperKey(key),
        version=f"{version:06}",
        complete=True,
        placed_at=placed_at,
        lines=lines,
        soft_until=soft_until,
    )


def _paper(key: str, at: datetime, units: Units, location: str | None) -> Any:
    lines = tuple(
        PaperLine(line=LineId(f"{place}"), sku=sku, units=count)
        for place, (sku, count) in enumerate(units.items())
    )
    return {"key": PaperKey(key), "occurred_at": at, "lines": lines, "location": location}


def sale(key: str, units: Units, at: datetime = NOON, location: str | None = None) -> Paper:
    """Return a receipt of the till."""
    return TillReceipt(part=ReceiptPart.SALE, **_paper(key, at, units, location))


def counted(
    key: str,
    units: Units,
    at: datetime = NOON,
    location: str | None = None,
    *,
    whole: bool = False,
) -> Paper:
    """Return a count."""
    return Counted(whole=whole, **_paper(key, at, units, location))


def received(key: str, units: Units, at: datetime = NOON, location: str | None = None) -> Paper:
    """Return goods that came in."""
    return Received(**_paper(key, at, units, location))


def adjusted(key: str, units: Units, at: datetime = NOON, location: str | None = None) -> Paper:
    """Return goods that were found or lost."""
    return Adjusted(**_paper(key, at, units, location))


def transferred(key: str, units: Units, stage: Stage, at: datetime = NOON, to: str = BACK) -> Paper:
    """Return one stage of a transfer from the shelf."""
    return Transferred(stage=stage, to_location=to, **_paper(key, at, units, SHELF))


def body_of(fact: OrderSnapshot | Paper) -> bytes:
    """Return the body that a stall translates into this fact."""
    if isinstance(fact, OrderSnapshot):
        return shapes.paper_text(PaperState(snapshot=fact))
    return shapes.paper_text(PaperState(parts={"told": fact}))


def arrival(
    said: OrderSnapshot | Paper | bytes,
    channel: ChannelName = WEB,
    *,
    event: str | None = None,
    at: datetime = NOON,
) -> Arrival:
    """Return a delivery on its way into the inbox; its event is the hash of its body."""
    body = said if isinstance(said, bytes) else body_of(said)
    content = sha256(body).hexdigest()
    return Arrival(
        merchant=MUGS,
        channel=channel,
        event=event or content,
        content=content,
        received_at=at,
        body=body,
        headers={},
    )


class House:
    """One merchant on one database: what a test does with it, and what it looks at."""

    def __init__(self, database: Database, merchant: Trade = TRADE) -> None:
        self.database = database
        self.trade = merchant
        self.now = minutes(60)
        self.rings = 0
        activate.activate(database, merchant, self.now)

    def clock(self) -> datetime:
        """Return the moment that this house believes in."""
        return self.now

    def put(self, *arrivals: Arrival) -> list[Kept]:
        """Store deliveries, as the door does."""
        with self.database.begin() as tx:
            return inbox.put(tx, arrivals)

    def drain(self, channels: Mapping[ChannelName, Stall] = CHANNELS) -> apply.Drained:
        """Drain as a worker does."""
        return apply.drain(self.database, self.trade, channels, self.clock, self.ring)

    def hear(self, *facts: OrderSnapshot | Paper, channel: ChannelName = WEB) -> None:
        """Store deliveries and apply them."""
        self.put(*(arrival(fact, channel, at=self.now) for fact in facts))
        self.drain()

    def stand(self, units: Units, location: str = SHELF) -> None:
        """Count goods in, so that they are known and stand at a place since long ago."""
        count = counted(f"opening {location}", units, minutes(-600), location)
        office.book(self.database, self.trade, [count], self.now)

    def drain_all(self) -> None:
        """Drain turn by turn, until nothing is left that may be done now."""
        while self.drain().more:
            pass

    def ring(self) -> None:
        self.rings += 1

    def shelf(self, sku: Sku = MUG, location: LocationName = SHELF) -> tuple[int, int, int, int]:
        """Return what is free, committed, held and incoming."""
        with self.database.reading() as tx:
            for line in views.stock_lines(tx, MUGS, sku):
                if line.location == location:
                    return line.available, line.committed, line.held, line.incoming
        return 0, 0, 0, 0

    def states(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        with self.database.reading() as tx:
            found = [row.state for row in tx.execute(select(tables.inbox.c.state))]
        return {state: found.count(state) for state in sorted(set(found))}

    def rows(self) -> list[Row[Any]]:
        """Return the inbox, oldest first."""
        with self.database.reading() as tx:
            return list(tx.execute(select(tables.inbox).order_by(tables.inbox.c.id)))

    def parked(self) -> list[tuple[str, str]]:
        """Return the code and the reason of all that is parked."""
        with self.database.reading() as tx:
            return [(one.code, one.reason) for one in views.parked(tx, MUGS)]

    def hash(self) -> str:
        """Return the hash of all that must end alike."""
        with self.database.reading() as tx:
            return statehash.state_hash(tx, MUGS, self.trade.chains())

    def notes(self) -> int:
        """Return how many drains have rows in hand."""
        with self.database.reading() as tx:
            return len(tx.execute(select(tables.drains.c.id)).all())

    def all_rows(self) -> dict[str, Iterable[Any]]:
        """Return what every table of stock says, to see that nothing moved."""
        kept = (tables.papers, tables.lines, tables.stock, tables.movements, tables.counts)
        with self.database.reading() as tx:
            return {
                table.name: [tuple(row) for row in tx.execute(select(table)).all()]
                for table in (*kept, tables.incidents, tables.findings)
            }
