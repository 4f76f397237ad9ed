"""reconcile: read now what the channels show, and say what explains each difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from stocksync.cli import foreground
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.pull import timeout_option, unfinished
from stocksync.cli.saying import FoundWrong, Refused, answer, answer_json, many, talk, visible
from stocksync.cli.sides import linked
from stocksync.core.edits import Verdict
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import Sku
from stocksync.flow import ask
from stocksync.flow.outgoing import Outgoing
from stocksync.store import beliefs, links, views
from stocksync.store.edits import Edit
from stocksync.wiring import utc_now

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one reading of a channel told: listings by what explains their number now.

    `sold` and `back` were moved by orders that we had not booked before, `drift` by nothing:
    our number was wrong. `edits` are typed by somebody, `open` are not settled yet.
    """

    read: int
    agreed: int
    sold: Mapping[ListingKey, int]
    back: Mapping[ListingKey, int]
    drift: Mapping[ListingKey, int]
    edits: Sequence[Edit]
    open: Sequence[Listing]
    skus: Mapping[ListingKey, Sku]


@click.command()
@click.argument("channel", required=False)
@click.option("--adopt", metavar="SKU", help="Take over the number that somebody typed there.")
@click.option("--overwrite", metavar="SKU", help="Write our number over the one typed there.")
@timeout_option
@json_option
@installation_options
@click.pass_obj
def reconcile(
    asked: Asked,
    channel: str | None,
    adopt: str | None,
    overwrite: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Read what every listing shows, and wait until the orders behind each number are in.

    A number that no order explains is looked at twice, a minute or more apart. With
    `manual_edits: alert` a listing then waits for --adopt or --overwrite.
    """
    if adopt is not None and overwrite is not None:
        raise Refused("write only one of --adopt and --overwrite")
    sku = adopt if adopt is not None else overwrite
    if sku is not None and channel is None:
        raise Refused("name the channel too: stocksync reconcile CHANNEL --adopt SKU")
    with shop(asked) as here:
        ones = linked(here, channel)
        if sku is not None:
            _decide(here, ones[0], Sku(sku), take_over=adopt is not None, as_json=as_json)
            return
        found = _reconcile(here, ones, timeout)
        if as_json:
            told = {one.name: _plain(here, found[one.name]) for one in ones}
            answer_json({"merchant": here.name, "channels": told})
        else:
            for one in ones:
                _say(here, one, found[one.name])
        late = [one for one in ones if found[one.name].open]
        if late:
            raise FoundWrong("\n".join(_unsettled(here, one, found[one.name]) for one in late))


def _decide(here: Shop, one: Outgoing, sku: Sku, *, take_over: bool, as_json: bool) -> None:
    decided = (ask.adopt if take_over else ask.overwrite)(one, sku, utc_now())
    if not decided:
        raise FoundWrong(
            f"no number of {visible(sku)} on {one.name} waits for you; what does is listed by: "
            "stocksync listings"
        )
    foreground.wake(here, one.name)
    units = sum(edit.left for edit in decided)
    if as_json:
        answer_json(
            {
                "merchant": here.name,
                "channel": one.name,
                "sku": sku,
                "adopted": here.number(units) if take_over else here.number(0),
            }
        )
    elif take_over:
        answer(f"{visible(sku)}: {_signed(here, units)} booked at {one.plan.location}")
    else:
        answer(f"{visible(sku)}: our number is written to {one.name} again")


def _reconcile(here: Shop, ones: Sequence[Outgoing], timeout: float) -> dict[str, _Found]:
    foreground.refuse_if_stuck(here, ones)
    started_at = utc_now()
    before = {one.name: _beliefs(one) for one in ones}
    with here.database.begin() as tx:
        for one in ones:
            links.change(tx, here.name, one.name, reconcile_at=started_at)
    with foreground.progress() as bars:
        task = bars.add_task("reading", total=sum(map(len, before.values())))

        def is_done() -> bool:
            left = sum(_left(one, started_at) for one in ones)
            total = int(bars.tasks[task].total or 0)
            bars.update(task, completed=max(0, total - left))
            return left == 0

        foreground.work(here, ones, is_done, timeout)
    return {one.name: _compare(one, before[one.name], started_at) for one in ones}


def _beliefs(one: Outgoing) -> dict[ListingKey, Listing]:
    with one.database.reading() as tx:
        return {row.key: row for row in beliefs.of_channel(tx, one.trade.name, one.name)}


def _left(one: Outgoing, started_at: datetime) -> int:
    """Return how many listings are not read and settled since; all, before it has begun."""
    link = one.link()
    with one.database.reading() as tx:
        if link is None or link.reconcile_at <= started_at:
            return max(1, beliefs.count(tx, one.trade.name, one.name))
        rows = views.unsettled_listings(tx, one.trade.name, one.name)
        unread = beliefs.to_check(tx, one.trade.name, one.name, one.clock(), 1_000_000)
    return len({row.key for row in rows if is_open(row)} | set(unread))


def is_open(row: Listing) -> bool:
    """Return whether something about a number is not known yet."""
    return row.parked is None and (row.belief.reading is not None or not row.belief.at_rest)


def _compare(one: Outgoing, before: Mapping[ListingKey, Listing], since: datetime) -> _Found:
    after = _beliefs(one)
    with one.database.reading() as tx:
        found = views.edited_since(tx, one.trade.name, one.name, since)
        unread = set(beliefs.to_check(tx, one.trade.name, one.name, one.clock(), 1_000_000))
    typed = [edit for edit in found if edit.verdict is not Verdict.DRIFT]
    edited = {edit.key for edit in typed}
    sold: dict[ListingKey, int] = {}
    back: dict[ListingKey, int] = {}
    drift: dict[ListingKey, int] = {}
    for edit in found:
        if edit.verdict is Verdict.DRIFT and edit.key not in edited:
            drift[edit.key] = drift.get(edit.key, 0) + edit.residual
    for key, row in after.items():
        old = before.get(key)
        if old is None or key in edited or key in drift:
            continue
        change = row.belief.believed - old.belief.believed
        if change and row.belief.booked != old.belief.booked:
            (sold if change < 0 else back)[key] = abs(change)
    open_ = [row for row in after.values() if is_open(row) or row.key in unread]
    other = sold.keys() | back.keys() | drift.keys() | edited | {row.key for row in open_}
    return _Found(
        read=len(after),
        agreed=len(after.keys() - other),
        sold=sold,
        back=back,
        drift=drift,
        edits=typed,
        open=open_,
        skus={key: row.sku for key, row in after.items()},
    )


def _say(here: Shop, one: Outgoing, found: _Found) -> None:
    answer(f"{one.name}: {found.agreed} of {many(found.read, 'listing')} as we believed")
    for words, moved in (("late sale", found.sold), ("put back", found.back)):
        for key, units in moved.items():
            answer(f"  {words:<10} {visible(found.skus[key])}: {here.text(units)}")
    for key, units in found.drift.items():
        answer(f"  {'drift':<10} {visible(found.skus[key])}: {_signed(here, units)}, believed now")
    for edit in found.edits:
        said = f"{_signed(here, edit.residual)} to {here.text(edit.number)}"
        answer(f"  {'edit':<10} {visible(edit.sku)}: {said}: {edit.verdict}, {edit.why}")
    if any(row.parked is not None for row in found.open):
        talk("what waits for you: stocksync listings")


def _signed(here: Shop, units: int) -> str:
    return f"{'+' if units > 0 else ''}{here.text(units)}"


def _unsettled(here: Shop, one: Outgoing, found: _Found) -> str:
    some = ", ".join(visible(row.sku) for row in found.open[:_NAMED])
    more = ", ..." if len(found.open) > _NAMED else ""
    return f"{unfinished(here, one)}\n  {len(found.open)} not settled: {some}{more}"


def _plain(here: Shop, found: _Found) -> dict[str, Any]:
    def units(moved: Mapping[ListingKey, int]) -> list[dict[str, Any]]:
        return [
            {"sku": found.skus[key], "listing": key.listing, "units": here.number(n)}
            for key, n in moved.items()
        ]

    return {
        "listings": found.read,
        "agreed": found.agreed,
        "late_sales": units(found.sold),
        "put_back": units(found.back),
        "drift": units(found.drift),
        "edits": [
            {
                "sku": edit.sku,
                "listing": edit.key.listing,
                "units": here.number(edit.residual),
                "number": here.number(edit.number),
                "verdict": edit.verdict,
                "why": edit.why,
            }
            for edit in found.edits
        ],
        "open": [{"sku": row.sku, "listing": row.key.listing} for row in found.open],
    }
