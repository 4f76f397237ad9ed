"""parked: what waits for a person, and the three ways to settle it."""

from itertools import groupby
from typing import Any

import click

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import FoundWrong, Refused, answer, answer_json, many, talk, visible
from stocksync.core.names import InboxId
from stocksync.doorbell import APPLY
from stocksync.store import inbox, views
from stocksync.store.views import Parked
from stocksync.wiring import utc_now

_ID_MOST = 2**63 - 1
"""The databases break when they are asked for a larger number."""


@click.command()
@click.option("--retry", type=int, metavar="ID", help="Apply this delivery again.")
@click.option(
    "--approve", type=int, metavar="ID", help="Apply it although a guard stopped it: it is right."
)
@click.option("--drop", type=int, metavar="ID", help="End this delivery for good, unapplied.")
@json_option
@installation_options
@click.pass_obj
def parked(
    asked: Asked, retry: int | None, approve: int | None, drop: int | None, as_json: bool
) -> None:
    """Show what is parked, with the reason; let one delivery be applied again, or drop it.

    A parked line of an order or receipt has no ID: it is booked by itself, with its own
    date, as soon as its SKU or place is known.
    """
    chosen = [row for row in (retry, approve, drop) if row is not None]
    if len(chosen) > 1:
        raise Refused("write only one of --retry, --approve and --drop")
    for row in chosen:
        if not 0 < row <= _ID_MOST:
            raise _not_parked(row)
    with shop(asked) as here:
        if not chosen:
            with here.database.reading() as tx:
                found = views.parked(tx, here.name)
            _show(here, found, as_json)
        elif drop is not None:
            _drop(here, InboxId(drop), as_json)
        else:
            _reopen(here, InboxId(chosen[0]), approved=approve is not None, as_json=as_json)


def _reopen(here: Shop, row: InboxId, *, approved: bool, as_json: bool) -> None:
    with here.database.begin() as tx:
        reopened = inbox.reopen(tx, here.name, row, approved=approved)
    if not reopened:
        raise _not_parked(row)
    heard = here.system.doorbell.ring(APPLY, here.name)
    if as_json:
        answer_json({"id": str(row), "reopened": True, "approved": approved})
    else:
        answer(f"delivery {row} waits to be applied again")
    if not heard:
        talk("no worker was woken; it is applied while `stocksync up` runs, or when it starts")


def _drop(here: Shop, row: InboxId, as_json: bool) -> None:
    with here.database.begin() as tx:
        dropped = inbox.drop(tx, here.name, row, utc_now())
    if not dropped:
        raise _not_parked(row)
    if as_json:
        answer_json({"id": str(row), "dropped": True})
    else:
        answer(f"delivery {row} is dropped: it stays in the inbox, and is never applied")


def _not_parked(row: int) -> FoundWrong:
    return FoundWrong(f"no parked delivery has the ID {row}; list them: stocksync parked")


def _show(here: Shop, found: list[Parked], as_json: bool) -> None:
    if as_json:
        answer_json([_plain(one) for one in found])
        return
    if not found:
        answer("Nothing is parked.")
        return
    for (channel, code), group in groupby(sorted(found, key=_kind), key=_kind):
        alike = list(group)
        answer(f"{channel}: {code}, {many(len(alike), 'time')}")
        for one in alike:
            name = visible(one.what) if one.id is None else f"{visible(one.what)}, ID {one.id}"
            answer(f"  {here.local(one.since)}  {name}")
            answer(f"      {visible(one.reason)}")
    if any(one.id is not None for one in found):
        talk(
            "when it is mended: stocksync parked --retry ID; if it is right: --approve ID; "
            "to end it for good: --drop ID"
        )


def _kind(one: Parked) -> tuple[str, str]:
    return one.channel, one.code


def _plain(one: Parked) -> dict[str, Any]:
    return {
        # As text: many JSON readers round numbers of this length.
        "id": None if one.id is None else str(one.id),
        "channel": one.channel,
        "what": one.what,
        "code": one.code,
        "reason": one.reason,
        "since": one.since,
    }
