"""Work on channels here and now, beside the workers of a running `up` if there is one."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from stocksync.cli.opening import Shop
from stocksync.cli.saying import FoundWrong
from stocksync.cli.sides import stuck
from stocksync.core.names import ChannelName
from stocksync.doorbell import PUSH
from stocksync.flow import apply, turn
from stocksync.flow.outgoing import Outgoing
from stocksync.store.session import is_transient
from stocksync.wiring import utc_now

HOLDER = f"{socket.gethostname()}:{os.getpid()}:command"
_LOOK_S = 0.2


def work(
    here: Shop,
    ones: Sequence[Outgoing],
    is_done: Callable[[], bool],
    timeout_s: float,
) -> bool:
    """Take turns at channels and book what they bring until it is done; False if it was not.

    A channel that a worker is at is left to it, and looked at again.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            if is_done():
                return True
            refuse_if_stuck(here, ones)
            if time.monotonic() >= deadline:
                return False
            worked = _round(here, ones)
        except Exception as e:
            if not is_transient(e) or time.monotonic() >= deadline:
                raise
            worked = False
        if not worked:
            time.sleep(max(0.0, min(_LOOK_S, deadline - time.monotonic())))


def refuse_if_stuck(here: Shop, ones: Sequence[Outgoing]) -> None:
    """Return if every channel can be worked on, or say which cannot and why."""
    reason = stuck(here, ones)
    if reason is not None:
        raise FoundWrong(reason)


def wake(here: Shop, channel: ChannelName) -> bool:
    """Ring for a channel; return whether a worker hears it."""
    return here.system.doorbell.ring(PUSH, here.name, channel)


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield bars on stderr, where somebody watches."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        yield bars


def _round(here: Shop, ones: Sequence[Outgoing]) -> bool:
    """Take one turn at each channel, and apply what waits; return whether there was anything."""
    worked = False
    for one in ones:
        turned = turn.turn(one, HOLDER)
        worked = worked or (turned is not None and bool(turned.new or turned.more))
    drained = apply.drain(
        here.database,
        here.trade,
        here.system.channels_of(here.name),
        utc_now,
        lingers_most=0,
    )
    return worked or bool(drained.applied)
