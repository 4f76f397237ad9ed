"""Settle: compare what was read with what is booked, once the orders behind it are in."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.core import reads, standing
from stocksync.core.account import Heard
from stocksync.core.belief import Belief, Reading
from stocksync.core.edits import AT_ONCE, IN_DOUBT, Judgement, Sight, Verdict, judge
from stocksync.core.facts import Adjusted, PaperLine
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import LineId, LocationName, Sku
from stocksync.core.plan import Trade
from stocksync.core.reads import Settled
from stocksync.flow import books, look, offers, pace
from stocksync.flow.outgoing import Outgoing
from stocksync.store import beliefs, edits, links, signs
from stocksync.store.edits import Edit
from stocksync.store.links import Link

log = logging.getLogger(__name__)

EDITED = "edit"
REWRITTEN = "another program writes"
TOO_MUCH = "too many edits"
_PIECE = 200
_TEN_MINUTES = timedelta(minutes=10)
_DAY = timedelta(days=1)
_REWRITES_MOST = 3
_PAUSE = timedelta(hours=1)


def settle(one: Outgoing, link: Link) -> bool:
    """Settle every reading whose orders are pulled and booked; return whether any was."""
    if link.pulled_at is None or link.pulled_through is None:
        return False
    wait = look.wait(one, link)
    with one.database.reading() as tx:
        readings = beliefs.readings(tx, one.trade.name, one.name)
        keys = [key for key, reading in readings.items() if _is_covered(reading, link, wait)]
        if not keys:
            return False
        through = links.booked_through(tx, one.trade.name, one.name, link.pulled_through)
    if not through:
        return False
    any_settled = False
    for start in range(0, len(keys), _PIECE):
        piece = keys[start : start + _PIECE]
        with one.database.begin() as tx:
            settled, to_adopt = _settle_piece(tx, one, link, piece)
        for key, judged in to_adopt.items():
            _adopt(one, link, key, judged)
        any_settled = any_settled or settled
    return any_settled


def _is_covered(reading: Reading, link: Link, wait: timedelta) -> bool:
    """Return whether a reading has its number, and a pull began late enough after it."""
    return (
        reading.answered_at is not None
        and link.pulled_at is not None
        and reading.answered_at + wait <= link.pulled_at
    )


def _settle_piece(
    tx: Connection, one: Outgoing, link: Link, keys: Sequence[ListingKey]
) -> tuple[bool, dict[ListingKey, Judgement]]:
    """Settle some listings; those that are to be adopted are left as they are, and returned."""
    locked = beliefs.lock(tx, one.trade.name, keys)
    now, wait = one.clock(), look.wait(one, link)
    to_adopt: dict[ListingKey, Judgement] = {}
    found = [
        (row, reading, reads.settle(row.belief))
        for row in locked.now.values()
        if (reading := row.belief.reading) is not None
        and reads.can_settle(row.belief)
        and _is_covered(reading, link, wait)
    ]
    # All that were typed at once count together: else none of them is too many.
    typed = [
        (row.sku, settled.number)
        for row, reading, settled in found
        if settled.residual and reads.seen_twice(row.belief, settled)
    ]
    for row, reading, settled in found:
        if not settled.residual:
            _explained(tx, one, row, settled, reading, now)
        elif not reads.seen_twice(row.belief, settled):
            if row.belief.suspicion is None and _over_ours(row, settled):
                _rewritten(tx, one, row, now)
            again_at = settled.read_at + one.settle_delay(link)
            row.belief = reads.suspect(settled.belief, settled, again_at, row.pool)
            row.checks = 0
        else:
            judged = _judge(tx, one, link, row, settled, typed, now)
            if judged.verdict is Verdict.ADOPT:
                to_adopt[row.key] = judged
                continue
            _dismissed(tx, one, row, settled, judged, now)
        if reading.real:
            row.settled_at = settled.read_at
        _go_on(row, reading.began_at if reading.real else None, link, now)
    beliefs.save(tx, one.trade.name, locked)
    return bool(found), to_adopt


def _go_on(row: Listing, began_at: datetime | None, link: Link, now: datetime) -> None:
    """Look again only for what is still open, or came up since the read began: it may be older.

    That is another level that was heard, or a read that somebody asked for; without `began_at`
    nothing was really read.
    """
    newer = row.hint is not None and row.hint != row.belief.believed
    row.hint = row.hint if newer else None
    if row.asked_at is not None and (began_at is None or began_at < row.asked_at):
        row.check_at = now
    else:
        row.asked_at = None
        row.check_at = now + pace.usual_delay(link.delays_s) if newer else None
    row.push_at = None
    pace.reschedule(row, now)


def _explained(
    tx: Connection,
    one: Outgoing,
    row: Listing,
    settled: Settled,
    reading: Reading,
    now: datetime,
) -> None:
    ours = row.belief.believed
    row.belief = settled.belief
    row.checks = row.checks + 1 if settled.belief.doubt else 0
    if settled.drift and row.agreed_at > row.opened_at:
        judged = Judgement(verdict=Verdict.DRIFT, why=IN_DOUBT)
        drift = _edit(row, settled.number, settled.drift, settled.read_at, judged)
        edits.add(tx, one.trade.name, drift, now)
    if settled.agreed:
        row.agreed_at = settled.read_at
        if row.moved_at is None or settled.read_at >= row.moved_at:
            row.removed = 0  # the number would show by now what was put back
    if not settled.belief.doubt and settled.number == row.wanted:
        row.confirmed, row.confirmed_at = settled.number, now
    quiet = not (reading.sold or reading.back)
    ours_stood = row.confirmed == ours and not row.belief.flights
    if reading.real and quiet and row.belief.at_rest and ours_stood and settled.number != ours:
        _rewritten(tx, one, row, now)


def _judge(
    tx: Connection,
    one: Outgoing,
    link: Link,
    row: Listing,
    settled: Settled,
    typed: Sequence[tuple[Sku, int]],
    now: datetime,
) -> Judgement:
    """Judge one edit among all that were `typed` at once; a stopped channel's stay stopped."""
    name, merchant = one.name, one.trade.name
    lately = edits.recent(tx, merchant, name, now - _TEN_MINUTES)
    elsewhere = edits.adopted_elsewhere(tx, merchant, row.key, row.sku, now - _DAY)
    odd = row.belief.suspicion
    zeroed = lately.zeroed | {sku for sku, number in typed if number <= 0}
    sight = Sight(
        residual=settled.residual,
        number=settled.number,
        pool=row.pool,
        clipped=row.offer is not None and row.offer.clipped,
        sold_since=row.belief.sold_since,
        bypassed_since=row.belief.bypassed_since,
        wrote_since=row.belief.wrote_since,
        raised_elsewhere=any(units > 0 for units in elsewhere),
        met_pool=(odd is not None and odd.as_pool) or bool(elsewhere),
        zeroed=len(zeroed),
        skus_now=len(lately.changed | {sku for sku, _ in typed}),
        skus_all=beliefs.count(tx, merchant, name),
        units_today=edits.units_since(tx, merchant, row.key, now - _DAY),
        removed=row.removed,
    )
    policy = one.trade.rules.for_(row.sku, name).manual_edits
    judged = judge(sight, policy, one.trade.limits)
    if link.halted is not None and judged.verdict is Verdict.ADOPT:
        return Judgement(verdict=Verdict.STOP, why=link.halted)
    if judged.verdict is Verdict.ADOPT and standing.is_paused(row, now):
        return Judgement(verdict=Verdict.OVERWRITE, why=REWRITTEN + " this number")
    return judged


