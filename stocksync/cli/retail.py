"""replay of real sales: invoices over sandbox shops and a till, and at the end all their books."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

from stocksync.cli.retail_board import board
from stocksync.cli.retail_verdict import Took, tell
from stocksync.cli.saying import FoundWrong, Refused, many, talk
from stocksync.lab import retail, retail_day
from stocksync.lab.private import NotUp
from stocksync.lab.retail import Sales
from stocksync.lab.retail_faults import Faults, Unclear, read_down, read_share
from stocksync.lab.street import TILL, NotOpened

CHANNELS = "woocommerce,shopify,till"
_FOR_A_TAPE = ("start", "url", "channel", "repeat", "only")
_FOR_SALES = ("day", "channels", "loss", "duplicates", "down")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be played, where, how fast, and what goes wrong."""

    sales: Sales
    kinds: Sequence[str]
    faults: Faults
    seed: int
    speed: float | None


def refuse_for(context: click.Context, *, sales: bool) -> None:
    """Refuse options that are for the other kind of file."""
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "")
        wrong = option.name in (_FOR_A_TAPE if sales else _FOR_SALES)
        if wrong and given is click.core.ParameterSource.COMMANDLINE:
            what = "a recorded day of one shop, not for sales (.csv)"
            other = "sales (.csv, .csv.gz), not for a recorded day of one shop"
            raise Refused(f"{option.opts[0]} is for {what if sales else other}; leave it out")


def replay_sales(file: Path, options: dict[str, Any]) -> NoReturn:
    """Play real sales, and exit: 0 if everything agrees, 1 if not; `Refused` if they cannot be."""
    plan = _plan(file, options)
    sales, screen = plan.sales, Console(stderr=True)
    goods = sales.opening()
    talk(
        f"{many(sales.lines, 'line')} of {many(len(sales.invoices), 'invoice')}; opening "
        f"{', '.join(retail_day.names_of(plan.kinds))} with {many(sum(goods.values()), 'unit')} "
        f"of {many(len(goods), 'SKU')} ..."
    )
    try:
        with retail_day.town(sales, plan.kinds, plan.faults, seed=plan.seed) as here:
            talk(f"stocksync is up on {here.street.private.url}")
            began = time.monotonic()
            with board(screen, here) as shown:
                for tally in here.play(sales, plan.speed):
                    shown.show(tally)
                played = time.monotonic()
                ended = here.settle(shown.settle)
            took = Took(playing_s=played - began, settling_s=time.monotonic() - played)
            tell(here, ended, took, as_json=options["as_json"])
    except (NotUp, NotOpened) as e:
        raise FoundWrong(str(e)) from e
    sys.exit(0 if ended.well else 1)


def _plan(file: Path, options: dict[str, Any]) -> Plan:
    kinds = [kind.strip() for kind in options["channels"].split(",")]
    for kind in kinds:
        if kind not in retail_day.KINDS:
            raise Refused(
                f"--channels: there is no sandbox of {kind!r}; use {', '.join(retail_day.KINDS)}"
            )
    if kinds.count(TILL) > 1:
        raise Refused("--channels: one till stands on the street; name till once")
    names = retail_day.names_of(kinds)
    down = [_read(read_down, text, "--down") for text in options["down"]]
    for one in down:
        if one.channel not in names:
            raise Refused(
                f"--down: there is no channel {one.channel}; there are {', '.join(names)}"
            )
    try:
        sales = retail.read(file)
        sales = sales if options["day"] is None else sales.on(_day(options["day"]))
    except retail.UnreadableSales as e:
        raise Refused(str(e)) from e
    return Plan(
        sales=sales,
        kinds=kinds,
        faults=Faults(
            loss=_read(read_share, options["loss"], "--loss"),
            duplicates=_read(read_share, options["duplicates"], "--duplicates"),
            reordered=options["shuffle"] is not None,
            down=down,
        ),
        seed=retail_day.SEED if options["shuffle"] is None else options["shuffle"],
        speed=options["speed"],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"--day: write a day such as 2010-12-06, not {text}") from None


def _read(reader: Callable[[str], _T], text: str, option: str) -> _T:
    try:
        return reader(text)
    except Unclear as e:
        raise Refused(f"{option}: {e}") from e
