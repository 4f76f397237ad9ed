"""A recorded day on the terminal: a live table while it runs, the verdict when it is over."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stocksync.cli.saying import many
from stocksync.core.names import ChannelName, MerchantName
from stocksync.lab.compare import Difference
from stocksync.lab.progress import Seen, look
from stocksync.lab.replay import Tally
from stocksync.lab.settled import Numbers
from stocksync.store.session import AWAY, Database

_LOOK_S = 0.2
_LOWEST = 6
_DIFFERENCES_SHOWN = 40


@dataclass(slots=True)
class Board:
    """The live table of one replay. `sold` is how far stock has fallen since the start."""

    database: Database
    merchant: MerchantName
    channel: ChannelName
    live: Live
    tally: Tally | None = None
    seen: Seen | None = None
    opened: Seen | None = None
    waits: str = ""
    _looked: float = 0.0

    def show(self, tally: Tally) -> None:
        """Show how far it is; look at the database a few times a second."""
        self.tally = tally
        if time.monotonic() - self._looked >= _LOOK_S:
            self.refresh()

    def wait_for(self, left: Numbers) -> None:
        """Show what of the shop's numbers is not settled yet."""
        self.waits = "" if left.settled else f"still {said(left)}"
        if time.monotonic() - self._looked >= _LOOK_S:
            self.refresh()

    def refresh(self) -> None:
        """Look now. A database that is away for a moment leaves the last look standing."""
        try:
            with self.database.reading() as tx:
                self.seen = look(tx, self.merchant, self.channel)
        except AWAY:
            return
        self.opened = self.opened or self.seen
        self._looked = time.monotonic()
        self.live.update(self._drawn())

    def _drawn(self) -> RenderableType:
        tally, seen, opened = self.tally, self.seen, self.opened
        if tally is None or seen is None or opened is None:
            return Text("starting ...")
        rows = (
            (
                "door",
                (sum(tally.answers.values()), "answered"),
                (tally.answers.get("duplicate", 0), "duplicates"),
                (tally.repeated, "sent again"),
            ),
            (
                "inbox",
                (seen.booked, "booked"),
                (seen.ignored, "not about stock"),
                (seen.waiting, "waiting"),
                (seen.parked, "parked"),
            ),
            (
                "stock",
                (seen.on_hand, "on the shelf"),
                (opened.on_hand, "at opening"),
                (seen.committed, "promised"),
            ),
        )
        bar = ProgressBar(total=tally.total, completed=tally.sent, width=60)
        told = [Text(self.waits, style="dim")] if self.waits else []
        return Group(
            Padding(bar, (0, 0, 1, 0)), _counts(rows), *told, Text(), _lowest(seen, opened)
        )


def said(left: Numbers) -> str:
    """Say in words what of a shop's numbers is not settled; nothing if all is."""
    if left.shut is not None:
        return f"not calling the shop: {left.shut}"
    parts = (
        (left.waiting, "delivery to book", "deliveries to book"),
        (left.asked, "order to read again", "orders to read again"),
        (left.suspect, "second look at a number", "second looks at numbers"),
        (left.unread, "number to read once more", "numbers to read once more"),
        (left.parked, "listing that needs a person", "listings that need a person"),
    )
    return ", ".join(many(units, one, more) for units, one, more in parts if units)


def _counts(rows: Sequence[tuple[str, *tuple[tuple[int, str], ...]]]) -> Table:
    """Return numbers with their words, a line each, that fit a narrow terminal."""
    table = Table.grid(padding=(0, 1))
    table.add_column(style="bold")
    for _ in range(4):
        table.add_column(justify="right")
        table.add_column()
    for title, *counts in rows:
        cells = [text for number, word in counts for text in (str(number), word)]
        table.add_row(title, *cells)
    return table


def _lowest(seen: Seen, opened: Seen) -> Table:
    moved = sorted(
        (units, sku) for sku, units in seen.available.items() if units != opened.available.get(sku)
    )[:_LOWEST]
    table = Table(box=None, pad_edge=False)
    table.add_column("closest to empty")
    table.add_column("at opening", justify="right")
    table.add_column("available", justify="right")
    for units, sku in moved:
        word = "  short!" if units < 0 else ""
        table.add_row(Text(sku), str(opened.available.get(sku, 0)), f"{units}{word}")
    return table


@contextmanager
def board(
    console: Console, database: Database, merchant: MerchantName, channel: ChannelName
) -> Iterator[Board]:
    """Yield a live table that stays on the screen when it is over."""
    with Live(console=console, refresh_per_second=8) as live:
        one = Board(database, merchant, channel, live)
        one.refresh()
        yield one
        one.refresh()


def show_differences(console: Console, found: list[Difference]) -> None:
    """Print what differs from the truth, a line each."""
    table = Table(title="Not as the shop's own books say", title_justify="left")
    table.add_column("what")
    table.add_column("expected", justify="right")
    table.add_column("found", justify="right")
    for one in found[:_DIFFERENCES_SHOWN]:
        table.add_row(Text(one.what), str(one.expected), str(one.found))
    console.print(table)
    if len(found) > _DIFFERENCES_SHOWN:
        console.print(f"... and {len(found) - _DIFFERENCES_SHOWN} more")
