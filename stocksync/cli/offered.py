"""What one channel is offered of a SKU, and why: from the count to what the channel confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from stocksync.cli.opening import Shop
from stocksync.cli.saying import answer, visible
from stocksync.cli.sides import doing, side_of
from stocksync.core.decide import Basis, Step, What, explain
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, LocationName, Sku
from stocksync.core.offers import Offer, Status
from stocksync.core.rules import Rule
from stocksync.core.standing import State, state_of, trouble_of
from stocksync.flow import offers
from stocksync.store import beliefs, edits, links
from stocksync.store.edits import Edit
from stocksync.store.links import Link

Figures = Mapping[tuple[Sku, LocationName], Sequence[tuple[str, int, str]]]
"""Of each shelf its figures in order: name, units, and what they are made of."""

_INDENT = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One listing, the arithmetic behind its number, and how it stands."""

    row: Listing
    link: Link
    basis: Basis
    steps: tuple[Step, ...]
    state: State
    error: str | None
    edits: tuple[Edit, ...]

    @property
    def lag(self) -> timedelta | None:
        """Return how long after the decision the channel showed the number, if it does."""
        row = self.row
        if row.confirmed_at is None or row.wanted_at is None or row.confirmed != row.wanted:
            return None
        return max(timedelta(0), row.confirmed_at - row.wanted_at)


def offered(
    tx: Connection, here: Shop, sku: Sku, channel: ChannelName | None, now: datetime
) -> list[Offered]:
    """Return what the channels, or one of them, are offered of a SKU."""
    linked = links.load_all(tx, here.name)
    typed = edits.of_sku(tx, here.name, sku)
    found = []
    for row in beliefs.of_skus(tx, here.name, [sku]):
        name = row.key.channel
        if name not in here.merchant.channels or name not in linked or channel not in (None, name):
            continue
        side = side_of(here, linked[name])
        basis = offers.basis_of(tx, here.trade, row)
        found.append(
            Offered(
                row=row,
                link=linked[name],
                basis=basis,
                steps=explain(basis, now),
                state=state_of(row, side, now),
                error=trouble_of(row, side, now),
                edits=tuple(edit for edit in typed if edit.key == row.key),
            )
        )
    return found


def say(here: Shop, told: Offered, figures: Figures, now: datetime) -> None:
    """Write one channel's block: the offer, its arithmetic, what is believed, what was typed."""
    row = told.row
    answer(f"{visible(row.sku)} on {row.key.channel}: {_headline(here, told)}")
    lines = list(_arithmetic(here, told, figures))
    names = max((len(name) for name, _, _ in lines), default=0)
    numbers = max((len(units) for _, units, _ in lines), default=0)
    for name, units, why in lines:
        answer(f"{_INDENT}{name:<{names}}  {units:>{numbers}}   {why}".rstrip())
    for sentence in (*_belief(here, told, now), *(edit_said(here, one) for one in told.edits)):
        answer(f"{_INDENT}{sentence}")
    answer("")


def _headline(here: Shop, told: Offered) -> str:
    row = told.row
    offer = "none yet" if row.offer is None else f"{here.text(row.offer.quantity)}"
    status = "" if row.offer is None else _status(row.offer)
    parts = [f"offer {offer}{status}", f"shown {here.text(row.belief.believed)}"]
    if row.confirmed_at is not None and row.confirmed == row.belief.believed:
        lag = told.lag
        late = "" if lag is None else f" (lag {lag.total_seconds():.1f} s)"
        parts.append(f"confirmed {here.local(row.confirmed_at)}{late}")
    parts.append(told.state)
    return ", ".join(parts)


def _status(offer: Offer) -> str:
    match offer.status:
        case Status.SHIPS_IN if offer.ships_in is not None:
            return f" (the next ships in {offer.ships_in[0]}-{offer.ships_in[1]} days)"
        case Status.ON_ITS_WAY if offer.expected_on is not None:
            return f" (the next is on its way, {offer.expected_on})"
        case Status.PREORDER:
            return " (preorder)"
        case Status.IN_STOCK | Status.SHIPS_IN | Status.ON_ITS_WAY | Status.OUT:
            return ""


def _arithmetic(here: Shop, told: Offered, figures: Figures) -> Sequence[tuple[str, str, str]]:
    several = len({(step.sku, step.location) for step in told.steps if step.sku}) > 1
    lines: list[tuple[str, str, str]] = []
    for step in told.steps:
        where = _where(told, step) if several else ""
        if step.what is What.FREE and step.sku is not None and step.location is not None:
            for name, units, why in figures.get((step.sku, step.location), ()):
                lines.append((f"{name}{where}", here.text(units), why))
            if (step.sku, step.location) not in figures:
                lines.append((f"available{where}", here.text(step.units), "never counted"))
        elif step.what is What.OWN:
            if several:
                lines.append(("own shelves", here.text(step.after or 0), _own(told)))
        else:
            lines.append((f"{step.what}{where}", _change(here, step), _why(told, step)))
    offer = told.steps[-1].after
    lines.append(("offer", here.text(offer or 0), ""))
    return lines


def _where(told: Offered, step: Step) -> str:
    parts = []
    if len(told.basis.goods) > 1 and step.sku is not None:
        parts.append(f" of {visible(step.sku)}")
    if step.location is not None:
        parts.append(f" at {step.location}")
    return "".join(parts)


