"""count: book what a person counted on the shelf; a preview first."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Connection
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from stocksync.cli import count_preview, counting
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.naming import FILE_KEY
from stocksync.cli.opening import Shop, first_shop
from stocksync.cli.saying import FoundWrong, Refused, answer, answer_json, many, talk, visible
from stocksync.core.count_plan import (
    BAD_PERCENT_MAX,
    Difference,
    Ground,
    Line,
    Plan,
    alarms,
    lay_out,
)
from stocksync.core.facts import Counted, PaperLine
from stocksync.core.names import LineId, LocationName, PaperKey
from stocksync.core.plan import OFFICE
from stocksync.flow import office
from stocksync.store import ledger, views
from stocksync.store.session import is_transient
from stocksync.store.views import StockLine
from stocksync.wiring import utc_now

_LARGE = 500


@click.command()
@click.argument("counted", nargs=-1, required=True, metavar="SKU=QTY ... | FILE.csv")
@click.option("--location", metavar="L", help="Where it was counted (default: your first own).")
@click.option("--at", metavar="TIME", help="When it was counted (default: now; a file must say).")
@click.option("--yes", is_flag=True, help="Book it. Without this it is only a preview.")
@json_option
@installation_options
@click.pass_obj
def count(
    asked: Asked,
    counted: tuple[str, ...],
    location: str | None,
    at: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what a count of the shelf would change; with --yes, book it.

    A count sets what stood on the shelf at TIME: sales before it are inside, sales after
    it still lower the figure. What open orders are promised stays promised.

    TIME is 2026-11-22T20:15, or 20:15 for today, in the merchant's zone. A file needs
    columns `sku` and `quantity` (Hebrew headers too), and a date and time or --at.
    """
    now = utc_now()
    with first_shop(asked, now) as here:
        given = None if at is None else here.moment(at, now)
        place = counting.location(here, location)
        told = counting.read(here, counted, given, now)
        with here.database.reading() as tx:
            stock = views.stock_lines(tx, here.name, None)
            when = given if told.digest else given or now
            plan = _laid_out(here, told, stock, place, when)
            if told.digest is None and plan.bad:
                named = (f"{visible(counted[row.line - 1])}: {row.reason}" for row in plan.bad)
                raise Refused("\n".join(named))
            if told.digest is not None and _is_imported(tx, here, told.digest, plan.lines):
                _say_imported(counted[0], as_json=as_json)
                return
            found = count_preview.differences(tx, here, plan.lines, stock)
            loud = alarms(found, _standing(stock), 10**here.merchant.decimals)
            if not as_json:
                _preview(tx, here, told, plan, found, stock, loud)
        booked = yes and plan.bookable
        if booked:
            with _patience(plan.lines):
                _book(here, _papers(told, plan.lines, now), now)
        if as_json:
            answer_json(_plain(here, told, plan, found, loud, booked=booked))
        elif booked:
            answer(f"booked: {many(len(found), 'SKU')} counted")
        elif plan.bookable:
            talk("nothing is booked yet; to book it, add --yes")
        _end(counted, plan)


def _laid_out(
    here: Shop,
    told: counting.Counted,
    stock: Iterable[StockLine],
    place: LocationName,
    at: datetime | None,
) -> Plan:
    ground = Ground(
        places=counting.own_places(here),
        location=place,
        at=at,
        known={line.sku for line in stock},
        bundles=here.trade.bundles,
    )
    return lay_out(told.rows, ground, told.bad)


def _is_imported(tx: Connection, here: Shop, digest: str, lines: Sequence[Line]) -> bool:
    """Return whether a count of ours came from the same bytes."""
    key = _file_key(digest)
    counts = ledger.counts_of(tx, here.name, {line.sku for line in lines})
    return any(
        cause.channel == OFFICE and cause.key.startswith(key)
        for told in counts.values()
        for cause in told
    )


