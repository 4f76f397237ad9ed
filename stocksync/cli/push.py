"""push: write now what the channels should show."""

from datetime import datetime

import click

from stocksync.cli import foreground
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.pull import timeout_option, unfinished
from stocksync.cli.saying import FoundWrong, answer, answer_json, many, visible
from stocksync.cli.sides import doing, linked, side_of
from stocksync.core.listing import Listing
from stocksync.core.standing import wants_push
from stocksync.flow.outgoing import Outgoing
from stocksync.store import views
from stocksync.wiring import utc_now

_NAMED = 10


@click.command()
@click.argument("channel", required=False)
@timeout_option
@json_option
@installation_options
@click.pass_obj
def push(asked: Asked, channel: str | None, timeout: float, as_json: bool) -> None:
    """Write every number that differs, on one channel or on all that are live, and wait for it.

    A number that is in doubt is read first: nothing is raised over a sale that we have not seen.
    """
    with shop(asked) as here:
        ones = _writing(here, linked(here, channel), named=channel is not None)
        started_at = utc_now()
        with foreground.progress() as bars:
            task = bars.add_task("pushing", total=None)

            def is_done() -> bool:
                left = sum(len(_due(one)) for one in ones)
                most = max(left, int(bars.tasks[task].total or 0))
                bars.update(task, total=most, completed=most - left)
                return left == 0

            foreground.work(here, ones, is_done, timeout)
        left = {one.name: _due(one) for one in ones}
        written = {one.name: _written(one, started_at) for one in ones}
        if as_json:
            told = {
                name: {"written": written[name], "due": [row.sku for row in rows]}
                for name, rows in left.items()
            }
            answer_json({"merchant": here.name, "done": not any(left.values()), "channels": told})
        else:
            for name, count in written.items():
                answer(f"{name}: {many(count, 'number')} written")
        late = [one for one in ones if left[one.name]]
        if late:
            raise FoundWrong("\n".join(_unwritten(here, one, left[one.name]) for one in late))


def _writing(here: Shop, ones: list[Outgoing], *, named: bool) -> list[Outgoing]:
    """Return the channels that numbers are written to; refuse if that is none of them."""
    able, told = [], []
    for one in ones:
        link = one.link()
        side = None if link is None else side_of(here, link)
        if link is None or side is None:
            continue
        if side.writes and side.halted is None:
            able.append(one)
        else:
            how = doing(here, link, utc_now())
            told.append(f"{one.name} is {how.state}: {how.words}; {how.way_out}")
    if not able or (named and told):
        raise FoundWrong("\n".join(told))
    return able


def _due(one: Outgoing) -> list[Listing]:
    now = one.clock()
    with one.database.reading() as tx:
        rows = views.unsettled_listings(tx, one.trade.name, one.name)
    return [row for row in rows if row.parked is None and (_waits(row) or wants_push(row, now))]


def _waits(row: Listing) -> bool:
    return bool(row.belief.flights)


def _written(one: Outgoing, started_at: datetime) -> int:
    with one.database.reading() as tx:
        return views.confirmed_since(tx, one.trade.name, one.name, started_at)


def _unwritten(here: Shop, one: Outgoing, rows: list[Listing]) -> str:
    some = ", ".join(visible(row.sku) for row in rows[:_NAMED])
    more = ", ..." if len(rows) > _NAMED else ""
    waits = many(len(rows), "number waits", "numbers wait")
    return f"{unfinished(here, one)}\n  {waits}: {some}{more}; stocksync listings says why"
