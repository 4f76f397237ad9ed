"""Edits: what stands between a number that nobody explains and the pool.

A late sale must never be taken for an edit, nor an edit be taken twice. In doubt the pool
ends too low and never too high (docs/concepts/edits.md).
"""

from dataclasses import dataclass
from enum import StrEnum

from stocksync.core.plan import Limits
from stocksync.core.rules import ManualEdits

TWICE = "seen twice, and no order explains it"
AT_ONCE = "seen once, and it had to be lowered further at once"
PUT_BACK = "seen twice: what an edit took out of an order stands on the shelf again"
IN_DOUBT = "found after a write of ours was in doubt: it may be ours, or landed over sales"


class Verdict(StrEnum):
    """What becomes of a number that was seen twice."""

    AGREED = "agreed"
    """It is what the pool would show: nothing to book, nothing to write."""
    ADOPT = "adopt"
    """The difference is booked into the pool."""
    OVERWRITE = "overwrite"
    """The pool stands, and our number is written again."""
    ASK = "ask"
    """Nothing is booked or written before a person says so."""
    STOP = "stop"
    """Too much at once: an incident, and no more of this channel's numbers."""
    DRIFT = "drift"
    """Found in doubt, and never judged: believed as it is, nothing booked, ours written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that the judgement of one edit looks at.

    `pool` is what the listing would show before it is cut at 0. `sold_since`, `bypassed_since`
    and `wrote_since` are the belief's. `met_pool`: it was the pool's number at every look, or the
    same SKU was edited on another channel within a day; a number that sales elsewhere have met by
    now says nothing. `raised_elsewhere`: it was raised there. `zeroed` and `skus_now` of
    `skus_all` are this edit and those of the last ten minutes, `units_today` the units of this SKU
    adopted from this channel within a day. `removed` units may have been put back by edits of
    orders.
    """

    residual: int
    number: int
    pool: int
    clipped: bool
    sold_since: int
    bypassed_since: int
    wrote_since: bool
    met_pool: bool
    raised_elsewhere: bool
    zeroed: int
    skus_now: int
    skus_all: int
    units_today: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, and its reason in words for a person."""

    verdict: Verdict
    why: str


def judge(sight: Sight, policy: ManualEdits, limits: Limits) -> Judgement:
    """Return what becomes of an edit that two looks agree on (BELIEF, Edits 3 and 4)."""
    if sight.number == sight.pool and sight.met_pool:
        return Judgement(verdict=Verdict.AGREED, why="it is the pool's own number")
    beyond = _beyond(sight, limits)
    if beyond is not None:
        return Judgement(verdict=Verdict.STOP, why=beyond)
    if 0 < sight.residual <= sight.removed:
        return Judgement(verdict=Verdict.ADOPT, why=PUT_BACK)
    match policy:
        case ManualEdits.OVERWRITE:
            return Judgement(verdict=Verdict.OVERWRITE, why="manual_edits: overwrite")
        case ManualEdits.ALERT:
            return Judgement(verdict=Verdict.ASK, why="manual_edits: alert")
        case ManualEdits.ADOPT:
            pass
    unsure = _unsure(sight)
    if unsure is not None:
        return Judgement(verdict=Verdict.OVERWRITE, why=unsure)
    return Judgement(verdict=Verdict.ADOPT, why=TWICE)


def _unsure(sight: Sight) -> str | None:
    """Return why the number may be of our own making, or says nothing about the shelf."""
    if sight.clipped:
        return "the offer is clipped by a rule, so its number says nothing about the shelf"
    if sight.residual > 0 and sight.wrote_since and sight.residual <= sight.sold_since:
        return "it may be our own write, landed over sales"
    if 0 < sight.residual <= sight.bypassed_since:
        return "another app sold these units, and the shop may not have taken them from its number"
    if sight.residual > 0 and sight.raised_elsewhere:
        return "the same SKU was raised by hand on another channel within a day"
    return None


def _beyond(sight: Sight, limits: Limits) -> str | None:
    """Return which limit of the blast radius this edit would pass."""
    if (
        limits.zero_share is not None
        and sight.number <= 0
        and sight.zeroed > 1
        and sight.zeroed > limits.zero_share * sight.skus_all
    ):
        return f"{sight.zeroed} of {sight.skus_all} SKUs went to 0 in ten minutes"
    if limits.skus_in_10m is not None and sight.skus_now > limits.skus_in_10m:
        return f"{sight.skus_now} SKUs were changed in ten minutes"
    if (
        limits.units_a_day is not None
        and sight.units_today + abs(sight.residual) > limits.units_a_day
    ):
        return f"{sight.units_today + abs(sight.residual)} units of one SKU in a day"
    return None
