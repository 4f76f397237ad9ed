"""How answers look: tables and JSON on stdout, talk on stderr, refusals as one sentence."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST = 10_000
"""Whoever reads a pipe wants every column whole."""
_RIGHT_TO_LEFT = ("\u0590", "\u08ff")


class Column(NamedTuple):
    """One column of a table. Numbers stand right; they and what is `whole` are never folded."""

    title: str
    is_number: bool = False
    whole: bool = False


class Refused(click.ClickException):
    """Used wrongly, or the config is refused: nothing was done."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Write the sentence on stderr."""
        talk(self.message)


class FoundWrong(click.ClickException):
    """The command was right, and what it found is not."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Write the sentence on stderr."""
        talk(self.message)


def answer(text: str) -> None:
    """Write one line of the answer on stdout."""
    click.echo(text)


def answer_json(document: Any) -> None:
    """Write the answer as one JSON document on stdout."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())


def talk(text: str) -> None:
    """Write one line beside the answer, on stderr."""
    click.echo(text, err=True)


def answer_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Write a table on stdout. Numbers below 0 are red too; colour never speaks alone."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for column in columns:
        # A name is folded, never cut: people copy it.
        table.add_column(
            column.title,
            justify="right" if column.is_number else "left",
            overflow="fold",
            no_wrap=column.is_number or column.whole,
        )
    for row in rows:
        table.add_row(*map(_cell, columns, row))
    width = None if sys.stdout.isatty() else _WIDEST
    Console(file=sys.stdout, highlight=False, width=width).print(table)


def visible(text: str) -> str:
    """Return a text from outside so that it can neither steer a terminal nor reorder a line."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if sys.stdout.isatty() and any(_RIGHT_TO_LEFT[0] <= c <= _RIGHT_TO_LEFT[1] for c in shown):
        return f"\u2068{shown}\u2069"
    return shown


def many(count: int, one: str, more: str | None = None) -> str:
    """Return a number with its noun: `1 delivery`, `2 deliveries`."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def lasted(seconds: float) -> str:
    """Return a time that people take in at a glance: `4 s`, `12 min`, `3 h`, `2 days`."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def _cell(column: Column, text: str) -> Text:
    return Text(text, style="red" if column.is_number and text.startswith("-") else "")