def _dismissed(
    tx: Connection,
    one: Outgoing,
    row: Listing,
    settled: Settled,
    judged: Judgement,
    now: datetime,
) -> None:
    """Believe a number that is not adopted, and say what is done about it."""
    read_at = settled.read_at
    edit = _edit(row, settled.number, settled.residual, read_at, judged)
    counted = _over_ours(row, settled)
    row.belief = reads.accept(settled.belief, settled.residual)
    row.agreed_at = read_at
    if judged.verdict is Verdict.AGREED:
        return
    edits.add(tx, one.trade.name, edit, now)
    _tell(tx, one, edit, now)
    match judged.verdict:
        case Verdict.ASK:
            row.parked = asking(edit)
        case Verdict.STOP:
            links.change(tx, one.trade.name, one.name, halted=judged.why)
            signs.open_incident(tx, one.trade.name, TOO_MUCH, one.name, now)
        case Verdict.OVERWRITE:
            if not counted:
                _rewritten(tx, one, row, now)
        case Verdict.AGREED | Verdict.ADOPT | Verdict.DRIFT:
            pass


def overrule(one: Outgoing, link: Link, rows: Iterable[Listing]) -> None:
    """End suspicions over which a number must be lowered now, so that nothing is counted twice.

    Our write would wipe the number out before its second look. In doubt the pool ends too low
    and never too high: what is missing is adopted at once, what is too much is overwritten. If
    something was booked since it was seen, nothing is known of it any more.
    """
    for row in rows:
        odd = row.belief.suspicion
        if odd is None:
            continue
        settled = Settled(
            belief=row.belief,
            number=odd.number,
            read_at=odd.seen_at,
            residual=odd.residual,
            agreed=False,
        )
        if odd.booked != row.belief.booked:
            _end_suspicion(one, row, settled, None)
            continue
        judged = _judge_at_once(one, link, row, settled)
        if judged.verdict is Verdict.ADOPT:
            edit = _edit(row, odd.number, odd.residual, odd.seen_at, judged)
            _book(one, link, row, row.belief, edit)
        else:
            _end_suspicion(one, row, settled, judged)


