"""What a long day leaves in memory, and what a large catalogue does to the delay."""

from statistics import median

from bench import orders, processes
from bench.delay import RATE, at_pace
from bench.pairs import Pairs
from bench.places import Kind
from bench.rows import Bars, Mark, Measured, Row, Size
from bench.shops import Make
from bench.shots import fire_apart
from bench.stand import Stand, stand

MARK = Mark(text="at most 150 MB", bound=150, at_most=True, of_value=True)
MARK_GROWTH = Mark(text="within 1.3 x", bound=1.3, at_most=True)
_DELIVERIES = {Size.QUICK: 4_000, Size.FULL: 100_000}
_PIECE = 5_000
_FEW = 1_000
_MANY = {Size.QUICK: 10_000, Size.FULL: 100_000}
_ROUNDS = {Size.QUICK: 2, Size.FULL: 4}
_SECONDS = {Size.QUICK: 4.0, Size.FULL: 15.0}


def measure(size: Size) -> Measured:
    """Feed one installation for long, and sell from a small and a large catalogue by turns."""
    with (
        stand(Kind.SQLITE, Make.TILLS, orders.skus(_FEW)) as small,
        stand(Kind.SQLITE, Make.TILLS, orders.skus(_MANY[size])) as large,
    ):
        taken: dict[int, list[orders.Order]] = {small.pid: [], large.pid: []}
        of_large: list[float] = []
        of_small: list[float] = []
        for _ in range(_ROUNDS[size]):
            of_large.append(_p50(large, _SECONDS[size], taken[large.pid]))
            of_small.append(_p50(small, _SECONDS[size], taken[small.pid]))
        pairs = Pairs(ours=of_large, theirs=of_small)
        at_first = processes.memory_mb([small.pid])
        _feed(small, _DELIVERIES[size], taken[small.pid])
        held = processes.memory_mb([small.pid])
    rows = [
        Row(
            name=f"memory of the largest process after {_DELIVERIES[size]:,} deliveries",
            value=max(held.values()),
            unit="MB",
            mark=MARK,
            spread="one run",
        ),
        pairs.row(f"delay p50 with {_MANY[size]:,} SKUs", "ms", f"with {_FEW:,} SKUs", MARK_GROWTH),
    ]
    grown = ", ".join(
        f"{name} {at_first.get(name, 0.0):.0f} to {now:.0f} MB" for name, now in held.items()
    )
    facts = [
        f"Largest process of each kind, before and after: {grown}.",
        f"p50 at {RATE:.0f} orders a second: {median(of_small):.0f} ms with {_FEW:,} SKUs, "
        f"{median(of_large):.0f} ms with {_MANY[size]:,}.",
    ]
    picture = Bars(title="Memory of the largest process of each kind", unit="MB", bars=held)
    return Measured(rows=rows, facts=facts, picture=picture)


def _p50(here: Stand, seconds: float, taken: list[orders.Order]) -> float:
    return at_pace(here, seconds, taken).p50


def _feed(here: Stand, count: int, taken: list[orders.Order]) -> None:
    for start in range(0, count, _PIECE):
        some = here.book.take(min(_PIECE, count - start), lines=1)
        taken.extend(some)
        fire_apart(here.private.port, [order.request(here.path) for order in some])
        here.settle(taken)
