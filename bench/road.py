"""The whole road: sale in, three channels confirmed; beside the design that everybody writes first.

As many orders as the doors take, of three lines over 1,000 SKUs, from the first request to the
moment at which all three tills were told of the last. Ours folds what comes together; the naive
design does each by itself, with as many worker processes, on the same kind of server and database.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from bench import orders, processes
from bench.naive.running import WORKERS, Naive, naive
from bench.pairs import Pairs
from bench.places import Kind
from bench.rows import Bars, Mark, Measured, Size
from bench.shops import Make
from bench.shots import fire_apart
from bench.stand import Stand, stand

MARK = Mark(text="20 x", bound=20.0)
AGAINST = "the naive design, PostgreSQL"
SKUS = 1000
_ROUNDS = {Size.QUICK: 2, Size.FULL: 4}
_OURS = {Size.QUICK: 1000, Size.FULL: 3000}
_NAIVE = {Size.QUICK: 60, Size.FULL: 200}


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """One side under fire, and what each round said."""

    side: Stand | Naive
    port: int
    taken: list[orders.Order] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    shares: list[str] = field(default_factory=list)
    sandbox: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def round(self, count: int) -> None:
        """Send so many orders at once, and note how many a second went the whole road."""
        some = self.side.book.take(count)
        self.taken.extend(some)
        requests = [order.request(self.side.path) for order in some]
        before, calls = self.side.cpu_s(), self.side.shops.calls()
        fired = fire_apart(self.port, requests)
        passed_s = self.side.settle(self.taken) - fired.began_at
        spent = processes.spent(before, self.side.cpu_s())
        self.rates.append(count / passed_s)
        self.refused.append(fired.refused)
        self.sandbox.append(spent["sandbox"] / sum(spent.values()))
        self.shares.append(processes.shares({**spent, "sending": fired.cpu_s}, passed_s))
        self.calls.append((self.side.shops.calls() - calls) / count)


def measure(size: Size) -> Measured:
    """Drive ours on either database and the naive design by turns."""
    skus = orders.skus(SKUS)
    with ExitStack() as stack:
        first = stack.enter_context(naive(Make.TILLS, skus))
        theirs = Driven(side=first, port=first.port)
        ours: dict[Kind, Driven] = {}
        for kind in Kind:
            one = stack.enter_context(stand(kind, Make.TILLS, skus))
            ours[kind] = Driven(side=one, port=one.private.port)
        for _ in range(_ROUNDS[size]):
            theirs.round(_NAIVE[size])
            for driven in ours.values():
                driven.round(_OURS[size])
    rows = []
    for kind, driven in ours.items():
        pairs = Pairs(ours=driven.rates, theirs=theirs.rates)
        name = f"whole road to three tills, {kind}"
        rows.append(pairs.row(name, "orders a second", AGAINST, MARK))
    named = {"naive design": theirs, **{f"stocksync, {kind}": one for kind, one in ours.items()}}
    facts = [
        f"{_OURS[size]:,} orders a round of ours, {_NAIVE[size]} of the naive design, which runs "
        f"{WORKERS} forking workers.",
        *(_fact(name, driven) for name, driven in named.items()),
    ]
    bars = {name: median(driven.rates) for name, driven in named.items()}
    picture = Bars(title="The whole road", unit="orders a second", bars=bars)
    return Measured(rows=rows, facts=facts, picture=picture)


def _fact(name: str, driven: Driven) -> str:
    return (
        f"{name}: {median(driven.calls):.2f} calls an order; the sandbox's share of the work is "
        f"{median(driven.sandbox):.0%}; the door asked {sum(driven.refused)} times for a second "
        f"try; of one core, in the last round: {driven.shares[-1]}."
    )
