"""Row ids made without the database: 43 bits of milliseconds, then 20 bits that never repeat."""

import os
import threading
import time
from datetime import datetime

_BITS = 20
_lock = threading.Lock()
_last = 0


def first_id(moment: datetime) -> int:
    """Return the lowest id that a row made at a moment can have: ids rise with time."""
    return int(moment.timestamp() * 1000) << _BITS


def new_ids(count: int) -> list[int]:
    """Return rising ids, unlike any other of this process, and hardly like another's.

    Two processes may meet in the same millisecond by chance: the insert then fails as a
    whole, and whoever made it repeats it with new ids.
    """
    global _last
    with _lock:
        start = (time.time_ns() // 1_000_000) << _BITS | int.from_bytes(os.urandom(2))
        first = max(start, _last + 1)
        _last = first + count - 1
        return list(range(first, first + count))
