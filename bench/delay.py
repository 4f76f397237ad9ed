"""From the answer at the door to the last of three shops that shows the sale, at a steady pace.

26 orders a second, which is the record of a WooCommerce flash sale, of one line each; the moments
come by chance, as shoppers do. The sandbox's shops answer at once.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench import orders, processes
from bench.places import Kind
from bench.rows import Curves, Mark, Measured, Row, Size, Wrong
from bench.shops import Make
from bench.shots import fire_apart
from bench.stand import Stand, stand
from stocksync.flow.pace import percentile

MARK_P50 = Mark(text="at most 100 ms", bound=100, at_most=True, of_value=True)
MARK_P99 = Mark(text="at most 500 ms", bound=500, at_most=True, of_value=True)
RATE = 26.0
SKUS = 1000
HOT = 10
_SECONDS = {Size.QUICK: 8.0, Size.FULL: 40.0}
_CASES = (
    (Kind.SQLITE, Make.TILLS, SKUS),
    (Kind.POSTGRES, Make.TILLS, SKUS),
    (Kind.SQLITE, Make.WOO, SKUS),
    (Kind.SQLITE, Make.TILLS, HOT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """The delays of some orders at a pace, and what they cost the machine and the shops."""

    delays_ms: Sequence[float]
    shares: str
    calls: int

    @property
    def p50(self) -> float:
        """Return the delay that half of them do not exceed."""
        return self._at(0.5)

    @property
    def p99(self) -> float:
        """Return the delay that one in a hundred exceeds."""
        return self._at(0.99)

    def _at(self, share: float) -> float:
        told = percentile(self.delays_ms, share)
        if told is None:
            raise Wrong("no order was answered")
        return told


def measure(size: Size) -> Measured:
    """Send orders at the pace: to tills on either database, to WooCommerce, and of few goods."""
    rows: list[Row] = []
    facts: list[str] = []
    curves: dict[str, Sequence[float]] = {}
    for kind, make, skus in _CASES:
        with stand(kind, make, orders.skus(skus)) as here:
            found = at_pace(here, _SECONDS[size], [])
        named = f"3 {make}, {skus:,} SKUs, {kind}"
        for name, value, mark in (("p50", found.p50, MARK_P50), ("p99", found.p99, MARK_P99)):
            rows.append(
                Row(
                    name=f"delay at {RATE:.0f} orders a second, {name}, {named}",
                    value=value,
                    unit="ms",
                    mark=mark,
                    spread=f"{len(found.delays_ms):,} orders",
                )
            )
        facts.append(f"{named}: {found.calls} calls to the shops; of one core {found.shares}.")
        curves[named] = found.delays_ms
    picture = Curves(title="From answered to shown in all three shops", delays_ms=curves)
    return Measured(rows=rows, facts=facts, picture=picture)


def at_pace(here: Stand, seconds: float, taken: list[orders.Order]) -> Delayed:
    """Send orders at the pace for so long, and return how long each took; the first ones warm up.

    `taken` are all orders so far; with those of this round all numbers must be right in the end.
    """
    warm = int(2 * RATE)
    some = here.book.take(warm + int(seconds * RATE), lines=1)
    dice = random.Random(len(some))  # noqa: S311 the same moments in every run
    at: list[float] = []
    for _ in some:
        at.append((at[-1] if at else 0.0) + dice.expovariate(RATE))
    requests = [order.request(here.path) for order in some]
    before, calls = here.cpu_s(), here.shops.calls()
    fired = fire_apart(here.private.port, requests, at)
    before_now = len(taken)
    taken.extend(some)
    here.settle(taken)
    spent = {**processes.spent(before, here.cpu_s()), "sending": fired.cpu_s}
    answers = sorted((answered, place) for place, _, answered in fired.answers)
    earlier = [(0.0, order) for order in taken[:before_now]]
    now = [(answered, some[place]) for answered, place in answers]
    delays = here.shops.landed([*earlier, *now])[before_now + warm :]
    return Delayed(
        delays_ms=[1000 * one for one in delays],
        shares=processes.shares(spent, fired.ended_at - fired.began_at),
        calls=here.shops.calls() - calls,
    )
