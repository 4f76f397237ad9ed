"""Wait until everything that was answered is booked."""

import time

from stocksync.core.names import MerchantName
from stocksync.store import views
from stocksync.store.session import AWAY, Database

_LOOK_S = 0.05


def settle(database: Database, merchant: MerchantName, timeout_s: float) -> views.Waiting:
    """Return what still waits when nothing does, or when the time is over.

    A database that is away for a moment is asked again.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with database.reading() as tx:
                left = views.waiting(tx, merchant)
        except AWAY:
            if time.monotonic() > deadline:
                raise
        else:
            if left.pending == 0 or time.monotonic() > deadline:
                return left
        time.sleep(_LOOK_S)
