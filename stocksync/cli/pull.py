"""pull: fetch now the orders that we may not have heard of."""

from datetime import datetime
from typing import Any

import click

from stocksync.cli import foreground
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import FoundWrong, answer, answer_json, many
from stocksync.cli.sides import doing, linked
from stocksync.flow.outgoing import Outgoing
from stocksync.store import links, views
from stocksync.wiring import utc_now

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, max=86_400),
    default=300.0,
    show_default=True,
    metavar="S",
    help="Seconds to work at most.",
)
"""How long a command in the foreground may take."""


@click.command()
@click.argument("channel", required=False)
@timeout_option
@json_option
@installation_options
@click.pass_obj
def pull(asked: Asked, channel: str | None, timeout: float, as_json: bool) -> None:
    """Pull the orders of one channel, or of all that are linked, to the end, and book them."""
    with shop(asked) as here:
        ones = linked(here, channel)
        started_at = utc_now()
        with here.database.begin() as tx:
            for one in ones:
                links.change(tx, here.name, one.name, pull_at=started_at)
        with foreground.progress() as bars:
            task = bars.add_task("pulling", total=len(ones))

            def is_done() -> bool:
                left = [one for one in ones if not _is_complete(one, started_at)]
                bars.update(task, completed=len(ones) - len(left))
                return not left

            foreground.work(here, ones, is_done, timeout)
        left = [one for one in ones if not _is_complete(one, started_at)]
        told = {one.name: _told(one, started_at) for one in ones}
        if as_json:
            answer_json({"merchant": here.name, "complete": not left, "channels": told})
        else:
            for name, said in told.items():
                through = said["complete_through"]
                known = "-" if through is None else here.local(through)
                new = many(said["received"], "new delivery", "new deliveries")
                answer(f"{name}: {new}, complete through {known}")
        if left:
            raise FoundWrong("\n".join(unfinished(here, one) for one in left))


def unfinished(here: Shop, one: Outgoing) -> str:
    """Return what to say of a channel whose work did not come to its end in time."""
    link = one.link()
    if link is None:
        return f"{one.name} is not linked any more"
    told = doing(here, link, utc_now())
    way_out = told.way_out or f"look at it: stocksync doctor {one.name}"
    return f"{one.name} is not done in time ({told.words}); {way_out}"


def _is_complete(one: Outgoing, started_at: datetime) -> bool:
    """Return whether a pull begun since is at its end, and all that it brought is booked."""
    link = one.link()
    if link is None or link.pulled_at is None or link.pulled_through is None:
        return False
    if link.pulled_at < started_at:
        return False
    with one.database.reading() as tx:
        return links.booked_through(tx, one.trade.name, one.name, link.pulled_through)


def _told(one: Outgoing, started_at: datetime) -> dict[str, Any]:
    link = one.link()
    with one.database.reading() as tx:
        received = views.received_since(tx, one.trade.name, one.name, started_at)
    return {"received": received, "complete_through": link.complete_through if link else None}
