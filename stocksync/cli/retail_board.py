"""The live table of real sales; without a terminal, a line every few seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stocksync.cli.saying import many
from stocksync.lab.retail_books import Open
from stocksync.lab.retail_day import Tally, Town

_LOOK_S = 0.5
_LINE_S = 5.0
_BAR = 60


@dataclass(slots=True)
class Board:
    """What is on the screen: how far the invoices are, and what each channel still has to tell."""

    console: Console
    town: Town
    live: Live | None
    left: Open | None = None
    _began: float = field(default_factory=time.monotonic)
    _looked: float = 0.0
    _said: float = 0.0

    def show(self, tally: Tally) -> None:
        """Show how far the invoices are, a few times a second."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self.refresh()

    def settle(self, left: Open) -> None:
        """Show what is not at rest yet, once all invoices are played."""
        self.left = left
        self.refresh()

    def refresh(self) -> None:
        """Show it now."""
        self._looked = time.monotonic()
        if self.live is not None:
            self.live.update(_drawn(self.town, self._now(), self.left))
        elif self._looked - self._said >= _LINE_S:
            self._said = self._looked
            self.console.print(self._now(), soft_wrap=True, highlight=False, markup=False)

    def _now(self) -> str:
        tally, passed_s = self.town.tally, time.monotonic() - self._began
        lines = f"{tally.lines} of {many(tally.lines_all, 'line')}"
        if self.left is None:
            at = "" if tally.at is None else f"{tally.at:%Y-%m-%d %H:%M}, "
            return f"{at}{lines}, {passed_s:.0f} s"
        return f"{lines}, settling after {passed_s:.0f} s: {said(self.left)}"


def said(left: Open) -> str:
    """Say in words what is not at rest; "all at rest" if all is."""
    parts = [
        many(left.deliveries, "delivery to book", "deliveries to book"),
        many(left.orders, "order to read again", "orders to read again"),
        *(
            f"{many(units, 'number')} of {channel} not yet right"
            for channel, units in left.numbers.items()
        ),
    ]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "all at rest"


@contextmanager
def board(console: Console, town: Town) -> Iterator[Board]:
    """Yield a table that stays on the screen when it is over."""
    if not console.is_terminal:
        yield Board(console, town, None)
        return
    with Live(console=console, refresh_per_second=4) as live:
        shown = Board(console, town, live)
        yield shown
        shown.refresh()


def _drawn(town: Town, now: str, left: Open | None) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("channel", no_wrap=True)
    for title in ("orders", "lines", "units", "refused", "calls", "to tell", "not right"):
        table.add_column(title, justify="right", no_wrap=True)
    for channel, desk in town.desks.items():
        sold = town.tally.sold.get(channel)
        sales = ["-"] * 4
        if sold is not None:
            sales = [str(n) for n in (sold.orders, sold.lines, sold.units, sold.refused)]
        apart = "" if left is None else str(left.numbers.get(channel, 0))
        calls = str(town.street.calls(channel))
        away = " away" if channel in town.outages.away else ""
        table.add_row(f"{channel}{away}", *sales, calls, str(desk.untold()), apart)
    bar = ProgressBar(total=town.tally.lines_all, completed=town.tally.lines, width=_BAR)
    return Group(Text(now, overflow="ellipsis", no_wrap=True), Padding(bar, (0, 0, 1, 0)), table)
