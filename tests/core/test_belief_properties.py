"""Whatever shops and networks do, the guarantees of docs/concepts/belief.md hold at every step."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.core import belief, gate
from stocksync.core.belief import Way
from tests.core.test_belief_shops import OURS, Fate, World

PUSHES_MAX = {Way.COMPARED: 2, Way.DELTA: 3, Way.ABSOLUTE: 3}
ROUNDS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """Which of the excused things happen: with none of them, nothing at all is excused.

    Edits of one run go one way: two that cancel between two reads are not seen.
    """

    walk_in: bool
    oversells: bool
    edits: int


@dataclass(frozen=True, slots=True)
class Move:
    """Something that happens: the first of `VERBS` from `verb` on that can happen at this shop."""

    verb: int
    at: int
    number: int


# What can rarely happen comes before what leads to it, so that few moves are wasted.
VERBS = (
    *("answers", "lands", "sends", "sells", "hears_sale", "pulls", "reads"),
    *("grows_old", "retries", "gives_up", "sends_in_hope", "sells_all", "hears_all"),
    *("loses", "answers", "lands", "sends", "oversells", "sells", "is_edited", "pulls"),
    *("hears_passed", "cancels_early", "hears_restock", "is_told", "sends", "restocks"),
    *("answers", "lands", "sends_in_hope", "is_edited", "hears_sale", "pulls", "reads"),
    *("is_told", "sends", "lands", "sells", "answers", "gives_up", "grows_old", "asks"),
    *("walk_in", "answers", "lands", "answers", "sends", "hears_sale", "pulls", "reads"),
)
WAYS = [Way.COMPARED, Way.COMPARED, Way.ABSOLUTE, Way.DELTA]
shops = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 4)), min_size=2, max_size=3)
troubles = st.builds(
    Troubles, walk_in=st.booleans(), oversells=st.booleans(), edits=st.sampled_from((0, 1, -1))
)
moves = st.lists(
    st.builds(Move, st.integers(0, len(VERBS) - 1), st.integers(0, 2), st.integers(0, 5)),
    min_size=10,
    max_size=60,
)


def make(world: World, move: Move, troubles: Troubles) -> str:
    """Let one thing happen, and say what it was."""
    at = move.at % len(world.shops)
    around = (*VERBS[move.verb :], *VERBS[: move.verb])
    return next(verb for verb in around if happens(world, verb, at, move.number, troubles))


def happens(world: World, verb: str, at: int, number: int, troubles: Troubles) -> bool:
    """Do one thing, or return that it cannot happen now."""
    belief, way = world.shops[at].belief, world.shops[at].way
    match verb:
        case "sells_all":
            return world.sells(at, 9)
        case "sends":
            # As the hub does: a raise only onto a number that we are sure of.
            lower = number < belief.likely and gate.may_lower(belief, way, number)
            return (lower or gate.may_raise(belief)) and world.sends(number, at)
        case "sends_in_hope":
            # Nothing may depend on that caution: the gate alone must hold, but where a debt
            # hides behind writes of unknown end.
            hidden = bool(belief.flights) and belief.exposure < belief.alive
            return not (hidden and number > belief.likely) and world.sends(number, at)
        case "lands":
            return world.lands(at, number)
        case "loses":
            return world.loses(at, number)
        case "walk_in":
            return troubles.walk_in and world.walk_in()
        case "oversells":
            return troubles.oversells and world.oversells(at)
        case "is_edited":
            # An edit under an absolute write is overwritten, and nobody is told: not promised.
            units = troubles.edits * (1 + number // 2)
            return bool(units) and way is not Way.ABSOLUTE and world.is_edited(at, units)
        case _:
            return bool(getattr(world, verb)(at))


def shares(sellable: int, count: int) -> list[int]:
    """Return what each shop should show: a function of the stock alone."""
    units, rest = divmod(max(0, sellable), count)
    return [units + (one < rest) for one in range(count)]


def look(world: World, at: int) -> None:
    world.reads(at)
    world.pulls(at)


def bring_home(world: World, at: int) -> None:
    """Let every write of a shop arrive and be answered, or pass its longest life."""
    while world.shops[at].belief.flights:
        if not (world.lands(at) or world.answers(at) or world.grows_old(at)):
            world.gives_up(at)


def push(world: World, at: int, wanted: int) -> bool:
    """Send one number towards what is wanted, as far as the gate lets it go."""
    shop = world.shops[at]
    believed = shop.belief.believed
    if wanted == max(0, believed) or not shop.belief.at_rest:
        return False
    if world.sends(wanted, at):
        return True
    if shop.way is Way.ABSOLUTE and believed > 0:
        return world.sends(0, at)
    return any(world.sends(part, at) for part in range(wanted - 1, believed, -1))


def drain(world: World) -> None:
    """Stop all faults and go on until nothing is left to do; count the pushes of each number."""
    count = len(world.shops)
    pushes, sellable = [0] * count, world.sellable
    for turn in range(ROUNDS_MAX):
        for at, shop in enumerate(world.shops):
            bring_home(world, at)
            world.pulls(at)
            if turn < 3 or belief.needs_check(shop.belief):
                look(world, at)
        if world.sellable != sellable:
            pushes, sellable = [0] * count, world.sellable
        wanted = shares(sellable, count)
        if all(belief.converged(o.belief, w) for o, w in zip(world.shops, wanted, strict=True)):
            break
        lowest_first = sorted(
            range(count), key=lambda at: wanted[at] - world.shops[at].belief.believed
        )
        for at in lowest_first:
            if push(world, at, wanted[at]):
                pushes[at] += 1
                bring_home(world, at)
                world.pulls(at)
        assert world.broken() == ""
    settled(world, pushes)


def settled(world: World, pushes: Sequence[int]) -> None:
    """Shown, wanted, believed and exposure are one number everywhere, after few pushes."""
    for shop, wanted, count in zip(
        world.shops, shares(world.sellable, len(world.shops)), pushes, strict=True
    ):
        assert max(0, shop.shows) == wanted
        assert belief.converged(shop.belief, wanted)
        assert (shop.unheard, shop.back, shop.passed) == (0, 0, 0)
        assert count <= PUSHES_MAX[shop.way]


@settings(max_examples=600, deadline=None)
@given(shops, st.integers(0, 2), troubles, moves)
def test_nothing_is_sold_twice_and_it_comes_to_rest(
    shown: list[tuple[Way, int]], spare: int, troubles: Troubles, moves: list[Move]
) -> None:
    world = World(OURS, sum(units for _, units in shown) + spare, *shown)

    for move in moves:
        make(world, move, troubles)
        assert world.broken() == ""
    drain(world)

    truth = world.goods
    assert world.unseen or world.sellable == truth
    assert world.oversold <= world.fewer + world.unseen or troubles.edits
    assert all(
        letter.fate is not Fate.FLYING for one in world.shops for letter in one.letters.values()
    )