def _own(told: Offered) -> str:
    if len(told.basis.goods) == 1 and told.basis.goods[0][1] == 1:
        return "what they have together"
    inside = ", ".join(f"{each} x {visible(sku)}" for sku, each in told.basis.goods)
    return f"sets of {inside}"


def _change(here: Shop, step: Step) -> str:
    if step.what in (What.SOFT_OWN, What.LENT):
        return here.text(step.units)
    return f"+{here.text(step.units)}" if step.units > 0 else here.text(step.units)


def _why(told: Offered, step: Step) -> str:
    source = str(step.source) if step.source else ""
    return ", ".join(part for part in (_words(told.basis.rule, step.what), source) if part)


def _words(rule: Rule, what: What) -> str:
    match what:
        case What.SOFT_OWN:
            return "held by its own unpaid checkouts, still in its number"
        case What.LENT:
            return "what the supplier's number is worth now"
        case What.PROMISE:
            return "promised from suppliers"
        case What.SHARE:
            return f"share {rule.share:.0%}"
        case What.MAX | What.MIN | What.ZERO_AT | What.BUFFER | What.FREE | What.OWN:
            return ""


def _belief(here: Shop, told: Offered, now: datetime) -> list[str]:
    row, belief = told.row, told.row.belief
    shown = here.text(belief.believed)
    said = []
    for flight in belief.flights:
        sent = f"a write of {here.text(flight.number)} over {here.text(flight.expected)}"
        end = "waits for its answer" if flight.waiting else "got no answer, and may have landed"
        said.append(f"{sent}, sent {here.local(flight.sent_at)}, {end}")
    if belief.doubt:
        said.append(f"{shown} is in doubt: it is read again, and not raised before that")
    odd = belief.suspicion
    if odd is not None:
        over = f"{'+' if odd.residual > 0 else ''}{here.text(odd.residual)}"
        said.append(
            f"it showed {here.text(odd.number)}, {over} that no order explains; the second look "
            f"is at {here.local(odd.again_at)}"
        )
    if belief.exposure > max(0, belief.believed):
        more = here.text(belief.exposure - max(0, belief.believed))
        said.append(f"up to {more} more may have been sold there that we have not heard of")
    if row.confirmed_at is not None and row.confirmed != belief.believed:
        when = here.local(row.confirmed_at)
        said.append(f"last confirmed: {here.text(row.confirmed or 0)} at {when}")
    elif row.confirmed_at is None:
        said.append(f"last read and agreed: {here.local(row.agreed_at)}")
    if told.error is not None:
        said.append(visible(told.error))
    how = doing(here, told.link, now)
    if how.way_out:
        said.append(f"{row.key.channel} is {how.state}: {how.words}; {how.way_out}")
    return said


def edit_said(here: Shop, edit: Edit) -> str:
    """Return what became of a number that somebody typed, as a sentence."""
    units = f"{'+' if edit.residual > 0 else ''}{here.text(edit.residual)}"
    said = (
        f"edit {here.local(edit.read_at)}: {here.text(edit.number)} was shown, {units} that no "
        f"order explained: {edit.verdict}, {edit.why}"
    )
    if not edit.taken_back:
        return said
    return f"{said}; late orders explained {here.text(edit.taken_back)} of it after all"


def plain(here: Shop, told: Offered) -> dict[str, Any]:
    """Return one channel's block for JSON."""
    row, belief, lag = told.row, told.row.belief, told.lag
    return {
        "channel": row.key.channel,
        "listing": row.key.listing,
        "wanted": None if row.wanted is None else here.number(row.wanted),
        "status": None if row.offer is None else row.offer.status,
        "believed": here.number(belief.believed),
        "exposure": here.number(belief.exposure),
        "state": told.state,
        "error": told.error,
        "confirmed": None if row.confirmed is None else here.number(row.confirmed),
        "confirmed_at": row.confirmed_at,
        "lag_s": None if lag is None else round(lag.total_seconds(), 3),
        "steps": [_plain_step(here, step) for step in told.steps],
        "doubt": belief.doubt,
        "flights": [
            {
                "number": here.number(one.number),
                "expected": here.number(one.expected),
                "sent_at": one.sent_at,
                "waiting": one.waiting,
            }
            for one in belief.flights
        ],
        "suspicion": None
        if belief.suspicion is None
        else {
            "units": here.number(belief.suspicion.residual),
            "number": here.number(belief.suspicion.number),
            "again_at": belief.suspicion.again_at,
        },
        "edits": [plain_edit(here, edit) for edit in told.edits],
    }


def plain_edit(here: Shop, edit: Edit) -> dict[str, Any]:
    """Return one edit for JSON."""
    return {
        "read_at": edit.read_at,
        "number": here.number(edit.number),
        "units": here.number(edit.residual),
        "verdict": edit.verdict,
        "why": edit.why,
        "taken_back": here.number(edit.taken_back),
    }


def _plain_step(here: Shop, step: Step) -> dict[str, Any]:
    return {
        "what": step.what,
        "units": here.number(step.units),
        "after": None if step.after is None else here.number(step.after),
        "sku": step.sku,
        "location": step.location,
        "source": None if step.source is None else str(step.source),
    }
