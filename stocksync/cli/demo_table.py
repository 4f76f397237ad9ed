"""The live table of the demo; without a terminal, a line every few seconds."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stocksync.cli.demo_look import Look, Shelf, Standing
from stocksync.cli.saying import many
from stocksync.store.session import is_transient

_LOOK_S = 0.25
_LINE_S = 5.0
_WIDE = 64
_SHELVES_LEAST = 3
_LINES_BESIDE = 7


@dataclass(slots=True)
class Board:
    """What is on the screen. `worst` is the largest worst case that was seen."""

    console: Console
    look: Callable[[], Look]
    live: Live | None
    worst: int = 0
    _looked: float = 0.0
    _said: float = 0.0

    def show(self, now: str, news: Sequence[str] = ()) -> None:
        """Look a few times a second; a database that is away leaves the last look standing."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self.refresh(now, news)

    def refresh(self, now: str, news: Sequence[str] = ()) -> None:
        """Look at once."""
        try:
            seen = self.look()
        except Exception as e:
            if not is_transient(e):
                raise
            return
        self._looked = time.monotonic()
        self.worst = max(self.worst, seen.worst)
        if self.live is not None:
            size = self.console.size
            self.live.update(drawn(seen, now, news, width=size.width, height=size.height))
        elif self._looked - self._said >= _LINE_S:
            self._said = self._looked
            self.console.print(line(seen, now), soft_wrap=True, highlight=False, markup=False)


@contextmanager
def board(console: Console, look: Callable[[], Look]) -> Iterator[Board]:
    """Yield a table that stays on the screen when it is over."""
    if not console.is_terminal:
        yield Board(console, look, None)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield Board(console, look, live)


def line(seen: Look, now: str) -> str:
    """Return a look in one line."""
    sold = ", ".join(f"{one.channel} {one.sold}" for one in seen.standings)
    return (
        f"{now}; sold {sold}; {many(seen.refused, 'shopper')} refused; "
        f"{_open(seen)}; worst case {seen.worst}"
    )


def drawn(
    seen: Look, now: str, news: Sequence[str] = (), *, width: int, height: int
) -> RenderableType:
    """Return a look as tables that fit a terminal of this size."""
    wide = width >= _WIDE
    channels = _by_channel(seen.standings) if wide else _by_figure(seen.standings)
    refused = f"{many(seen.refused, 'shopper')} refused"
    notes = [_open(seen), refused, f"worst case now {seen.worst}"]
    notes = [" · ".join(notes), *news] if wide else [*notes, *news]
    rows = max(_SHELVES_LEAST, height - _LINES_BESIDE - channels.row_count - len(notes))
    return Group(
        _short(now, "bold"),
        Text(),
        channels,
        Text(),
        _shelves(seen.shelves[:rows]),
        Text(),
        *(_short(one, "dim") for one in notes),
    )


def _short(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _open(seen: Look) -> str:
    if seen.apart:
        return f"{many(seen.apart, 'number')} not yet right"
    if seen.unsure:
        return f"every number is right, {seen.unsure} to be confirmed"
    return "every number is right"


_FIGURES: Sequence[tuple[str, Callable[[Standing], str]]] = (
    ("shown", lambda one: str(one.shown)),
    ("believed", lambda one: str(one.believed)),
    ("wanted", lambda one: str(one.wanted)),
    ("last delay", lambda one: "-" if one.lag_s is None else f"{one.lag_s:.1f} s"),
    ("sold", lambda one: str(one.sold)),
    ("calls", lambda one: str(one.calls)),
)


def _grid(first: str, others: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for title in others:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _by_channel(standings: Sequence[Standing]) -> Table:
    table = _grid("channel", [title for title, _ in _FIGURES])
    for one in standings:
        table.add_row(one.channel, *(told(one) for _, told in _FIGURES))
    return table


def _by_figure(standings: Sequence[Standing]) -> Table:
    table = _grid("channel", [one.channel for one in standings])
    for title, told in _FIGURES:
        table.add_row(title, *(told(one) for one in standings))
    return table


def _shelves(shelves: Sequence[Shelf]) -> Table:
    names = list(shelves[0].shown) if shelves else []
    table = _grid("sku", ["pool", *names])
    for shelf in shelves:
        pool = Text(str(shelf.pool), style="red" if shelf.pool < 0 else "")
        table.add_row(shelf.sku, pool, *(_cell(shelf.shown[x], shelf.wanted[x]) for x in names))
    return table


def _cell(shown: int, wanted: int) -> Text:
    """Return what is shown, and what it will be; colour never speaks alone."""
    if shown == wanted:
        return Text(str(shown))
    return Text(f"{shown} → {wanted}", style="yellow")
