"""What a sender's time means on our clock (DESIGN 4).

Each message is corrected by its own stamp alone, so that no other message, and no order
of arrival, changes what it means.
"""

from datetime import datetime, timedelta

from stocksync.core.facts import EXACT

_SURE = timedelta(seconds=5)
_PROMPT = timedelta(minutes=5)
"""A message later than this was waiting somewhere; no clock that is looked after is so slow."""


def correct(
    said: datetime, stamped_at: datetime | None, received_at: datetime
) -> tuple[datetime, timedelta]:
    """Return a moment on our clock, and how much later it may have been.

    Nothing arrives before it is sent: a stamp that lies after the receipt is a clock that
    runs ahead by at least that. One that lies a little before it may be a slow clock or a
    slow road, and stays a doubt. No moment lies after the receipt.
    """
    lag = received_at - stamped_at if stamped_at is not None else EXACT
    at = min(said + min(lag, EXACT), received_at)
    doubt = lag if _SURE < lag <= _PROMPT else EXACT
    return at, min(doubt, received_at - at)
