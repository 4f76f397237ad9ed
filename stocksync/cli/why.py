"""why: how one SKU came to its figures, from the count through each paper to each channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from stocksync.cli import naming, offered
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import (
    Column,
    FoundWrong,
    Refused,
    answer,
    answer_json,
    answer_table,
    many,
    visible,
)
from stocksync.cli.stock import unknown
from stocksync.config.mistakes import did_you_mean
from stocksync.core import story
from stocksync.core.names import ChannelName, Sku
from stocksync.core.stock import Shelf
from stocksync.core.story import PaperName, Promise, ShelfStory, Step
from stocksync.store import history, ledger, views
from stocksync.wiring import utc_now

_FIGURES = ("on_hand", "committed", "held", "available")
_NAMED = 5


@click.command()
@click.argument("sku")
@click.option("--at", metavar="TIME", help="The figures as they were then.")
@click.option("--channel", metavar="C", help="Only the offer of one channel.")
@json_option
@installation_options
@click.pass_obj
def why(asked: Asked, sku: str, at: str | None, channel: str | None, as_json: bool) -> None:
    """Explain the figures of one SKU: the count they rest on, and each movement since.

    Then, for each linked channel: the arithmetic from the shelf to the offer with the line of
    each rule, what we believe is shown there and why, and the numbers that somebody typed.
    What a channel showed at an earlier TIME is not kept.

    TIME is 2026-11-22T20:15, or 20:15 for today, in the merchant's zone.
    """
    if channel is not None and at is not None:
        raise Refused("what a channel was offered then is not kept; leave out --at or --channel")
    now = utc_now()
    with shop(asked) as here:
        if channel is not None and channel not in here.merchant.channels:
            near = did_you_mean(channel, list(here.merchant.channels))
            raise Refused(f"merchant {here.name} has no channel {visible(channel)}{near}")
        until = None if at is None else here.moment(at, now)
        stories = _stories(here, Sku(sku), until)
        found = [] if until is not None else _offered(here, Sku(sku), channel, now)
        if as_json:
            answer_json(
                {
                    "merchant": here.name,
                    "sku": sku,
                    "at": until,
                    "locations": [_plain(here, one) for one in stories],
                    "channels": [offered.plain(here, one) for one in found],
                }
            )
        if channel is not None and not found:
            raise FoundWrong(_not_there(here, sku, channel, known=bool(stories)))
        if not stories and not found:
            raise FoundWrong(_nothing(here, sku, until))
        if as_json:
            return
        if channel is None:
            for one in stories:
                _say(here, sku, one)
        figures = _all_figures(here, found, {Sku(sku): stories})
        for block in found:
            offered.say(here, block, figures, now)


def _offered(here: Shop, sku: Sku, channel: str | None, now: datetime) -> list[offered.Offered]:
    name = None if channel is None else ChannelName(channel)
    with here.database.reading() as tx:
        return offered.offered(tx, here, sku, name, now)


def _all_figures(
    here: Shop, found: list[offered.Offered], stories: dict[Sku, list[ShelfStory]]
) -> offered.Figures:
    """Return the figures of every shelf that an offer rests on, a bundle's components too."""
    for sku in {part for one in found for part, _ in one.basis.goods} - stories.keys():
        stories[sku] = _stories(here, sku, None)
    return {
        (sku, told.location): _equations(here, told)
        for sku, some in stories.items()
        for told in some
    }


def _not_there(here: Shop, sku: str, channel: str, *, known: bool) -> str:
    if not known:
        return _nothing(here, sku, None)
    return f"no listing of {channel} sells {visible(sku)}; match it: stocksync link {channel}"


def _stories(here: Shop, sku: Sku, until: datetime | None) -> list[ShelfStory]:
    with here.database.reading() as tx:
        movements = history.movements_of(tx, here.name, sku, until)
        counts = ledger.counts_of(tx, here.name, [sku])
    return story.tell(
        movements,
        {
            place: known
            for (_, place), told in counts.items()
            if (known := [c for c in told.values() if until is None or c.counted_at <= until])
        },
    )


def _nothing(here: Shop, sku: str, until: datetime | None) -> str:
    with here.database.reading() as tx:
        known = [line.sku for line in views.stock_lines(tx, here.name, None)]
    if until is not None and sku in known:
        return f"nothing had happened to {visible(sku)} by {here.local(until)}"
    return unknown(here, sku, known)