def _judge_at_once(one: Outgoing, link: Link, row: Listing, settled: Settled) -> Judgement:
    """Judge a number at its first look: it may be lowered by it, and stop the channel."""
    with one.database.reading() as tx:
        typed = [(row.sku, settled.number)]
        judged = _judge(tx, one, link, row, settled, typed, one.clock())
    if judged.verdict in (Verdict.STOP, Verdict.AGREED):
        return judged
    # A person's answer cannot be waited for: there is less than the channel shows.
    adopts = judged.verdict is Verdict.ADOPT and settled.residual < 0
    return Judgement(verdict=Verdict.ADOPT if adopts else Verdict.OVERWRITE, why=AT_ONCE)


def _end_suspicion(one: Outgoing, row: Listing, settled: Settled, judged: Judgement | None) -> None:
    """Believe a suspect number that is not adopted; without a judgement look at it anew."""
    now = one.clock()
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, [row.key])
        mine = locked.now[row.key]
        if mine.belief != row.belief:
            return
        if judged is None:
            mine.belief = reads.forget(row.belief)
            mine.check_at = now
        elif judged.verdict is Verdict.OVERWRITE:
            edit = _edit(mine, settled.number, settled.residual, settled.read_at, judged)
            mine.belief = reads.accept(row.belief, settled.residual)
            mine.agreed_at = settled.read_at
            edits.add(tx, one.trade.name, edit, now)
            _tell(tx, one, edit, now)
        else:
            _dismissed(tx, one, mine, settled, judged, now)
        beliefs.save(tx, one.trade.name, locked)


def _adopt(one: Outgoing, link: Link, key: ListingKey, judged: Judgement) -> None:
    """Book an edit that two looks agree on, if the listing still says what it said."""
    with one.database.reading() as tx:
        (row,) = beliefs.load_some(tx, one.trade.name, [key])
    reading = row.belief.reading
    if reading is None or not reads.can_settle(row.belief):
        return
    settled = reads.settle(row.belief)
    if settled.residual and reads.seen_twice(row.belief, settled):
        edit = _edit(row, settled.number, settled.residual, settled.read_at, judged)
        _book(one, link, row, settled.belief, edit)


