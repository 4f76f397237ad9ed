"""Gather what facts touch, and write what became of it: the two ends of every booking.

Locks are taken in the order of DESIGN 3: papers, then shelves, each sorted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core import papers as paper_rules
from stocksync.core.account import Books, Heard, PaperId, PaperState
from stocksync.core.counting import EVERYTHING, CountsByShelf, rest_on_whole_counts
from stocksync.core.facts import Counted, OrderSlips, OrderSnapshot, Paper, PaperKind, Transferred
from stocksync.core.ledger import Ledger
from stocksync.core.listing import ListingKey
from stocksync.core.names import ChannelName, ListingId, LocationName, Sku
from stocksync.core.plan import Catalogue, Trade, Unmapped
from stocksync.core.stock import Shelf
from stocksync.flow import offers
from stocksync.store import configs, goods, ledger, lock, papers, signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fact, who told it, and when it reached us."""

    channel: ChannelName
    fact: OrderSnapshot | OrderSlips | Paper
    heard: Heard

    @property
    def paper(self) -> PaperId:
        """Return which paper it is about."""
        if isinstance(self.fact, OrderSnapshot | OrderSlips):
            return PaperId(self.channel, PaperKind.ORDER, self.fact.order)
        return PaperId(self.channel, paper_rules.kind_of(self.fact), self.fact.key)

    @property
    def moments(self) -> list[datetime]:
        """Return when what it tells happened, as far as it says."""
        match self.fact:
            case OrderSnapshot(changed_at=changed_at, ended_at=ended_at, slips=slips):
                told = (changed_at, ended_at, *(slip.at for slip in slips))
                return [at for at in told if at is not None]
            case OrderSlips(slips=slips):
                return [slip.at for slip in slips]
            case Paper(occurred_at=occurred_at):
                return [occurred_at]


@dataclass(slots=True, kw_only=True)
class Gathered:
    """Books with all they need, and what stood there before."""

    books: Books
    before: dict[tuple[Sku, LocationName], Shelf]
    counts: CountsByShelf


