"""The one clock: every second it does what no bell announced.

Ours and not RQ's: two schedulers of RQ would both fire, and one of them dies for good
in a long outage. The lease lies in the database, by the database's time, so that hosts
whose clocks disagree still agree on who it is.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from stocksync.core.names import ChannelName, MerchantName

LEASE_S = 10.0
RENEW_S = 3.0
SAFE_S = 6.0
"""A lease that took longer to get is not acted on; the rest of it is for the batch under way."""
BEAT_S = 1.0
BACKOFF_MAX_S = 10.0
TURNS_MAX = 2
"""Turns of one merchant in one beat; the others wait no longer than that."""

log = logging.getLogger(__name__)


class Lease:
    """The right to be the only clock. `take` asks the database for some seconds of it."""

    def __init__(
        self,
        take: Callable[[float], bool],
        give_back: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._take = take
        self._give_back = give_back
        self._now = now
        self._asked_at = float("-inf")
        self._ours = False

    def held(self) -> bool:
        """Return whether nobody else may act just now; renew it when that is due."""
        asked_at = self._now()
        if asked_at - self._asked_at < RENEW_S:
            return self._ours
        ours = self._take(LEASE_S)
        # Counted from before the question: the database may have answered late.
        self._asked_at = asked_at
        if ours != self._ours:
            log.info("clock lease taken" if ours else "clock lease left to another")
        self._ours = ours
        return ours and self._now() - asked_at < SAFE_S

    def give_back(self) -> None:
        """Let another clock begin at once."""
        if self._ours:
            self._ours = False
            self._give_back()


class Outage:
    """One thing that may fail for a while: told once, tried ever less often, told when over."""

    def __init__(self, what: str, now: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._now = now
        self._since: float | None = None
        self._again_at = float("-inf")
        self._wait_s = 0.0

    def attempt(self, act: Callable[[], None]) -> None:
        """Run it unless it failed a moment ago. No exception of it comes out."""
        if self._now() < self._again_at:
            return
        try:
            act()
        except Exception as e:
            self._wait_s = min(BACKOFF_MAX_S, 2 * self._wait_s or BEAT_S)
            self._again_at = self._now() + self._wait_s
            facts = {"what": self._what, "error": f"{type(e).__name__}: {e}"}
            if self._since is None:
                self._since = self._now()
                log.exception("clock failed", extra=facts)
            else:
                log.debug("clock still failed", extra=facts)
        else:
            if self._since is not None:
                outage_s = self._now() - self._since
                log.info("clock worked again", extra={"what": self._what, "outage_s": outage_s})
            self._since, self._wait_s = None, 0.0


class Clock:
    """Sweeps every merchant once a beat, while it holds the lease."""

    def __init__(
        self,
        lease: Lease,
        *,
        merchants: Callable[[], Iterable[MerchantName]],
        overdue: Callable[[MerchantName], bool],
        drain: Callable[[MerchantName], bool],
        calling: Callable[[MerchantName], Iterable[ChannelName]],
        ring_for: Callable[[MerchantName, ChannelName], bool],
        call: Callable[[MerchantName, ChannelName], None],
    ) -> None:
        self._lease = lease
        self._merchants = merchants
        self._overdue = overdue
        self._drain = drain
        self._calling = calling
        self._ring_for = ring_for
        self._call = call
        self._under_way: dict[tuple[MerchantName, ChannelName], threading.Thread] = {}
        self._all = Outage("lease")
        self._each: dict[str, Outage] = {}

    def run(self, wait: Callable[[float], bool]) -> None:
        """Beat until `wait` says stop; then give the lease back."""
        while True:
            self._all.attempt(self._beat)
            if wait(BEAT_S):
                break
        Outage("giving the lease back").attempt(self._lease.give_back)

    def _beat(self) -> None:
        if not self._lease.held():
            return
        for merchant in self._merchants():
            # One merchant's trouble is not the others'.
            outage = self._each.setdefault(merchant, Outage(f"merchant {merchant}"))
            outage.attempt(lambda merchant=merchant: self._sweep(merchant))  # type: ignore[misc]
            calls = self._each.setdefault(f"calls {merchant}", Outage(f"calls of {merchant}"))
            calls.attempt(lambda merchant=merchant: self._wake(merchant))  # type: ignore[misc]

    def _wake(self, merchant: MerchantName) -> None:
        """Ring for channels with something to do; if nobody hears it, call them ourselves.

        In a thread each: a slow shop must not stop the clock.
        """
        for channel in self._calling(merchant):
            if self._ring_for(merchant, channel):
                continue
            running = self._under_way.get((merchant, channel))
            if running is None or not running.is_alive():
                outage = Outage(f"channel {channel}")
                act = partial(self._call, merchant, channel)
                thread = threading.Thread(target=outage.attempt, args=(act,), daemon=True)
                self._under_way[merchant, channel] = thread
                thread.start()

    def _sweep(self, merchant: MerchantName) -> None:
        if not self._lease.held() or not self._overdue(merchant):
            return
        log.info("inbox swept", extra={"merchant": merchant})
        for _ in range(TURNS_MAX):
            if not self._lease.held() or not self._drain(merchant):
                return
