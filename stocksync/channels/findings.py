"""What the doctors of several channels say alike of one thing that they looked at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import CallError

CLOCKS_APART_MAX: Final = timedelta(seconds=60)
NAMED_MAX: Final = 5


def well(code: str, words: str) -> Finding:
    """Return a thing that is as it should be."""
    return Finding(code=code, health=Health.WELL, words=words)


def trouble(code: str, words: str, way_out: str) -> Finding:
    """Return a thing that a person must settle."""
    return Finding(code=code, health=Health.TROUBLE, words=words, way_out=way_out)


def failed(code: str, e: CallError, way_out: str) -> Finding:
    """Return a thing that could not be looked at; `way_out` is for an error that names none."""
    said, _, named = e.detail.partition("; ")
    return trouble(code, said, named or way_out)


def counted(code: str, names: Sequence[str], words: str, way_out: str) -> Finding:
    """Return how a thing is that should be true of none; it is well if there is none."""
    if not names:
        return well(code, f"no {words}")
    some = ", ".join(names[:NAMED_MAX]) + (", ..." if len(names) > NAMED_MAX else "")
    return trouble(code, f"{len(names)} {words}: {some}", way_out)


def clock(asked_at: datetime | None, way_out: str) -> Finding:
    """Return how the clock of a shop is that told `asked_at` just now."""
    if asked_at is None:
        return well("clock", "the shop does not tell its time")
    apart = abs(asked_at - datetime.now(UTC))
    if apart <= CLOCKS_APART_MAX:
        return well("clock", "the shop's clock and ours agree")
    words = f"the shop's clock and ours are {int(apart.total_seconds())} s apart"
    return trouble("clock", words, way_out)


def polling_only() -> Finding:
    """Return how the webhooks of a channel are that no shop can reach."""
    return well(
        "delivery-url", "no public address or no secret for webhooks is set, so it is only polled"
    )