def _say_imported(file: str, *, as_json: bool) -> None:
    if as_json:
        answer_json({"booked": False, "already_imported": True})
    else:
        answer(f"{file} is already imported; nothing is changed")
        talk("the same figures counted anew? write the date and time into the file")


def _standing(stock: Iterable[StockLine]) -> dict[LocationName, int]:
    standing: dict[LocationName, int] = {}
    for line in stock:
        standing[line.location] = standing.get(line.location, 0) + (line.on_hand > 0)
    return standing


def _preview(
    tx: Connection,
    here: Shop,
    told: counting.Counted,
    plan: Plan,
    found: Sequence[Difference],
    stock: Iterable[StockLine],
    loud: Sequence[str],
) -> None:
    count_preview.show(here, found, sorted({line.sku for line in stock}))
    for count_of, what in (
        (told.uncounted, "without a quantity: not counted"),
        (told.totals, "of totals, or without a SKU: skipped"),
    ):
        if count_of:
            talk(f"{many(count_of, 'row')} {what}")
    for warning in plan.warnings:
        talk(visible(warning))
    count_preview.say_promised(tx, here, found)
    for alarm in loud:
        talk(f"LOOK TWICE: {visible(alarm)}")


def _papers(told: counting.Counted, lines: Sequence[Line], now: datetime) -> list[Counted]:
    """Return one paper for each place and moment; a file's keys are the same every time."""
    groups: dict[tuple[LocationName, datetime], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.location, line.at), []).append(line)
    key = _file_key(told.digest) if told.digest else _new_key(lines, now)
    several = len(groups) > 1
    return [
        Counted(
            key=PaperKey(f"{key}-{number}" if several else key),
            occurred_at=at,
            location=location,
            lines=tuple(
                PaperLine(line=LineId(str(line.line)), sku=line.sku, units=line.units)
                for line in inside
            ),
        )
        for number, ((location, at), inside) in enumerate(sorted(groups.items()), 1)
    ]


def _file_key(digest: str) -> str:
    return f"{FILE_KEY}{digest[:16]}"


def _new_key(lines: Sequence[Line], now: datetime) -> str:
    content = hashlib.sha256(repr(lines).encode()).hexdigest()
    return f"count-{now:%Y%m%dT%H%M%S%fZ}-{content[:8]}"


def _patience(lines: Sequence[Line]) -> AbstractContextManager[object]:
    """Show on the terminal that a large file is being booked: it is one transaction."""
    screen = Console(stderr=True)
    if len(lines) < _LARGE or not screen.is_terminal:
        return nullcontext()
    return screen.status(f"booking {len(lines)} SKUs")


def _book(here: Shop, papers: Sequence[Counted], now: datetime) -> None:
    for attempt in Retrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(4),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        reraise=True,
    ):
        with attempt:
            office.book(here.database, here.trade, papers, now)


def _plain(
    here: Shop,
    told: counting.Counted,
    plan: Plan,
    found: Sequence[Difference],
    loud: Sequence[str],
    *,
    booked: bool,
) -> dict[str, Any]:
    return {
        "merchant": here.name,
        "booked": booked,
        "already_imported": False,
        "differences": [count_preview.plain(here, one) for one in found],
        "alarms": list(loud),
        "warnings": list(plan.warnings),
        "bad_rows": [{"line": row.line, "reason": row.reason} for row in plan.bad],
        "uncounted": told.uncounted,
        "totals": told.totals,
    }


def _end(counted: Sequence[str], plan: Plan) -> None:
    """Name every row that was refused; with one of them all is not well."""
    if not plan.bad and not plan.lines:
        raise FoundWrong(f"{counted[0]} holds no row that was counted")
    if plan.bad:
        rows = "\n".join(f"  line {row.line}: {visible(row.reason)}" for row in plan.bad)
        rest = (
            "the other rows are good"
            if plan.bookable
            else f"over {BAD_PERCENT_MAX} % of the rows are bad, so nothing of it is booked"
        )
        raise FoundWrong(f"{many(len(plan.bad), 'row')} refused; {rest}:\n{rows}")