def _book(one: Outgoing, link: Link, row: Listing, after: Belief, edit: Edit) -> None:
    """Book an edit into the pool, unless its listing has changed since `row` was read."""
    trade, now = one.trade, one.clock()
    fact = adjustment(trade, edit, row.location)
    told = books.Told(channel=one.name, fact=fact, heard=Heard(received_at=now))
    with one.database.begin() as tx:
        gathered = books.gather(tx, trade, [told], now)
        locked = beliefs.lock(tx, trade.name, _around(tx, one, row.sku, row.key))
        mine = locked.now[row.key]
        if mine.belief != row.belief:
            return  # something was booked meanwhile: the looks begin again
        taken = gathered.books.take_in(one.name, fact, told.heard, now)
        lines = gathered.books.states[told.paper].lines.values()
        why_not = taken.parked or next((line.parked for line in lines if line.parked), None)
        if why_not is not None:
            edit = replace(edit, verdict=Verdict.ASK, why=why_not.text)
            mine.parked = asking(edit)
        mine.belief = reads.accept(after, edit.residual)
        mine.agreed_at, mine.checks = edit.read_at, 0
        mine.settled_at = edit.read_at
        mine.removed = max(0, mine.removed - max(0, edit.residual))
        _go_on(mine, edit.read_at, link, now)
        beliefs.save(tx, trade.name, locked)
        edits.add(tx, trade.name, edit, now)
        _tell(tx, one, edit, now)
        if why_not is None:
            books.write(tx, trade, gathered, now)


def adjustment(trade: Trade, edit: Edit, location: LocationName | None) -> Adjusted:
    """Return the paper by which an edit is booked into the pool, at its listing's own place."""
    return Adjusted(
        key=edit.paper.key,
        occurred_at=edit.read_at,
        location=location,
        lines=tuple(
            PaperLine(line=LineId(sku), sku=sku, units=edit.left * count)
            for sku, count in offers.goods_of(trade, edit.sku)
        ),
        note=f"manual edit on {edit.key.channel}",
    )


def asking(edit: Edit) -> str:
    """Return the words that ask a person what becomes of an edit; its listing is parked by them."""
    channel, sku = edit.key.channel, edit.sku
    return (
        f"somebody changed it by {edit.residual:+d} to {edit.number}; take it over: "
        f"stocksync reconcile {channel} --adopt {sku}, or write our number again: "
        f"stocksync reconcile {channel} --overwrite {sku}"
    )


def _around(tx: Connection, one: Outgoing, sku: Sku, key: ListingKey) -> set[ListingKey]:
    """Return all listings that the decision after it locks, so that they are locked in order."""
    sold_with = offers.sold_with(one.trade, {sku})
    return {*beliefs.keys_of(tx, one.trade.name, sold_with), key}


def _edit(row: Listing, number: int, residual: int, read_at: datetime, judged: Judgement) -> Edit:
    return Edit(
        key=row.key,
        sku=row.sku,
        since=row.agreed_at,
        read_at=read_at,
        number=number,
        residual=residual,
        verdict=judged.verdict,
        why=judged.why,
    )


def _tell(tx: Connection, one: Outgoing, edit: Edit, now: datetime) -> None:
    log.warning(
        "number edited",
        extra={
            "channel": one.name,
            "sku": edit.sku,
            "residual": edit.residual,
            "number": edit.number,
            "verdict": edit.verdict,
            "why": edit.why,
        },
    )
    if edit.verdict is Verdict.ASK:
        signs.open_incident(
            tx, one.trade.name, EDITED, one.name, now, sku=edit.sku, units=abs(edit.residual)
        )


def _over_ours(row: Listing, settled: Settled) -> bool:
    """Return whether more is shown than we wrote, with nothing sold or put back since.

    A sale that is told late shows less; so this is somebody's hand already at the first look.
    """
    return settled.residual > 0 and row.confirmed == row.belief.believed


def _rewritten(tx: Connection, one: Outgoing, row: Listing, now: datetime) -> None:
    """Count how often somebody else's number stood over ours; pause what fights back."""
    if standing.is_paused(row, now):
        return
    recent = tuple(at for at in row.rewrites if at > now - _TEN_MINUTES)
    row.rewrites = (*recent, now)
    if len(row.rewrites) > _REWRITES_MOST:
        row.paused_until = now + _PAUSE
        row.rewrites = ()
        signs.open_incident(tx, one.trade.name, REWRITTEN, one.name, now, sku=row.sku)
