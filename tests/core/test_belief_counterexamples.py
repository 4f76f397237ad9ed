"""Each weaker wording of a rule breaks a promise: the story with our rule, and with the weak one.

The names W1 to L1 are those of docs/concepts/belief.md. A story is a fixed list of moves; what
a rule forbids does not happen in it (`World` says so), which is how ours keeps its promise.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from stocksync.core import belief, flights, gate, reads
from stocksync.core.belief import Belief, Way
from stocksync.core.reads import Settled
from tests.core.test_belief_shops import OURS, Rules, World

COMPARED, DELTA, ABSOLUTE = Way.COMPARED, Way.DELTA, Way.ABSOLUTE


def writes(world: World, number: int, at: int = 0) -> bool:
    """Write a number with nothing in the way."""
    return world.sends(number, at) and world.lands(at) and world.answers(at)


def looks(world: World, at: int = 0) -> bool:
    """Read a number, and pull the orders after it."""
    return world.reads(at) and world.pulls(at)


def confirm_sets_believed(belief: Belief, flight_id: int, now: datetime, after: int) -> Belief:
    number = next(one.number for one in belief.flights if one.id == flight_id)
    done = flights.confirmed(belief, flight_id, now, after)
    return replace(done, believed=number, exposure=number + done.alive)


def test_w1_a_sale_heard_before_the_answer_is_not_forgotten_by_it() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 1, (COMPARED, 0))
        world.sends(1)
        world.lands()
        world.sells()
        world.hears_sale()
        world.answers()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, confirmed=confirm_sets_believed)).startswith("I")


def claim_for_free(belief: Belief, flight_id: int, way: Way, number: int, now: datetime) -> Belief:
    return replace(flights.claim(belief, flight_id, way, number, now), exposure=belief.exposure)


def test_w2_what_is_on_its_way_may_be_sold_already() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 1, (COMPARED, 0), (COMPARED, 0))
        world.sends(1, at=0)
        world.lands(at=0)
        world.sells(at=0)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=1)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, claim=claim_for_free)) == 1


def no_pull(_belief: Belief) -> bool:
    return False


def test_w3_a_read_alone_does_not_say_what_was_sold_before_it() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (COMPARED, 2), (COMPARED, 0))
        world.sells(at=0, units=2)
        world.reads(at=0)
        # What the gate cannot see: an edit that is overwritten frees its room.
        world.shops[0].belief = accepted(world.shops[0].belief)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=1)
        return world.oversold

    def accepted(belief: Belief) -> Belief:
        return reads.accept(belief, belief.suspicion.residual) if belief.suspicion else belief

    assert story(OURS) == 0
    assert story(replace(OURS, needs_pull=no_pull)) == 1


def pull_on_mismatch(belief: Belief) -> bool:
    return belief.reading is not None and belief.reading.number != belief.believed


def test_w4_a_read_that_matches_still_needs_its_pull() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (COMPARED, 1), (COMPARED, 0))
        world.sells(at=0)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=1)
        world.gives_up(at=1)
        world.grows_old(at=1)
        world.reads(at=1)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=1)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, needs_pull=pull_on_mismatch)) == 1


def read_decides(belief: Belief) -> Settled:
    """Take what is read for the outcome of a write that was not answered, and forget it."""
    reading = belief.reading
    assert reading is not None
    number = reading.number
    assert number is not None
    after = replace(
        belief, believed=number, exposure=max(0, number), flights=(), reading=None, doubt=False
    )
    return Settled(belief=after, number=number, read_at=reading.began_at, residual=0, agreed=True)


def test_w5_reading_back_does_not_end_a_write_without_an_answer() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (COMPARED, 0))
        world.sends(1)
        world.lands()
        world.sells()
        world.gives_up()
        world.reads()
        world.sends(2)
        world.lands()
        world.sells(units=2)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, settle=read_decides, needs_pull=no_pull)) == 1


def test_w5z_not_even_with_a_pull_because_it_may_land_late() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 1, (COMPARED, 0))
        world.sends(1)
        world.gives_up()
        world.reads()
        world.lands()
        world.pulls()
        world.sells()
        world.sends(1)
        world.lands()
        world.sells()
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, settle=read_decides)) == 1


def dies_quietly(belief: Belief, flight_id: int) -> Belief:
    return replace(flights.died(belief, flight_id), reading=belief.reading)


def count_at_settle(belief: Belief) -> Settled:
    assert belief.reading is not None
    return reads.settle(
        replace(belief, reading=replace(belief.reading, allow=belief.alive), flights=())
    )


def test_w6_a_write_that_died_since_the_read_may_have_landed_after_it() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 1, (COMPARED, 0))
        world.sends(1)
        world.gives_up()
        world.reads()
        world.lands()
        world.grows_old()
        world.pulls()
        world.sells()
        world.sends(1)
        world.lands()
        world.sells()
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, died=dies_quietly, settle=count_at_settle)) == 1


def forget_restocks(before: Belief, units: int) -> Belief:
    return replace(belief.put_back(before, units), reading=before.reading)


def test_w7_a_restock_between_read_and_settle_is_room_to_sell() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 1, (COMPARED, 1))
        world.reads()
        world.restocks()
        world.pulls()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, put_back=forget_restocks)).startswith("I1: shows 2")


def allow_as_compared(belief: Belief, _way: Way, number: int) -> int:
    return flights.allowance(belief, COMPARED, number)


def claim_as_compared(
    belief: Belief, flight_id: int, _way: Way, number: int, now: datetime
) -> Belief:
    return flights.claim(belief, flight_id, COMPARED, number, now)


def test_w8_an_absolute_write_grants_again_what_was_sold_unseen() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (ABSOLUTE, 2))
        world.sells(units=2)
        world.sends(1)
        world.lands()
        world.sells()
        return world.oversold

    assert story(OURS) == 0
    weak = replace(OURS, allowance=allow_as_compared, claim=claim_as_compared)
    assert story(weak) == 1


def gate_on_believed(
    beliefs: Sequence[Belief], listing: int, number: int, _allow: int, sellable: int
) -> bool:
    others = sum(max(0, one.believed) for at, one in enumerate(beliefs) if at != listing)
    return others + number <= sellable


def test_w9_the_gate_counts_exposure_and_not_what_is_believed() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (COMPARED, 2))
        world.sells()
        world.sends(0)
        world.gives_up()
        looks(world)  # reads 1, hears the sale, and cannot know which came first: believed 0
        world.sells()
        world.sends(1)
        world.lands()
        world.sells()
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, gate=gate_on_believed)) == 1


def at_once(_belief: Belief, _settled: Settled) -> bool:
    return True


ONE_LOOK = replace(OURS, seen_twice=at_once)
"""Adopts at the first look, to show what the rule alone does."""


def test_w10_a_late_sale_is_not_an_edit() -> None:
    def story(rules: Rules) -> tuple[int, str]:
        world = World(rules, 2, (COMPARED, 2))
        world.sells()
        world.reads()
        world.pulls()
        return world.sellable, world.broken()

    assert story(ONE_LOOK) == (1, "")
    sellable, broken = story(replace(ONE_LOOK, needs_pull=no_pull))
    assert sellable == 0
    assert broken.startswith("I5: -1 adopted")


def settle_against_now(belief: Belief) -> Settled:
    settled = reads.settle(belief)
    return replace(settled, residual=settled.number - belief.believed)


def test_w11_a_sale_after_the_read_is_not_an_edit_either() -> None:
    def story(rules: Rules) -> tuple[int, str]:
        world = World(rules, 2, (COMPARED, 2))
        world.reads()
        world.sells()
        world.pulls()
        return world.sellable, world.broken()

    assert story(ONE_LOOK) == (1, "")
    sellable, broken = story(replace(ONE_LOOK, settle=settle_against_now))
    assert sellable == 2
    assert broken.startswith("I5: 1 adopted")


def lower_in_full(belief: Belief, flight_id: int, now: datetime, after: int) -> Belief:
    flight = next(one for one in belief.flights if one.id == flight_id)
    done = flights.confirmed(belief, flight_id, now, after)
    taken = max(0, flight.expected - flight.number)
    return replace(done, exposure=belief.exposure - taken)


def test_w12_a_delta_takes_no_more_than_was_there() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (DELTA, 2), (COMPARED, 0))
        world.sells(at=0, units=2)
        writes(world, 0, at=0)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=1)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, confirmed=lower_in_full)) == 1


def sold_down_to_zero(before: Belief, units: int) -> Belief:
    booked = belief.sold(before, units)
    return replace(booked, exposure=max(0, booked.exposure))


def test_w13_a_sale_may_be_heard_before_the_restock_that_fed_it() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 2, (COMPARED, 1), (COMPARED, 1))
        world.sells(at=0)
        world.restocks(at=0)
        world.sells(at=0)
        world.hears_all(at=0)
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, sold=sold_down_to_zero)) == "I3: 2 may be sold of 1"


def count_at_the_answer(belief: Belief, flight_id: int, now: datetime, after: int) -> Belief:
    done = flights.confirmed(belief, flight_id, now, after)
    return replace(done, reading=done.reading and replace(done.reading, allow=done.alive))


def test_w14_an_absolute_write_may_be_overtaken_by_one_from_before() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 2, (ABSOLUTE, 1))
        world.sends(1)
        world.gives_up()
        world.sends(0)
        world.lands(letter=1)
        world.lands(letter=0)
        world.grows_old()
        world.answers()
        world.pulls()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, confirmed=count_at_the_answer)).startswith("I1: shows 1")


def settle_as_read(belief: Belief) -> Settled:
    assert belief.reading is not None
    return reads.settle(replace(belief, reading=replace(belief.reading, real=True)))


def test_w15_the_answer_of_an_absolute_write_confirms_nothing() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 1, (ABSOLUTE, 0))
        world.sends(1)
        world.lands()
        world.sells()
        world.hears_sale()
        world.answers()
        world.pulls()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, settle=settle_as_read)) == "I5: believed should be 0 at shop 0"


def send_whenever(belief: Belief, _way: Way) -> bool:
    return not belief.waiting


def claim_whenever(belief: Belief, flight_id: int, way: Way, number: int, now: datetime) -> Belief:
    bare = flights.claim(replace(belief, doubt=False, flights=()), flight_id, way, number, now)
    return replace(bare, doubt=belief.doubt, flights=(*belief.flights, *bare.flights))


def test_d1_two_deltas_without_an_answer_add_up() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 4, (DELTA, 4))
        world.sends(1)
        world.lands()
        world.gives_up()
        world.sends(1)
        world.lands()
        return world.shops[0].shows

    assert story(OURS) == 1
    assert story(replace(OURS, may_send=send_whenever, claim=claim_whenever)) == -2


def claim_on_a_debt(belief: Belief, flight_id: int, way: Way, number: int, now: datetime) -> Belief:
    claimed = flights.claim(belief, flight_id, way, number, now)
    return replace(claimed, exposure=belief.exposure + claimed.flights[-1].allow)


def test_d1_a_delta_may_meet_a_restock_that_nobody_has_heard_of() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 3, (DELTA, 0))
        world.restocks()
        world.sells()
        world.restocks()
        world.hears_sale()
        world.sends(1)
        world.lands()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, claim=claim_on_a_debt)).startswith("I1: shows 3")


@pytest.mark.parametrize("way", [COMPARED, DELTA, ABSOLUTE])
def test_d2_a_debt_is_not_paid_with_a_unit_of_another_channel(way: Way) -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 0, (way, 0), (COMPARED, 0))
        world.oversells(at=0)
        world.hears_sale(at=0)
        world.goods, world.sellable, world.least = 1, 1, 1  # counted: one unit has come
        world.sends(1, at=0)
        world.lands(at=0)
        world.sends(1, at=1)
        world.lands(at=1)
        world.sells(at=0)
        world.sells(at=1)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, claim=claim_on_a_debt)) == 1


def check_in_doubt_only(belief: Belief) -> bool:
    return belief.doubt or belief.suspicion is not None


def test_l1_exposure_that_is_not_used_locks_nobody_out_for_ever() -> None:
    def story(rules: Rules) -> bool:
        world = World(rules, 2, (DELTA, 2), (COMPARED, 0))
        world.sells(at=0, units=2)
        writes(world, 1, at=0)
        world.restocks(at=0, units=2)
        world.hears_all(at=0)
        for _ in range(5):
            if rules.needs_check(world.shops[0].belief):
                looks(world, at=0)
        return world.sends(1, at=1)

    assert story(OURS)
    assert not story(replace(OURS, needs_check=check_in_doubt_only))


def answered_as_then(belief: Belief, flight_id: int, now: datetime, after: int) -> Belief:
    waiting = tuple(replace(one, waiting=True) for one in belief.flights)
    return flights.confirmed(replace(belief, flights=waiting), flight_id, now, after)


def test_r1_a_late_answer_does_not_lower_again_what_a_read_has_counted() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 5, (COMPARED, 5))
        world.sends(2)
        world.lands()
        world.gives_up()
        looks(world)
        world.retries()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, confirmed=answered_as_then)).startswith("I1: shows 2")


def settle_an_edit_at_once(belief: Belief) -> Settled:
    settled = reads.settle(belief)
    taken = min(0, settled.residual)
    lowered = replace(settled.belief, exposure=settled.belief.exposure + taken)
    return replace(settled, belief=lowered)


def test_e1_room_that_an_edit_may_have_taken_is_nobodys_until_it_is_judged() -> None:
    def story(rules: Rules) -> int:
        world = World(rules, 2, (COMPARED, 2), (COMPARED, 0))
        world.is_edited(0, -2)
        looks(world, at=0)
        world.sends(2, at=1)
        world.lands(at=1)
        world.sells(at=1, units=2)
        return world.oversold

    assert story(OURS) == 0
    assert story(replace(OURS, settle=settle_an_edit_at_once)) == 2


def claim_what_was_believed(
    belief: Belief, flight_id: int, way: Way, number: int, now: datetime
) -> Belief:
    claimed = flights.claim(replace(belief, suspicion=None), flight_id, way, number, now)
    return replace(claimed, suspicion=belief.suspicion)


@pytest.mark.parametrize("way", [COMPARED, DELTA])
def test_e2_a_suspect_listing_can_be_lowered_and_its_edit_is_still_adopted(way: Way) -> None:
    def story(rules: Rules) -> tuple[int, list[int]]:
        world = World(rules, 3, (way, 3))
        world.is_edited(0, 2)
        looks(world)
        writes(world, 0)
        shown = world.shops[0].shows
        looks(world)
        looks(world)
        return shown, [units for units, _ in world.adopted]

    assert story(OURS) == (0, [2])
    assert story(replace(OURS, claim=claim_what_was_believed)) != (0, [2])


def test_after_three_stale_compares_only_a_settled_read_that_agrees_allows_a_raise() -> None:
    world = World(OURS, 9, (COMPARED, 2))

    for _ in range(3):
        world.sends(1)
        world.sells()
        world.restocks(units=2)
        world.lands()
        world.answers()

    assert world.shops[0].belief.at_rest
    assert not gate.may_raise(world.shops[0].belief)
    assert belief.needs_check(world.shops[0].belief)
    looks(world)
    assert gate.may_raise(world.shops[0].belief)


def keep_the_reading(
    belief: Belief, flight_id: int, way: Way, number: int, now: datetime
) -> Belief:
    return replace(flights.claim(belief, flight_id, way, number, now), reading=belief.reading)


def test_r2_a_read_from_before_a_write_says_nothing_of_it() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 1, (COMPARED, 0))
        world.reads()
        world.sends(1)
        world.gives_up()
        world.pulls()
        world.lands()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, claim=keep_the_reading)).startswith("I1: shows 1")


def test_what_was_refused_gives_its_room_back_at_once() -> None:
    world = World(OURS, 2, (COMPARED, 0), (COMPARED, 0))
    world.sends(2, at=0)
    world.restocks(at=0)
    world.lands(at=0)
    assert not world.sends(2, at=1)

    world.answers(at=0)

    assert (world.shops[0].belief.exposure, world.shops[0].belief.stale) == (0, 1)
    assert world.sends(2, at=1)


def test_what_allows_nothing_new_is_never_refused() -> None:
    assert gate.passes([3, -5, 2], allow=0, reserve=1, sellable=0)
    assert gate.passes([3, -5, 2], allow=1, reserve=1, sellable=7)
    assert not gate.passes([3, -5, 2], allow=2, reserve=1, sellable=7)
    assert gate.worst_case([3, -5, 2], 4) == 1


def test_a_write_that_never_left_changes_nothing_but_what_it_allowed() -> None:
    before = belief.opened(2)
    claimed = flights.claim(before, 1, COMPARED, 5, World(OURS, 5).now)

    after = flights.unsent(claimed, 1)

    assert (after.believed, after.exposure, after.doubt) == (2, 2, False)
    assert after.flights == ()


def forget_restocks_under_a_write(before: Belief, units: int) -> Belief:
    return replace(belief.put_back(before, units), flights=before.flights)


def test_w7_a_restock_told_before_the_answer_of_an_absolute_write_is_room_too() -> None:
    def story(rules: Rules) -> str:
        world = World(rules, 1, (ABSOLUTE, 0))
        world.sends(1)
        world.lands()
        world.restocks()
        world.hears_restock()
        world.answers()
        world.pulls()
        return world.broken()

    assert story(OURS) == ""
    assert story(replace(OURS, put_back=forget_restocks_under_a_write)).startswith("I1: shows 2")


def test_as_long_as_a_write_has_no_answer_the_listing_stays_in_doubt_and_is_looked_at() -> None:
    world = World(OURS, 2, (COMPARED, 2))
    world.sends(1)
    world.gives_up()
    assert world.shops[0].belief.doubt
    assert belief.needs_check(world.shops[0].belief)

    looks(world)
    assert world.shops[0].belief.doubt

    world.loses()
    world.grows_old()
    looks(world)
    assert not world.shops[0].belief.doubt


def test_a_confirmed_lowering_makes_room_for_another_channel_without_a_read() -> None:
    world = World(OURS, 2, (COMPARED, 2), (COMPARED, 0))

    assert not world.sends(2, at=1)
    assert writes(world, 0, at=0)
    assert world.sends(2, at=1)
    assert world.broken() == ""


def test_a_delta_sent_from_below_zero_may_land_on_zero() -> None:
    world = World(OURS, 3, (DELTA, 1))
    world.sends(0)
    world.sells()
    world.lands()
    world.hears_sale()
    world.answers()
    assert world.shops[0].belief.believed == -1

    world.sends(1)
    world.restocks()
    world.gives_up()
    world.hears_restock()
    looks(world)
    world.lands()

    assert world.shops[0].shows == 2
    assert world.broken() == ""


def test_a_second_look_does_not_count_an_edit_again() -> None:
    world = World(OURS, 0, (COMPARED, 0))
    world.is_edited(0, 2)
    looks(world)
    assert world.shops[0].belief.exposure == 2

    world.reads()
    world.sells()
    world.pulls()

    assert (world.shops[0].shows, world.shops[0].belief.exposure) == (1, 1)


def test_an_order_that_came_and_went_unheard_explains_a_read_in_between() -> None:
    world = World(ONE_LOOK, 2, (COMPARED, 2))
    world.sells()
    world.reads()
    world.cancels_early()

    world.pulls()

    assert (world.adopted, world.sellable) == ([], 2)
    assert world.broken() == ""
