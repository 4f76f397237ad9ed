"""A desk without a database: books in memory, for rules that need nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stocksync.core.account import Books, Heard, PaperId, PaperState, Taken
from stocksync.core.facts import OrderLine, OrderSlips, OrderSnapshot, Paper
from stocksync.core.ledger import Ledger
from stocksync.core.names import ChannelName, LineId, ListingId, LocationName, PaperKey, Sku
from stocksync.core.places import Location, LocationKind
from stocksync.core.plan import Catalogue, Entry, Goods, Plan
from stocksync.core.stock import BY_COUNT, Account, Shelf

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
WEB, TILL = ChannelName("web"), ChannelName("till")
SHELF, BACK, IMPORTER = LocationName("shelf"), LocationName("back"), LocationName("importer")
MUG, LAMP, SOFA, SET = Sku("MUG-RED"), Sku("LAST-LAMP"), Sku("FAR-SOFA"), Sku("GIFT-SET")
PLACES = {
    SHELF: Location(name=SHELF, kind=LocationKind.OWN, title="Shelf"),
    BACK: Location(name=BACK, kind=LocationKind.OWN, title="Back room"),
    IMPORTER: Location(
        name=IMPORTER, kind=LocationKind.SUPPLIER, title="Importer", trust=Decimal("0.8")
    ),
}


def minutes(count: float) -> datetime:
    """Return a moment so many minutes after noon."""
    return NOON + timedelta(minutes=count)


class Desk:
    """Books in memory. Shelves and papers appear when they are first touched."""

    def __init__(
        self,
        skus: Iterable[Sku] = (MUG, LAMP, SOFA),
        bundles: dict[Sku, Goods] | None = None,
        sells_from: Iterable[LocationName] = (SHELF,),
        listings: dict[tuple[ChannelName, ListingId], Entry] | None = None,
    ) -> None:
        chain = tuple(PLACES[name] for name in sells_from)
        plans = {
            name: Plan(channel=name, location=SHELF, sells_from=chain, places=PLACES)
            for name in (WEB, TILL)
        }
        self.books = Books(
            ledger=Ledger(shelves=defaultdict(Shelf)),
            plans=plans,
            catalogue=Catalogue(
                known=frozenset(skus), folded={}, listings=listings or {}, bundles=bundles or {}
            ),
            states=defaultdict(PaperState),
            counts={},
        )

    def hear(
        self,
        fact: OrderSnapshot | OrderSlips | Paper,
        channel: ChannelName = WEB,
        received_at: datetime = NOON,
        read_began_at: datetime | None = None,
        now: datetime = NOON,
    ) -> Taken:
        """Take one fact in."""
        heard = Heard(received_at=received_at, read_began_at=read_began_at)
        return self.books.take_in(channel, fact, heard, now)

    def know(self, *skus: Sku) -> None:
        """Make SKUs known, and book again what waited for them."""
        old = self.books.catalogue
        self.books.catalogue = Catalogue(
            known=old.known | set(skus), folded={}, listings=old.listings, bundles=old.bundles
        )
        for paper in list(self.books.states):
            self.books.rebook(paper, NOON)

    def shelf(self, sku: Sku = MUG, location: LocationName = SHELF) -> Shelf:
        """Return one shelf."""
        return self.books.ledger.shelves[sku, location]

    def stand(self, units: int, sku: Sku = MUG, location: LocationName = SHELF) -> None:
        """Let units stand on a shelf from long ago."""
        self.shelf(sku, location).free += units

    def lines(self, paper: PaperId) -> dict[LineId, tuple[int, int, int]]:
        """Return what is booked of a paper's lines: committed, gone, put back beyond."""
        state = self.books.states[paper]
        return {
            name: (line.committed, line.gone, line.beyond) for name, line in state.lines.items()
        }

    def state(self) -> tuple[object, ...]:
        """Return everything that must end alike; chains summed, soft holds counted as free."""
        shelves: dict[object, int] = defaultdict(int)
        for (sku, location), shelf in self.books.ledger.shelves.items():
            group = "chain" if location in (SHELF, BACK) else location
            shelves[sku, group, "free"] += shelf.free
            shelves[sku, group, "committed"] += shelf.committed
            shelves[sku, group, "held"] += shelf.held
            shelves[sku, group, "incoming"] += shelf.incoming
        lines = []
        for paper, state in self.books.states.items():
            for line in state.lines.values():
                for part in line.parts:
                    group = "chain" if part.location in (SHELF, BACK) else part.location
                    shelves[part.sku, group, "free"] += part.soft
                    shelves[part.sku, group, "held"] -= part.soft
                if line.committed or line.gone or line.beyond:
                    lines.append((paper, line.line, line.committed, line.gone, line.beyond))
        return (
            sorted((str(key), units) for key, units in shelves.items() if units),
            sorted(lines),
        )

    def check(self) -> None:
        """Assert what holds at every step: stock is the sum of its movements, nothing below 0."""
        moved: dict[object, int] = defaultdict(int)
        counted: dict[object, int] = defaultdict(int)
        for movement in self.books.ledger.movements:
            moved[movement.sku, movement.source] -= movement.units
            moved[movement.sku, movement.target] += movement.units
            if movement.reason in BY_COUNT:
                for location in {movement.source.location, movement.target.location}:
                    counted[movement.sku, location] += movement.on_hand(location)
        for (sku, location), shelf in self.books.ledger.shelves.items():
            for account in (Account.COMMITTED, Account.HELD, Account.INCOMING):
                assert getattr(shelf, account) == moved[sku, (account, location)] >= 0
            assert shelf.count_adjust == counted[sku, location]


def order(
    version: int,
    *lines: OrderLine,
    key: str = "1042",
    complete: bool = True,
    soft_until: datetime | None = None,
) -> OrderSnapshot:
    """Return an order as a shop shows it in one version."""
    return OrderSnapshot(
        order=PaperKey(key),
        version=f"{version:04d}",
        complete=complete,
        placed_at=NOON,
        lines=lines,
        soft_until=soft_until,
    )


def line(
    committed: int = 0,
    gone: int = 0,
    *,
    name: str = "1",
    sku: str | None = MUG,
    beyond: int = 0,
    soft: int = 0,
    location: str | None = None,
    gone_at: datetime | None = None,
    listing: str | None = None,
) -> OrderLine:
    """Return one line of an order."""
    return OrderLine(
        line=LineId(name),
        sku=sku,
        listing=None if listing is None else ListingId(listing),
        committed=committed,
        gone=gone,
        beyond=beyond,
        soft=soft,
        location=location,
        gone_at=gone_at or (minutes(5) if gone else None),
    )