def _say(here: Shop, sku: str, told: ShelfStory) -> None:
    answer(f"{visible(sku)} at {told.location}")
    inside = told.counted_out
    rows = [_counted_row(here, told, inside)] if told.count else []
    rows += [_row(here, told, step) for step in told.steps[inside:]]
    columns = [Column("when", whole=True), Column("what")]
    answer_table([*columns, *(Column(name, is_number=True) for name in _FIGURES)], rows)
    if told.count and inside:
        earlier = many(inside, "movement up to then is", "movements up to then are")
        answer(f"{earlier} inside the count; --json lists all")
    answer("")
    lines = _equations(here, told)
    width = max(len(here.text(units)) for _, units, _ in lines)
    for name, units, said in lines:
        answer(f"  {name:<9}  {here.text(units):>{width}}   {said}".rstrip())
    answer("")


def _counted_row(here: Shop, told: ShelfStory, inside: int) -> list[str]:
    count = told.count
    assert count is not None  # noqa: S101 the caller has looked
    name = naming.paper(PaperName(*count.cause[:3]))
    figures = _figures(here, told.after(inside))
    return [here.local(count.counted_at), f"{name}: {here.text(count.units)}", *figures]


def _row(here: Shop, told: ShelfStory, step: Step) -> list[str]:
    movement = step.movement
    name = naming.paper(PaperName(*movement.cause[:3]), movement.cause.line)
    change = ", ".join(
        f"{account} {'+' if units > 0 else ''}{here.text(units)}"
        for account, units in story.changes(movement, told.location)
    )
    what = f"{name} {movement.reason}: {change}"
    return [here.local(movement.occurred_at), what, *_figures(here, step.shelf)]


def _figures(here: Shop, shelf: Shelf) -> list[str]:
    figures = (shelf.on_hand, shelf.committed, shelf.held, shelf.free)
    return [here.text(units) for units in figures]


def _equations(here: Shop, told: ShelfStory) -> list[tuple[str, int, str]]:
    """Return each figure with what it is made of."""
    shelf = told.shelf
    on_hand, committed, held = (here.text(u) for u in (shelf.on_hand, shelf.committed, shelf.held))
    lines = [
        ("on_hand", shelf.on_hand, _rests_on(here, told)),
        ("committed", shelf.committed, _named(here, told.committed)),
        ("held", shelf.held, _named(here, told.held)),
        ("available", shelf.free, f"{on_hand} on hand - {committed} committed - {held} held"),
    ]
    if shelf.incoming:
        lines.append(("incoming", shelf.incoming, "on its way here; not part of on_hand"))
    if shelf.free < 0:
        lines[3] = (*lines[3][:2], f"{lines[3][2]}: {here.text(-shelf.free)} short")
    return lines


def _rests_on(here: Shop, told: ShelfStory) -> str:
    count = told.count
    if count is None:
        return "never counted: the sum of its movements"
    since = told.shelf.on_hand - count.units
    who = naming.counted_by(count.cause.channel, count.cause.key)
    return (
        f"{here.text(count.units)} counted {here.local(count.counted_at)} {who}"
        f", {'+' if since > 0 else ''}{here.text(since)} since"
    )


def _named(here: Shop, promised: Mapping[PaperName, Promise]) -> str:
    named = [
        f"{naming.paper(paper)} ({here.text(promise.units)})"
        for paper, promise in list(promised.items())[:_NAMED]
    ]
    if len(promised) > _NAMED:
        named.append(f"{len(promised) - _NAMED} more")
    return ", ".join(named)


def _plain(here: Shop, told: ShelfStory) -> dict[str, Any]:
    count = told.count
    return {
        "location": told.location,
        "counted": None
        if count is None
        else {
            "units": here.number(count.units),
            "counted_at": count.counted_at,
            "channel": count.cause.channel,
            "key": count.cause.key,
        },
        **_plain_figures(here, told.shelf),
        "movements": [
            {
                "occurred_at": step.movement.occurred_at,
                "reason": step.movement.reason,
                **step.movement.cause._asdict(),
                "units": here.number(step.movement.units),
                "source": step.movement.source._asdict(),
                "target": step.movement.target._asdict(),
                "after": _plain_figures(here, step.shelf),
            }
            for step in told.steps
        ],
    }


def _plain_figures(here: Shop, shelf: Shelf) -> dict[str, int | str]:
    return {
        "on_hand": here.number(shelf.on_hand),
        "committed": here.number(shelf.committed),
        "held": here.number(shelf.held),
        "incoming": here.number(shelf.incoming),
        "available": here.number(shelf.free),
    }
