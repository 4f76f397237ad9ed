"""What becomes of a number that was typed into a shop and seen twice."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stocksync.core import belief, flights, gate, reads
from stocksync.core.belief import Belief, Way
from stocksync.core.edits import Judgement, Sight, Verdict, judge
from stocksync.core.plan import Limits
from stocksync.core.reads import Settled
from stocksync.core.rules import ManualEdits
from tests.core.desk import NOON, minutes

UP = Sight(
    residual=2,
    number=7,
    pool=5,
    clipped=False,
    sold_since=0,
    bypassed_since=0,
    wrote_since=False,
    met_pool=False,
    raised_elsewhere=False,
    zeroed=0,
    skus_now=1,
    skus_all=100,
    units_today=0,
    removed=0,
)
"""Five are in the pool, and somebody typed 7."""
DOWN = replace(UP, residual=-2, number=3)
LIMITS = Limits(zero_share=Decimal("0.25"), skus_in_10m=50, units_a_day=500)


def adopt(sight: Sight, limits: Limits = LIMITS) -> Judgement:
    return judge(sight, ManualEdits.ADOPT, limits)


# 1. Two looks


def look(before: Belief, at: int, number: int) -> Settled:
    """Read a number so many minutes after noon, with all orders in."""
    asked = reads.asked(before, minutes(at))
    return reads.settle(reads.answered(asked, minutes(at), number, minutes(at)))


def suspected(at: int = 0, number: int = 7) -> Belief:
    first = look(belief.opened(5), at, number)
    assert first.residual == number - 5
    return reads.suspect(first.belief, first, again_at=minutes(at + 1), pool=99)


def test_one_look_makes_a_suspect_and_nothing_else() -> None:
    listing = suspected()

    assert listing.believed == 5
    assert listing.suspicion is not None
    assert not gate.may_raise(listing)
    assert belief.needs_check(listing)


def test_the_same_number_again_after_the_pause_is_an_edit() -> None:
    second = look(suspected(), 1, 7)

    assert reads.seen_twice(second.belief, second)
    accepted = reads.accept(second.belief, second.residual)
    assert (accepted.believed, accepted.exposure, accepted.at_rest) == (7, 7, True)


def test_a_look_within_the_pause_counts_for_nothing() -> None:
    listing = suspected()
    second = look(listing, 0, 7)

    assert not reads.seen_twice(second.belief, second)


def test_another_number_the_second_time_is_looked_at_again() -> None:
    second = look(suspected(), 1, 8)

    assert second.residual == 3
    assert not reads.seen_twice(second.belief, second)


def test_something_booked_between_the_looks_begins_them_again() -> None:
    second = look(belief.sold(suspected(), 1), 1, 6)

    assert second.residual == 2
    assert not reads.seen_twice(second.belief, second)


def test_a_late_order_explains_the_number_and_the_suspicion_ends() -> None:
    late = belief.sold(suspected(number=3), 2)
    second = look(late, 1, 3)

    assert second.agreed
    assert second.belief.at_rest
    assert (second.belief.believed, second.belief.exposure) == (3, 3)


def test_a_suspect_is_lowered_to_nothing_or_well_below_what_was_read() -> None:
    listing = suspected(number=7)  # two more than the five that were believed

    assert gate.may_lower(listing, Way.COMPARED, 0)
    assert gate.may_lower(listing, Way.COMPARED, 4)
    assert not gate.may_lower(listing, Way.COMPARED, 5)


def test_after_two_looks_a_suspect_is_lowered_like_any_other_but_never_raised() -> None:
    second = look(suspected(), 1, 7)
    listing = reads.suspect(second.belief, second, again_at=minutes(2), pool=99)

    assert gate.may_lower(listing, Way.COMPARED, 6)
    assert not gate.may_lower(listing, Way.COMPARED, 7)
    assert not gate.may_raise(listing)


def test_a_read_under_way_when_an_edit_is_believed_does_not_find_it_once_more() -> None:
    listing = reads.asked(suspected(number=3), minutes(1))

    accepted = reads.accept(listing, -2)
    sold = belief.sold(accepted, 1)
    second = reads.settle(reads.answered(sold, minutes(1), 3, minutes(1)))

    assert accepted.reading is not None
    assert (accepted.believed, accepted.reading.believed) == (3, 3)
    assert (second.residual, second.belief.believed) == (0, 2)


def test_an_edit_that_is_believed_with_no_read_under_way_begins_none() -> None:
    assert reads.accept(suspected(), 2).reading is None


def test_a_sale_booked_between_the_judgement_and_the_booking_begins_the_looks_again() -> None:
    asked = reads.asked(suspected(), minutes(1))
    listing = reads.answered(asked, minutes(1), 7, minutes(1))
    judged = reads.settle(listing)
    assert reads.seen_twice(listing, judged)

    sold = belief.sold(listing, 1)
    booked = reads.settle(sold)

    assert booked.residual == 2
    assert not reads.seen_twice(sold, booked)


# 3. Agreed


@pytest.mark.parametrize("policy", list(ManualEdits))
def test_the_pools_own_number_is_agreed_whatever_the_policy(policy: ManualEdits) -> None:
    assert judge(replace(UP, number=5, met_pool=True), policy, LIMITS).verdict is Verdict.AGREED


def test_an_oversold_pool_agrees_with_a_shop_that_shows_the_same_debt() -> None:
    assert adopt(replace(DOWN, number=-2, pool=-2, met_pool=True)).verdict is Verdict.AGREED
    assert adopt(replace(DOWN, number=0, pool=-2, met_pool=True)).verdict is Verdict.ADOPT


def test_a_number_that_sales_elsewhere_have_met_by_now_is_judged_like_any_other() -> None:
    assert adopt(replace(DOWN, number=5, pool=5)).verdict is Verdict.ADOPT


def test_only_a_number_that_was_the_pools_at_every_look_has_met_it() -> None:
    def met(*looks: tuple[int, int]) -> bool:
        listing = belief.opened(10)
        for at, (shown, pool) in enumerate(looks):
            asked = reads.asked(listing, minutes(at))
            listing = reads.answered(asked, minutes(at), shown, minutes(at))
            found = reads.settle(listing)
            listing = reads.suspect(found.belief, found, again_at=minutes(9), pool=pool)
        assert listing.suspicion is not None
        return listing.suspicion.as_pool

    assert met((7, 7))
    assert met((7, 7), (6, 6))
    assert not met((7, 8), (7, 7))
    assert not met((7, 8), (6, 6))
    assert not met((7, 7), (7, 8))


def test_an_agreed_number_stops_nothing_even_in_a_storm() -> None:
    stormy = replace(UP, number=5, met_pool=True, skus_now=99, units_today=9999)

    assert adopt(stormy).verdict is Verdict.AGREED


# 4. Never adopted


def test_an_edit_that_nothing_speaks_against_is_adopted_in_both_directions() -> None:
    assert adopt(UP).verdict is Verdict.ADOPT
    assert adopt(DOWN).verdict is Verdict.ADOPT


def test_what_another_app_sold_may_never_have_left_the_number() -> None:
    assert adopt(replace(UP, sold_since=2, bypassed_since=2)).verdict is Verdict.OVERWRITE
    assert adopt(replace(UP, sold_since=2, bypassed_since=1)).verdict is Verdict.ADOPT
    assert adopt(replace(DOWN, bypassed_since=9)).verdict is Verdict.ADOPT


def test_our_own_write_landed_over_sales_is_not_an_edit() -> None:
    ours = replace(UP, sold_since=2, wrote_since=True)

    assert adopt(ours) == Judgement(
        verdict=Verdict.OVERWRITE, why="it may be our own write, landed over sales"
    )


def test_more_units_than_were_sold_cannot_be_our_own_write() -> None:
    assert adopt(replace(UP, sold_since=1, wrote_since=True)).verdict is Verdict.ADOPT


def test_without_a_write_of_ours_sales_explain_no_rise() -> None:
    assert adopt(replace(UP, sold_since=2)).verdict is Verdict.ADOPT


def test_a_fall_is_never_taken_for_our_own_write() -> None:
    assert adopt(replace(DOWN, sold_since=9, wrote_since=True)).verdict is Verdict.ADOPT


@pytest.mark.parametrize("sight", [UP, DOWN])
def test_a_clipped_offer_says_nothing_about_the_shelf(sight: Sight) -> None:
    assert adopt(replace(sight, clipped=True)).verdict is Verdict.OVERWRITE


def test_the_same_delivery_typed_into_two_shops_is_adopted_once() -> None:
    assert adopt(replace(UP, raised_elsewhere=True)).verdict is Verdict.OVERWRITE
    assert adopt(replace(DOWN, raised_elsewhere=True)).verdict is Verdict.ADOPT


def test_a_shop_that_takes_more_than_a_quarter_to_nothing_is_stopped() -> None:
    emptied = replace(DOWN, residual=-5, number=0)

    assert adopt(replace(emptied, zeroed=25)).verdict is Verdict.ADOPT
    assert adopt(replace(emptied, zeroed=26)) == Judgement(
        verdict=Verdict.STOP, why="26 of 100 SKUs went to 0 in ten minutes"
    )


def test_one_sku_of_a_small_shop_may_go_to_nothing() -> None:
    small = replace(DOWN, residual=-5, number=0, skus_all=3)

    assert adopt(replace(small, zeroed=1)).verdict is Verdict.ADOPT
    assert adopt(replace(small, zeroed=2)).verdict is Verdict.STOP


def test_many_skus_in_ten_minutes_stop_the_channel() -> None:
    assert adopt(replace(UP, skus_now=50)).verdict is Verdict.ADOPT
    assert adopt(replace(UP, skus_now=51)) == Judgement(
        verdict=Verdict.STOP, why="51 SKUs were changed in ten minutes"
    )


def test_many_units_of_one_sku_in_a_day_stop_the_channel() -> None:
    assert adopt(replace(UP, units_today=498)).verdict is Verdict.ADOPT
    assert adopt(replace(UP, units_today=499)) == Judgement(
        verdict=Verdict.STOP, why="501 units of one SKU in a day"
    )
    assert adopt(replace(DOWN, units_today=499)).verdict is Verdict.STOP


def test_a_limit_can_be_lifted() -> None:
    storm = replace(DOWN, residual=-5, number=0, zeroed=99, skus_now=99, units_today=9999)

    assert adopt(storm).verdict is Verdict.STOP
    assert adopt(storm, Limits()).verdict is Verdict.ADOPT


@pytest.mark.parametrize("policy", list(ManualEdits))
def test_beyond_the_blast_radius_no_policy_goes_on(policy: ManualEdits) -> None:
    assert judge(replace(UP, skus_now=51), policy, LIMITS).verdict is Verdict.STOP


# The merchant's word


def test_the_merchant_may_have_every_edit_overwritten_or_ask_first() -> None:
    assert judge(UP, ManualEdits.OVERWRITE, LIMITS) == Judgement(
        verdict=Verdict.OVERWRITE, why="manual_edits: overwrite"
    )
    assert judge(UP, ManualEdits.ALERT, LIMITS) == Judgement(
        verdict=Verdict.ASK, why="manual_edits: alert"
    )


def test_an_edit_is_judged_by_what_was_sold_since_the_two_last_agreed() -> None:
    wrote = flights.claim(belief.opened(5), 1, Way.DELTA, 4, NOON)
    sold = belief.sold(flights.confirmed(wrote, 1, NOON, after=4), 1)
    assert (sold.sold_since, sold.wrote_since) == (1, True)

    agreed = look(sold, 1, 3).belief

    assert (agreed.sold_since, agreed.wrote_since) == (0, False)


def test_a_write_that_compares_never_lands_over_sales_and_excuses_no_rise() -> None:
    wrote = flights.claim(belief.opened(5), 1, Way.COMPARED, 4, NOON)

    assert not flights.confirmed(wrote, 1, NOON).wrote_since


def test_a_look_too_early_does_not_put_off_the_second_one() -> None:
    early = look(suspected(), 0, 7)
    listing = reads.suspect(early.belief, early, again_at=minutes(5), pool=99)
    second = look(listing, 1, 7)

    assert reads.seen_twice(second.belief, second)
