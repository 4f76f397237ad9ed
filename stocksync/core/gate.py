"""Gate: whether a number may be written now, and what could be oversold at the worst.

A raise needs room in the stock and a number that we are sure of; a lowering hardly anything.
"""

from collections.abc import Iterable

from stocksync.core.belief import Belief, Way

STALE_MAX = 3
"""After so many stale compares in a row only lowering is tried, until a settled read agrees."""


def passes(exposures: Iterable[int], allow: int, reserve: int, sellable: int) -> bool:
    """Return whether the gate lets a write go: nothing can be sold twice, however late we are.

    What allows nothing new is never refused.
    """
    return allow == 0 or sum(max(0, one) for one in exposures) + allow + reserve <= sellable


def worst_case(exposures: Iterable[int], sellable: int) -> int:
    """Return how many units could be oversold if every channel sold out unheard."""
    return max(0, sum(max(0, one) for one in exposures) - sellable)


def may_raise(belief: Belief) -> bool:
    """Return whether a raise is allowed: only onto a number that we are sure of."""
    return belief.at_rest and belief.stale < STALE_MAX


def may_lower(belief: Belief, way: Way, number: int) -> bool:
    """Return whether a lowering is allowed now.

    Of a suspect listing only to 0, or below the number read by more than what nobody
    explains, or after two settled looks.
    """
    if belief.waiting or (way is Way.DELTA and (belief.doubt or belief.flights)):
        return False
    odd = belief.suspicion
    if odd is None:
        return True
    if number >= belief.likely:
        return False
    return number == 0 or odd.looks >= 2 or number < odd.number - abs(odd.residual)
