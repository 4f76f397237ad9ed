"""parked: what waits for a person, and the two ways to let it go on."""

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


@click.command()
@click.option("--retry", type=int, metavar="ID", help="Apply this delivery again.")
@click.option(
    "--approve", type=int, metavar="ID", help="Apply it although a guard stopped it: it is right."
)
@json_option
@installation_options
@click.pass_obj
def parked(asked: Asked, retry: int | None, approve: int | None, as_json: bool) -> None:
    """Show what is parked, with the reason, or let one delivery be applied again.

    A parked line of an order or receipt has no ID: it is booked by itself, with its own
    date, as soon as its SKU or place is known.
    """
    if retry is not None and approve is not None:
        raise Refused("write --retry or --approve, not both")
    wanted = approve if retry is None else retry
    with shop(asked) as here:
        if wanted is None:
            with here.database.reading() as tx:
                found = views.parked(tx, here.name)
            _show(here, found, as_json)
        else:
            _reopen(here, InboxId(wanted), approved=approve is not None, as_json=as_json)


def _reopen(here: Shop, row: InboxId, *, approved: bool, as_json: bool) -> None:
    with here.database.begin() as tx:
        reopened = inbox.reopen(tx, here.name, row, approved=approved)
    if not reopened:
        raise FoundWrong(f"no parked delivery has the ID {row}; list them: stocksync parked")
    heard = here.system.doorbell.ring(APPLY, here.name)
    if as_json:
        answer_json({"id": str(row), "reopened": True, "approved": approved})
    else:
        answer(f"delivery {row} waits to be applied again")
    if not heard:
        talk("no worker was woken; it is applied while `stocksync up` runs, or when it starts")


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
        talk("when it is mended: stocksync parked --retry ID; if it is right: --approve ID")


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