@dataclass(slots=True)
class _Wanted:
    """What one transaction has to lock and look up."""

    texts: set[str] = field(default_factory=set)
    listings: dict[ChannelName, set[ListingId]] = field(default_factory=lambda: defaultdict(set))
    names: dict[ChannelName, set[tuple[ListingId | None, str | None]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    places: dict[ChannelName, set[LocationName]] = field(default_factory=lambda: defaultdict(set))
    shelves: set[tuple[Sku, LocationName]] = field(default_factory=set)
    booked: dict[ChannelName, set[Sku]] = field(default_factory=lambda: defaultdict(set))
    counted: dict[datetime, set[tuple[ChannelName, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )


class _Late:
    """How stored movements changed a shelf later than a moment.

    Asked once for all the goods that were counted at that moment.
    """

    def __init__(
        self,
        tx: Connection,
        trade: Trade,
        counted: Mapping[datetime, set[tuple[ChannelName, str]]],
        catalogue: Catalogue,
    ) -> None:
        self._tx = tx
        self._trade = trade
        self._counted = counted
        self._catalogue = catalogue
        self._asked: dict[datetime, set[Sku]] = defaultdict(set)
        self._changes: dict[datetime, dict[tuple[Sku, LocationName], int]] = defaultdict(dict)

    def __call__(self, sku: Sku, place: LocationName, moment: datetime) -> int:
        """Return the change of one shelf's on_hand."""
        if sku not in self._asked[moment]:
            skus = {sku} | (set() if self._asked[moment] else self._goods_of(moment))
            self._asked[moment] |= skus
            self._changes[moment] |= lock.changes_after(self._tx, self._trade.name, skus, moment)
        return self._changes[moment].get((sku, place), 0)

    def _goods_of(self, moment: datetime) -> set[Sku]:
        found = (
            self._catalogue.find(self._trade.plans[channel], None, text)
            for channel, text in self._counted.get(moment, ())
        )
        return {sku for sku in found if not isinstance(sku, Unmapped)}


def gather(
    tx: Connection,
    trade: Trade,
    told: Sequence[Told],
    now: datetime,
    also: Iterable[PaperId] = (),
) -> Gathered:
    """Lock and load all that these facts, and these papers to book again, may touch.

    Raise `Outdated` if another config than ours has become the active one.
    """
    configs.require(tx, trade.name, trade.digest)
    ids = {one.paper for one in told} | set(also)
    states = papers.lock(tx, trade.name, ids, now)
    wanted = _Wanted()
    for one in told:
        _want_fact(wanted, trade, one.channel, one.fact)
    for paper, state in states.items():
        _want_state(wanted, trade, paper, state)
    catalogue = goods.catalogue(tx, trade.name, wanted.texts, wanted.listings, trade.bundles)
    shelves = lock.shelves(tx, trade.name, _shelves(wanted, trade, catalogue))
    counts = _counts(tx, trade, ids, shelves)
    books = Books(
        ledger=Ledger(shelves=shelves, late=_Late(tx, trade, wanted.counted, catalogue)),
        plans=trade.plans,
        catalogue=catalogue,
        states=states,
        counts={shelf: dict(lines) for shelf, lines in counts.items()},
    )
    before = {key: replace(shelf) for key, shelf in shelves.items()}
    rest_on_whole_counts(books.ledger, books.counts)
    return Gathered(books=books, before=before, counts=counts)


def write(
    tx: Connection,
    trade: Trade,
    gathered: Gathered,
    now: datetime,
    hints: Mapping[ListingKey, offers.Hint] | None = None,
    looks: Iterable[ListingKey] = (),
) -> set[ChannelName]:
    """Write everything that the books have changed, and decide the offers that rest on it.

    `hints` are levels that were heard, `looks` listings that are due for a read. Return the
    channels that have something to do now.
    """
    books = gathered.books
    ledger.append(tx, trade.name, books.ledger.movements, now)
    changed = {
        key: shelf for key, shelf in books.ledger.shelves.items() if shelf != gathered.before[key]
    }
    lock.save(tx, trade.name, changed)
    papers.save(tx, trade.name, {paper: books.states[paper] for paper in books.changed}, now)
    ledger.save_counts(tx, trade.name, gathered.counts, books.counts)
    signs.find(tx, trade.name, books.findings, now)
    signs.watch_shelves(tx, trade.name, changed, now)
    told = offers.Told(
        skus=frozenset(sku for sku, _ in changed),
        moves=books.moves,
        hints=hints or {},
        owners={
            key: entry.levels or (entry.owner,) for key, entry in books.catalogue.listings.items()
        },
        looks=frozenset(looks),
    )
    return offers.decide_touched(tx, trade, told, now)


def _want_fact(
    wanted: _Wanted, trade: Trade, channel: ChannelName, fact: OrderSnapshot | OrderSlips | Paper
) -> None:
    if isinstance(fact, OrderSnapshot | OrderSlips):
        for slip in fact.slips:
            _want_place(wanted, trade, channel, slip.location)
    if isinstance(fact, OrderSlips):
        return
    if isinstance(fact, OrderSnapshot):
        for line in fact.lines:
            _want_name(wanted, channel, line.listing, line.sku)
            _want_place(wanted, trade, channel, line.location)
        return
    for paper_line in fact.lines:
        _want_name(wanted, channel, None, paper_line.sku)
        if isinstance(fact, Counted):
            wanted.counted[fact.occurred_at].add((channel, paper_line.sku))
    _want_place(wanted, trade, channel, fact.location)
    if isinstance(fact, Transferred):
        _want_place(wanted, trade, channel, fact.to_location)


def _want_state(wanted: _Wanted, trade: Trade, paper: PaperId, state: PaperState) -> None:
    for fact in (state.snapshot, *state.parts.values()):
        if fact is not None:
            _want_fact(wanted, trade, paper.channel, fact)
    for slip in state.slips.values():
        _want_place(wanted, trade, paper.channel, slip.location)
    for line in state.lines.values():
        _want_name(wanted, paper.channel, line.listing, line.sku_text)
        wanted.booked[paper.channel] |= {sku for sku, _ in line.goods}
        wanted.shelves |= {(part.sku, part.location) for part in line.parts}
        for entry in line.entries:
            wanted.shelves |= {
                (entry.sku, entry.source.location),
                (entry.sku, entry.target.location),
            }


def _want_name(
    wanted: _Wanted, channel: ChannelName, listing: ListingId | None, text: str | None
) -> None:
    if text is not None:
        wanted.texts.add(text)
    if listing is not None:
        wanted.listings[channel].add(listing)
    wanted.names[channel].add((listing, text))


def _want_place(wanted: _Wanted, trade: Trade, channel: ChannelName, text: str | None) -> None:
    place = trade.plans[channel].place(text)
    if place is not None:
        wanted.places[channel].add(place)


def _shelves(wanted: _Wanted, trade: Trade, catalogue: Catalogue) -> set[tuple[Sku, LocationName]]:
    shelves = set(wanted.shelves)
    for channel, names in wanted.names.items():
        plan = trade.plans[channel]
        places = {plan.location, *(place.name for place in plan.sells_from)}
        places |= wanted.places[channel]
        skus = set(wanted.booked[channel])
        for listing, text in names:
            found = catalogue.find(plan, listing, text)
            if not isinstance(found, Unmapped):
                skus |= {sku for sku, _ in catalogue.goods(found)}
        shelves |= {(sku, place) for sku in skus for place in places}
    return shelves


def _counts(
    tx: Connection,
    trade: Trade,
    ids: Iterable[PaperId],
    shelves: Iterable[tuple[Sku, LocationName]],
) -> CountsByShelf:
    """Return the counts that matter: those of whole places always, the others for a count."""
    counting = any(paper.kind is PaperKind.COUNT for paper in ids)
    skus = {sku for sku, _ in shelves} if counting else set()
    return ledger.counts_of(tx, trade.name, skus | {EVERYTHING})
