"""What can be made to go wrong at a till, one named mishap at a time or by chance."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random


class Mishap(StrEnum):
    """What may happen to one call."""

    CUT_BEFORE = "cut_before"
    """The line breaks and nothing is done."""
    CUT_AFTER = "cut_after"
    """Done, and the line breaks before the answer."""
    LATE = "late"
    """The line breaks; the write lands `late_by` later."""
    THROTTLED = "throttled"
    """429, nothing is done."""
    BROKEN_BEFORE = "broken_before"
    """503, nothing is done."""
    BROKEN_AFTER = "broken_after"
    """500, and yet it is done."""
    ACCEPTED = "accepted"
    """202 without results; it is done."""
    HALF = "half"
    """Done; the answer holds every second result."""
    FOREIGN = "foreign"
    """Done; the answer tells of other SKUs."""
    HTML = "html"
    """Done; 200 with a page of HTML."""
    REDIRECT = "redirect"
    """307 to `redirect_to`, nothing is done."""


@dataclass(slots=True, kw_only=True)
class Knobs:
    """Everything about a till that can be turned while it runs.

    `next_pushes` and `next_reads` are used up first, one a call; after them `push_rates` and
    `read_rates` say how likely each mishap is. A write of `refused` SKUs is rejected with words.
    """

    latency_s: float = 0.0
    next_pushes: list[Mishap] = field(default_factory=list)
    next_reads: list[Mishap] = field(default_factory=list)
    push_rates: dict[Mishap, float] = field(default_factory=dict)
    read_rates: dict[Mishap, float] = field(default_factory=dict)
    late_by: timedelta = timedelta(seconds=30)
    retry_after: str | None = "1"
    redirect_to: str = "http://127.0.0.1:9/elsewhere"
    compares: bool = True
    """False: an older system, which sets whatever is asked."""
    forgets_sequences: bool = False
    forgets_keys: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    page_size: int = 100

    webhook_delay: tuple[timedelta, timedelta] = (timedelta(0), timedelta(0))
    """Each message waits a time between these two."""
    webhook_loss: float = 0.0
    """How likely a message is never sent, though the till believes that it was."""
    webhook_copies: float = 0.0
    """How likely a message is sent once more after it was taken."""
    webhook_shuffle: bool = False
    """Messages that wait leave in any order."""

    def of_push(self, chance: Random) -> Mishap | None:
        """Return what happens to the push that comes in now."""
        return _drawn(self.next_pushes, self.push_rates, chance)

    def of_read(self, chance: Random) -> Mishap | None:
        """Return what happens to the read that comes in now."""
        return _drawn(self.next_reads, self.read_rates, chance)


def _drawn(queue: list[Mishap], rates: dict[Mishap, float], chance: Random) -> Mishap | None:
    if queue:
        return queue.pop(0)
    for mishap, rate in rates.items():
        if chance.random() < rate:
            return mishap
    return None
