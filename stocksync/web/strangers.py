"""Slows down those who prove nothing. Who proves itself is never slowed down."""

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

UNPROVEN_A_MINUTE = 20
_ONE_HOME = 64  # the bits of an IPv6 address that a sender cannot choose


class Strangers:
    """Counts refused calls per address for a minute, in the memory of this process."""

    def __init__(self) -> None:
        # A moving window would keep every address it ever saw.
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(UNPROVEN_A_MINUTE)

    def wait_s(self, peer: str) -> int | None:
        """Count one refused call; return how long to stay away, once there were too many."""
        home = _home(peer)
        if self._limiter.hit(self._limit, home):
            return None
        window = self._limiter.get_window_stats(self._limit, home)
        return max(1, math.ceil(window.reset_time - time.time()))


def _home(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, _ONE_HOME), strict=False))
