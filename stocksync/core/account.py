"""Turn facts into movements: the middle of a transaction, between gather and write.

`Books` is what one transaction has gathered and locked: papers as they stand, shelves,
goods, counts. `take_in` books one fact on it. Nothing here reads or writes anything.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from stocksync.core import moves, orders, papers
from stocksync.core.counting import Counting, CountsByShelf
from stocksync.core.facts import (
    Counted,
    Flag,
    OrderLine,
    OrderSlips,
    OrderSnapshot,
    Paper,
    PaperKind,
    Slip,
)
from stocksync.core.ledger import Ledger
from stocksync.core.lines import BookedLine, Entry
from stocksync.core.moves import NumberMove
from stocksync.core.names import ChannelName, LineId, LocationName, PaperKey, Sku
from stocksync.core.plan import Catalogue, Plan, Unmapped
from stocksync.core.slips import Slips, settled, settles_at, union, with_slips
from stocksync.core.snapshots import as_of, fingerprint, merged
from stocksync.core.stock import Account, Cause, Place, Reason
from stocksync.core.versions import Standing, Verdict, weigh


class PaperId(NamedTuple):
    """Which paper: its key is unique within a channel and kind."""

    channel: ChannelName
    kind: PaperKind
    key: PaperKey


@dataclass(slots=True, kw_only=True)
class PaperState:
    """One paper as it stands: an order's newest snapshot, or the parts of another paper.

    `slips` are all that were ever told of an order, and `ended_at` is when it ended for good.
    """

    standing: Standing | None = None
    snapshot: OrderSnapshot | None = None
    parts: papers.Parts = field(default_factory=dict)
    lines: dict[LineId, BookedLine] = field(default_factory=dict)
    received_at: datetime | None = None
    slips: Slips = field(default_factory=dict)
    ended_at: datetime | None = None

    def rebook_at(self, now: datetime) -> datetime | None:
        """Return when the clock alone will change what the order has taken."""
        if self.snapshot is None:
            return None
        if any(line.soft for line in self.lines.values()):
            return self.snapshot.soft_until
        return settles_at(self.snapshot, self.slips, self.ended_at, now)


class Finding(NamedTuple):
    """Something for a person to look at, named by the paper and line that raised it."""

    paper: PaperId
    line: LineId
    kind: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When a delivery reached us; `read_began_at` if we fetched it ourselves."""

    received_at: datetime
    read_began_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one fact. `parked` is why a person must look at the whole of it.

    `news` if it told something of an order that we had not heard by any road.
    """

    news: bool = False
    ask: str | None = None
    parked: Unmapped | None = None


@dataclass(slots=True, kw_only=True)
class Books:
    """The working set of one transaction, complete for the facts it will take in."""

    ledger: Ledger
    plans: Mapping[ChannelName, Plan]
    catalogue: Catalogue
    states: dict[PaperId, PaperState]
    counts: CountsByShelf
    findings: dict[PaperId, set[Finding]] = field(default_factory=dict)
    changed: set[PaperId] = field(default_factory=set)
    moves: list[NumberMove] = field(default_factory=list)

    def take_in(
        self,
        channel: ChannelName,
        fact: OrderSnapshot | OrderSlips | Paper,
        heard: Heard,
        now: datetime,
    ) -> Taken:
        """Book what a fact changes, and return what became of it."""
        match fact:
            case OrderSnapshot():
                return self._order(channel, fact, heard, now)
            case OrderSlips():
                return self._slips(channel, fact, now)
            case Paper():
                return self._paper(channel, fact, heard)

    def vanish(self, paper: PaperId, at: datetime, heard: Heard, now: datetime) -> None:
        """Take in that the channel deleted an order for good: nobody puts its units back."""
        state = self.states[paper]
        if state.snapshot is None or state.standing is None:
            return
        if state.snapshot.slip_rules is not None:
            flags = state.snapshot.flags | {Flag.DELETED}
            ended = replace(state.snapshot, ended_at=state.ended_at or at, flags=flags)
            self._order(paper.channel, replace(ended, version=state.standing.version), heard, now)
            return
        lines = tuple(
            replace(line, committed=0, gone=line.committed + line.gone, gone_at=line.gone_at or at)
            if line.committed
            else line
            for line in state.snapshot.lines
        )
        taken = any(line.gone for line in lines)
        flags = state.snapshot.flags | ({Flag.DELETED} if taken else set())
        ended = replace(state.snapshot, lines=lines, soft_until=None, flags=flags)
        self._order(paper.channel, replace(ended, version=state.standing.version), heard, now)

    def rebook(self, paper: PaperId, now: datetime) -> None:
        """Book a paper again as it stands: a mapping, a rule or the clock has moved."""
        state = self.states[paper]
        if state.snapshot is not None:
            self._book_order(paper, state, now)
        elif state.parts:
            self._book_parts(paper, state)

    def _order(
        self, channel: ChannelName, snapshot: OrderSnapshot, heard: Heard, now: datetime
    ) -> Taken:
        paper = PaperId(channel, PaperKind.ORDER, snapshot.order)
        state = self.states[paper]
        first = state.standing is None
        alone = with_slips(snapshot, union({}, snapshot.slips), snapshot.ended_at)
        body = Standing(
            version=snapshot.version,
            content=fingerprint(snapshot),
            taken=sum(line.taken for line in alone.lines),
            received_at=heard.received_at,
            read_began_at=heard.read_began_at,
            own=heard.read_began_at is not None,
        )
        verdict, standing, ask = weigh(state.standing, body)
        moved = standing != state.standing
        state.standing = standing
        if verdict is Verdict.NEWER:
            state.snapshot = replace(merged(state.snapshot, snapshot), slips=())
            state.received_at = heard.received_at
        if moved:
            self.changed.add(paper)
        told_at = _add_slips(state, snapshot.slips, snapshot.ended_at)
        learned = self._learn(paper, state, snapshot, heard)
        if verdict is Verdict.NEWER or learned:
            self._book_order(paper, state, now, first=first)
        elif told_at is not None:
            self._book_order(paper, state, now, told_at=told_at)
        why = f"two bodies of version {snapshot.version} differ" if ask else None
        return Taken(news=verdict is Verdict.NEWER, ask=why)

    def _slips(self, channel: ChannelName, fact: OrderSlips, now: datetime) -> Taken:
        """Add what was told beside an order's state; it may come before the order itself."""
        paper = PaperId(channel, PaperKind.ORDER, fact.order)
        state = self.states[paper]
        told_at = _add_slips(state, fact.slips, None)
        if told_at is None:
            return Taken()
        self.changed.add(paper)
        if state.snapshot is not None:
            self._book_order(paper, state, now, told_at=told_at)
        return Taken(news=True)

    def _learn(
        self, paper: PaperId, state: PaperState, snapshot: OrderSnapshot, heard: Heard
    ) -> bool:
        """Keep what any version teaches of the lines; return if something must be rebooked."""
        helped = False
        for line in snapshot.lines:
            booked = state.lines.setdefault(line.line, BookedLine(line=line.line))
            before = (booked.sku_text, booked.listing)
            booked.named(line.sku, line.listing, snapshot.version)
            if before != (booked.sku_text, booked.listing):
                helped = helped or booked.parked is not None
                self.changed.add(paper)
            helped = self._learn_when(paper, booked, line, snapshot, heard) or helped
        return helped

    def _learn_when(
        self,
        paper: PaperId,
        booked: BookedLine,
        line: OrderLine,
        snapshot: OrderSnapshot,
        heard: Heard,
    ) -> bool:
        """Keep since when a line's units were seen gone, where no shop says when they left."""
        if line.gone and not line.gone_guessed:
            return False
        before = (booked.seen_gone, booked.seen_here)
        gone_at = min(line.gone_at, heard.received_at) if line.gone and line.gone_at else None
        booked.seen(snapshot.version, gone_at)
        if before == (booked.seen_gone, booked.seen_here):
            return False
        self.changed.add(paper)
        return bool(booked.gone)

    def _book_order(
        self,
        paper: PaperId,
        state: PaperState,
        now: datetime,
        *,
        first: bool = False,
        told_at: datetime | None = None,
    ) -> None:
        """Book an order as it stands; `told_at` is when what is new of it happened.

        Without it, it happened by the time at which its newest body was last changed.
        """
        assert state.snapshot is not None
        told_by_now = with_slips(state.snapshot, state.slips, state.ended_at)
        snapshot = settled(told_by_now, state.ended_at, now)
        self.changed.add(paper)
        # A shop's clock may run ahead; nothing it tells of lies after we heard it.
        known_at = state.received_at or now
        placed_at = min(snapshot.placed_at, known_at)
        told = {line.line: line for line in snapshot.lines}
        for name, booked in list(state.lines.items()):
            line = told.get(name)
            if line is None:
                if not snapshot.complete or booked.sku is None:
                    booked.parked = booked.parked if not snapshot.complete else None
                    continue
                line = OrderLine(line=name, sku=None)
            if line.gone and line.gone_at is not None:
                left_at = booked.gone_by(line.gone_at) if line.gone_guessed else line.gone_at
                line = replace(line, gone_at=min(left_at, known_at))
            line = as_of(line, snapshot, now)
            if snapshot.ignored:
                after = self._ignore_line(paper, booked, line)
            else:
                after = self._book_order_line(paper, booked, line, placed_at)
            state.lines[name] = after
            passed = line.passed if first else 0
            moved = moves.of_order_line(paper.channel, booked, after, snapshot, passed, first=first)
            if moved is not None and told_at is not None:
                moved = replace(moved, changed_at=told_at)
            self._note(moved)
        units = sum(line.committed + line.gone for line in snapshot.lines)
        found = {Finding(paper, LineId(""), flag, units) for flag in snapshot.flags}
        for line in () if snapshot.ignored else snapshot.lines:
            odd = (("beyond", line.beyond), ("not-put-back", line.lost))
            found.update(Finding(paper, line.line, kind, units) for kind, units in odd if units)
        self.findings[paper] = found

    def _ignore_line(self, paper: PaperId, booked: BookedLine, line: OrderLine) -> BookedLine:
        """Book nothing, and remember by how much the line moved its channel's own number."""
        plan = self.plans[paper.channel]
        found = booked.sku or self.catalogue.find(plan, booked.listing, booked.sku_text)
        if isinstance(found, Unmapped):
            return replace(booked, parked=None)
        elsewhere = sum(one.units for one in line.back if plan.place(one.location) is None)
        goods = self.catalogue.goods(found)
        return replace(booked, sku=found, goods=goods, ignored=line.taken + elsewhere)

    def _note(self, move: NumberMove | None) -> None:
        if move is not None:
            self.moves.append(move)

    def _book_order_line(
        self, paper: PaperId, booked: BookedLine, line: OrderLine, placed_at: datetime
    ) -> BookedLine:
        plan = self.plans[paper.channel]
        if line.trouble is not None:
            return replace(booked, parked=Unmapped(code="unreadable-line", text=line.trouble))
        takes = line.committed or line.gone or line.beyond or line.soft
        if booked.sku is None and not takes:
            return replace(booked, parked=None)
        where = plan.place(line.location) if line.location is not None else None
        if line.location is not None and where is None:
            return replace(booked, parked=_unknown_place(paper.channel, line.location))
        if booked.sku is None:
            found = self.catalogue.find(plan, booked.listing, booked.sku_text)
            if isinstance(found, Unmapped):
                return replace(booked, parked=found)
            booked = replace(booked, sku=found, goods=self.catalogue.goods(found))
        cause = Cause(*paper, booked.line)
        sent = _sent(plan, line)
        after = orders.book_line(self.ledger, plan, cause, booked, line, placed_at, where, sent)
        after = replace(after, ignored=line.ignored, removed=line.removed)
        return self._put_back(cause, plan, after, line)

    def _put_back(
        self, cause: Cause, plan: Plan, booked: BookedLine, line: OrderLine
    ) -> BookedLine:
        """Book what came back to a shelf of ours, each at its own place and moment."""
        wanted = Counter[_Leg]()
        for one in line.back:
            place = plan.place(one.location)
            if place is None:
                continue  # it came back to a place that is none of ours
            home = place if plan.is_own(place) else plan.location
            for sku, count in booked.goods:
                leg = _Leg(sku, Place(Account.GONE, home), Place(Account.FREE, home), one.at)
                wanted[leg] += one.units * count
        if not wanted and not booked.entries:
            return booked
        self._settle(cause, booked, wanted, Reason.RESTOCKED)
        return replace(booked, entries=_entries(wanted))

    def _paper(self, channel: ChannelName, fact: Paper, heard: Heard) -> Taken:
        paper = PaperId(channel, papers.kind_of(fact), fact.key)
        state = self.states[paper]
        verdict, parts = papers.merge(state.parts, fact)
        match verdict:
            case papers.Merge.SAME:
                return Taken()
            case papers.Merge.CHANGED:
                text = (
                    f"{paper.kind} {fact.key} came again as revision {fact.revision} "
                    "with other content; send the change with a higher revision"
                )
                return Taken(parked=Unmapped(code="receipt-changed", text=text))
            case papers.Merge.NEWER:
                state.parts = parts
                state.received_at = heard.received_at
                self.changed.add(paper)
                self._book_parts(paper, state)
                return Taken()

    def _book_parts(self, paper: PaperId, state: PaperState) -> None:
        self.changed.add(paper)
        if paper.kind is PaperKind.COUNT:
            self._book_count(paper, state)
            return
        found: set[Finding] = set()
        effects = {effect.line: effect for effect in papers.effects(paper.kind, state.parts)}
        for name in dict.fromkeys((*state.lines, *effects)):
            effect = effects.get(name) or papers.Effect(line=name, sku="")
            booked = state.lines.get(name) or BookedLine(line=name, sku_text=effect.sku)
            after = self._book_effect(paper, booked, effect)
            state.lines[name] = after
            if moves.moves_its_own_number(paper.channel, paper.key):
                home = self.plans[paper.channel].location
                at = max(part.occurred_at for part in state.parts.values())
                self._note(moves.of_paper_line(paper.channel, booked, after, home, at))
            if effect.finding is not None:
                found.add(Finding(paper, name, *effect.finding))
        self.findings[paper] = found

    def _book_effect(self, paper: PaperId, booked: BookedLine, effect: papers.Effect) -> BookedLine:
        plan = self.plans[paper.channel]
        if effect.trouble is not None:
            return replace(booked, parked=Unmapped(code="unreadable-line", text=effect.trouble))
        for text in {t for step in effect.steps for t in (step.source_text, step.target_text)}:
            if plan.place(text) is None:
                return replace(booked, parked=_unknown_place(paper.channel, str(text)))
        if booked.sku is None and not effect.steps:
            return replace(booked, parked=None)
        if booked.sku is None or (effect.sku and effect.sku != booked.sku_text):
            found = self.catalogue.find(plan, None, effect.sku or booked.sku_text)
            if isinstance(found, Unmapped):
                self._settle(Cause(*paper, booked.line), booked, Counter(), Reason.CORRECTED)
                lost = replace(booked, sku=None, goods=(), entries=(), gone=0)
                return replace(lost, sku_text=effect.sku or booked.sku_text, parked=found)
            goods = self.catalogue.goods(found)
            booked = replace(booked, sku_text=effect.sku, sku=found, goods=goods)
        wanted = Counter[_Leg]()
        for step in effect.steps:
            source = Place(step.source, plan.place(step.source_text) or plan.location)
            target = Place(step.target, plan.place(step.target_text) or plan.location)
            for sku, count in booked.goods:
                if source != target:
                    wanted[_Leg(sku, source, target, step.at)] += step.units * count
        self._settle(Cause(*paper, booked.line), booked, wanted, papers.REASONS[paper.kind])
        entries = _entries(wanted)
        gone = sum(_out(entry) for entry in entries if entry.sku == booked.goods[0][0])
        return replace(booked, entries=entries, gone=gone // booked.goods[0][1], parked=None)

    def _settle(
        self, cause: Cause, booked: BookedLine, wanted: Counter["_Leg"], reason: Reason
    ) -> None:
        """Move the difference; what goes onto the way first, what comes off it last."""
        change = Counter(wanted)
        for entry in booked.entries:
            change[_Leg(entry.sku, entry.source, entry.target, entry.at)] -= entry.units
        moves = [
            (leg.sku, units, leg.source, leg.target, reason, leg.at)
            if units > 0
            else (leg.sku, -units, leg.target, leg.source, Reason.CORRECTED, leg.at)
            for leg, units in sorted(change.items())
            if units
        ]
        on_the_way = Account.INCOMING
        moves.sort(key=lambda m: (m[2].account is on_the_way) - (m[3].account is on_the_way))
        for sku, units, source, target, why, at in moves:
            self.ledger.move(sku, units, source, target, why, cause, at)

    def _book_count(self, paper: PaperId, state: PaperState) -> None:
        """Book a count's lines by SKU text; what it says no longer is withdrawn."""
        counted = state.parts["whole"]
        assert isinstance(counted, Counted)
        assert state.received_at is not None
        place = self.plans[paper.channel].place(counted.location)
        counting = Counting(self.ledger, self.counts, paper, counted, state.received_at)
        counting.count_everything(place)
        summed = papers.by_sku(counted)
        twice: set[Finding] = set()
        for text in dict.fromkeys((*(b.sku_text or "" for b in state.lines.values()), *summed)):
            name = LineId(text)
            booked = state.lines.get(name) or BookedLine(line=name, sku_text=text)
            told = summed.get(text)
            found = self._countable(paper.channel, counted, place, text, told)
            if isinstance(found, Unmapped):
                state.lines[name] = replace(booked, parked=found)
                continue
            assert place is not None, "what can be counted stands somewhere"
            state.lines[name] = replace(booked, sku=found, parked=None)
            units = told.units if told is not None else None
            if place == self.plans[paper.channel].location:
                self._note(moves.of_count(paper.channel, found, counted.occurred_at))
            if counting.count_shelf(name, found, place, units):
                twice.add(Finding(paper, name, "counted-twice", units or 0))
        self.findings[paper] = twice

    def _countable(
        self,
        channel: ChannelName,
        counted: Counted,
        place: LocationName | None,
        text: str,
        told: papers.Sum | None,
    ) -> Sku | Unmapped:
        """Return the SKU that a line counted, or why it cannot be booked."""
        if told is not None and told.trouble is not None:
            return Unmapped(code="unreadable-line", text=told.trouble)
        if place is None:
            return _unknown_place(channel, str(counted.location))
        found = self.catalogue.find(self.plans[channel], None, text)
        if isinstance(found, Unmapped) or found not in self.catalogue.bundles:
            return found
        return Unmapped(code="counted-bundle", text=f"{text} is a bundle; count its components")


class _Leg(NamedTuple):
    sku: Sku
    source: Place
    target: Place
    at: datetime


def _add_slips(
    state: PaperState, told: Iterable[Slip], ended_at: datetime | None
) -> datetime | None:
    """Add slips and the end of an order; return when the latest that was new happened."""
    before, state.slips = state.slips, union(state.slips, told)
    news = [slip.at for key, slip in state.slips.items() if before.get(key) != slip]
    if ended_at is not None and (state.ended_at is None or ended_at < state.ended_at):
        state.ended_at = ended_at
        news.append(ended_at)
    return max(news, default=None)


def _sent(plan: Plan, line: OrderLine) -> Mapping[LocationName, int]:
    """Return what is known to have left which place of ours; the rest stays where it is booked."""
    sent: dict[LocationName, int] = {}
    for one in line.sent:
        place = plan.place(one.location)
        if place is not None:
            sent[place] = sent.get(place, 0) + one.units
    return sent


def _entries(wanted: Counter[_Leg]) -> tuple[Entry, ...]:
    return tuple(
        Entry(sku=leg.sku, source=leg.source, target=leg.target, at=leg.at, units=units)
        for leg, units in sorted(wanted.items())
    )


def _out(entry: Entry) -> int:
    left = entry.units if entry.target.account is Account.GONE else 0
    back = entry.units if entry.source.account is Account.GONE else 0
    return left - back


def _unknown_place(channel: ChannelName, text: str) -> Unmapped:
    return Unmapped(
        code="unknown-location",
        text=f"location {text} is unknown; map it under channels.{channel}.locations",
    )
