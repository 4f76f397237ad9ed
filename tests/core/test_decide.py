"""What a listing should show, and until when that holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stocksync.core.decide import Basis, Coming, Step, Supply, What, decide, explain
from stocksync.core.names import LocationName
from stocksync.core.offers import Offer, Status, is_due
from stocksync.core.places import Location, LocationKind
from stocksync.core.rules import Percent, Rule, Source
from tests.core.desk import BACK, IMPORTER, LAMP, MUG, NOON, SET, SHELF, minutes

TICK = timedelta(microseconds=1)
FAR = LocationName("far-east")
OWN = Location(name=SHELF, kind=LocationKind.OWN, title="Shelf")
ATTIC = Location(name=BACK, kind=LocationKind.OWN, title="Back room")
NEAR = Location(
    name=IMPORTER,
    kind=LocationKind.SUPPLIER,
    title="Importer",
    trust=Decimal("0.8"),
    ships_in=(5, 9),
    stale_after=timedelta(hours=6),
)
OVERSEAS = replace(NEAR, name=FAR, trust=Decimal(1), ships_in=(20, 30))
CHAIN = (OWN, NEAR, OVERSEAS)
NO_RULE = Rule()


def basis(
    rule: Rule = NO_RULE,
    places: Sequence[Location] = CHAIN,
    **has: int | Supply,
) -> Basis:
    """Return a basis for one SKU: `shelf=10` or `importer=Supply(...)`."""
    supply = {
        (MUG, LocationName(place.replace("_", "-"))): Supply(one) if isinstance(one, int) else one
        for place, one in has.items()
    }
    return Basis(goods=((MUG, 1),), places=places, supply=supply, rule=rule)


def shown(rule: Rule = NO_RULE, **has: int | Supply) -> int:
    return decide(basis(rule, CHAIN, **has), NOON).quantity


def test_have_ten_buffer_two_offer_eight() -> None:
    offer = decide(basis(Rule(buffer=2), shelf=10), NOON)

    assert offer == Offer(quantity=8, status=Status.IN_STOCK)


def test_the_buffer_never_takes_more_than_there_is() -> None:
    assert shown(Rule(buffer=2), shelf=1) == 0
    assert shown(Rule(buffer=2), shelf=1, importer=10) == 8


@pytest.mark.parametrize(("own", "offered"), [(0, 0), (1, 0), (9, 8), (10, 9), (11, 9), (20, 18)])
def test_a_buffer_in_percent_is_rounded_up(own: int, offered: int) -> None:
    assert shown(Rule(buffer=Percent(Decimal("0.1"))), shelf=own) == offered


def test_a_short_shelf_owes_nothing_to_what_a_supplier_has() -> None:
    offer = decide(basis(Rule(buffer=2), shelf=-3, importer=5), NOON)

    assert (offer.quantity, offer.status) == (4, Status.SHIPS_IN)


def test_what_one_shelf_owes_the_other_pays() -> None:
    assert decide(basis(places=(OWN, ATTIC), shelf=-3, back=5), NOON).quantity == 2


def test_a_shop_still_sells_what_its_own_checkouts_keep() -> None:
    assert shown(Rule(buffer=2), shelf=Supply(free=7, soft_own=3)) == 8


def test_a_supplier_is_believed_as_far_as_its_trust_goes() -> None:
    offer = decide(basis(shelf=2, importer=9), NOON)

    assert offer == Offer(quantity=9, status=Status.IN_STOCK, clipped=True)


def test_each_supplier_is_rounded_down_by_itself() -> None:
    assert shown(importer=9, far_east=9) == 7 + 9
    assert decide(basis(places=(NEAR, replace(NEAR, name=FAR)), importer=9, far_east=9), NOON) == (
        Offer(quantity=14, status=Status.SHIPS_IN, ships_in=(5, 9), clipped=True)
    )


def test_what_suppliers_owe_is_never_taken_from_our_shelf() -> None:
    assert shown(shelf=4, importer=-10) == 4
    assert shown(shelf=4, importer=-10, far_east=12) == 4 + 4


def test_where_a_channel_does_not_sell_from_counts_for_nothing() -> None:
    assert decide(basis(places=(OWN,), shelf=2, importer=9), NOON).quantity == 2


@pytest.mark.parametrize(
    ("rule", "offered"),
    [
        (Rule(share=Decimal("0.5")), 4),
        (Rule(share=Decimal("0.33")), 2),
        (Rule(max=3), 3),
        (Rule(max=0), 0),
        (Rule(zero_at=8), 9),
        (Rule(zero_at=9), 0),
        (Rule(min=9), 9),
        (Rule(min=10), 0),
        (Rule(buffer=1, share=Decimal("0.5"), max=3, zero_at=2, min=3), 3),
        (Rule(buffer=1, share=Decimal("0.5"), max=3, zero_at=3), 0),
    ],
)
def test_a_rule_shows_less_of_nine(rule: Rule, offered: int) -> None:
    offer = decide(basis(rule, shelf=9), NOON)

    assert (offer.quantity, offer.clipped) == (offered, offered != 9)


def test_a_rule_that_changes_nothing_clips_nothing() -> None:
    assert not decide(basis(Rule(buffer=2, max=8), shelf=10), NOON).clipped
    assert not decide(basis(Rule(share=Decimal("0.5"), max=3, min=2), shelf=0), NOON).clipped
    assert decide(basis(Rule(buffer=2, max=7), shelf=10), NOON).clipped


def test_a_supplier_part_says_nothing_of_the_shelf_also_where_the_sum_looks_right() -> None:
    assert decide(basis(Rule(max=3), shelf=3, importer=5), NOON).clipped


def test_the_status_is_that_of_the_next_unit() -> None:
    soon = Coming(date(2026, 12, 1), minutes(60))
    empty = basis(shelf=0, importer=0)

    assert decide(basis(shelf=1, importer=9), NOON).status is Status.IN_STOCK
    assert decide(basis(Rule(buffer=1), shelf=1, importer=9), NOON).ships_in == (5, 9)
    assert decide(empty, NOON) == Offer(quantity=0, status=Status.OUT)
    assert decide(replace(empty, preorder=True), NOON).status is Status.PREORDER
    assert decide(replace(empty, coming=soon, preorder=True), NOON) == Offer(
        quantity=0, status=Status.ON_ITS_WAY, expected_on=date(2026, 12, 1), until=minutes(60)
    )
    assert decide(replace(empty, coming=soon, preorder=True), minutes(60)) == Offer(
        quantity=0, status=Status.PREORDER
    )


def test_what_a_rule_withholds_is_out_and_not_on_its_way() -> None:
    withheld = replace(basis(Rule(zero_at=5), shelf=5), preorder=True)

    assert decide(withheld, NOON) == Offer(quantity=0, status=Status.OUT, clipped=True)


def test_the_next_unit_comes_from_the_first_supplier_that_has_one() -> None:
    assert decide(basis(importer=1, far_east=5), NOON).ships_in == (20, 30)
    assert decide(basis(importer=2, far_east=5), NOON).ships_in == (5, 9)


def test_a_supplier_whose_days_are_unknown_leaves_them_unsaid() -> None:
    unknown = (replace(NEAR, ships_in=None), OVERSEAS)

    offer = decide(basis(places=unknown, importer=9, far_east=5), NOON)

    assert (offer.status, offer.ships_in) == (Status.SHIPS_IN, None)


def test_an_old_number_of_a_supplier_fades() -> None:
    heard = basis(importer=Supply(free=10, as_of=NOON))

    worth = {hours: decide(heard, minutes(60 * hours)).quantity for hours in (0, 6, 7, 9, 11, 12)}

    assert worth == {0: 8, 6: 8, 7: 6, 9: 4, 11: 1, 12: 0}


def test_an_offer_says_until_when_it_holds() -> None:
    heard = basis(importer=Supply(free=10, as_of=NOON))

    first = decide(heard, NOON)
    last = decide(heard, minutes(660))

    assert (first.quantity, first.until) == (8, minutes(360) + TICK)
    assert (last.quantity, last.until) == (1, minutes(12 * 60 - 45) + TICK)
    assert decide(heard, minutes(720)).until is None


def test_a_cut_offer_holds_until_time_goes_below_the_cut() -> None:
    heard = basis(Rule(max=3), importer=Supply(free=1_000_000, as_of=NOON))

    offer = decide(heard, NOON)

    assert offer.until is not None
    assert minutes(719) < offer.until < minutes(720)
    assert decide(heard, offer.until - TICK).quantity == 3
    assert decide(heard, offer.until).quantity == 2


def test_an_offer_whose_supplier_leaves_is_no_longer_clipped() -> None:
    heard = basis(Rule(max=3), shelf=3, importer=Supply(free=10, as_of=NOON))

    offer = decide(heard, NOON)

    assert (offer.quantity, offer.clipped) == (3, True)
    assert offer.until == minutes(12 * 60 - 45) + TICK
    assert not decide(heard, offer.until).clipped


def test_what_has_faded_away_takes_nothing_from_others() -> None:
    heard = basis(importer=Supply(free=10, as_of=NOON), far_east=5)

    assert decide(heard, minutes(3_000)).quantity == 5


def pairs(near: int, far: int) -> Basis:
    """Return a pair of mugs that only suppliers have, the nearer one's number of noon."""
    supply = {(MUG, IMPORTER): Supply(near, as_of=NOON), (MUG, FAR): Supply(far)}
    certain = replace(NEAR, trust=Decimal(1))
    goods = ((MUG, 2),)
    return Basis(goods=goods, places=(certain, OVERSEAS), supply=supply, rule=Rule(max=1))


def test_the_days_change_when_the_nearer_supplier_cannot_fill_a_pair_alone() -> None:
    offer = decide(pairs(near=2, far=9), NOON)

    assert (offer.ships_in, offer.until) == ((5, 9), minutes(360) + TICK)
    assert decide(pairs(near=2, far=9), minutes(361)).ships_in == (20, 30)


def test_the_days_change_when_the_slower_supplier_is_left_alone() -> None:
    quick_after_slow = replace(
        pairs(near=1, far=9),
        places=(replace(OVERSEAS, name=IMPORTER), replace(NEAR, name=FAR)),
    )

    offer = decide(quick_after_slow, NOON)

    assert (offer.ships_in, offer.until) == ((20, 30), minutes(360) + TICK)
    assert decide(quick_after_slow, minutes(361)).ships_in == (5, 9)


def test_debts_do_not_fade() -> None:
    heard = basis(importer=Supply(free=-5, as_of=NOON), far_east=5)

    assert decide(heard, NOON).quantity == 1
    assert decide(heard, minutes(720)) == replace(decide(heard, NOON), until=None)


def boxes(box: int, mugs: int, rule: Rule = NO_RULE, lent: int = 0) -> Basis:
    """Return a gift set: two mugs and a box; the importer has mugs alone."""
    supply = {
        (MUG, SHELF): Supply(mugs),
        (LAMP, SHELF): Supply(box),
        (MUG, IMPORTER): Supply(lent, as_of=NOON),
    }
    return Basis(goods=((MUG, 2), (LAMP, 1)), places=CHAIN, supply=supply, rule=rule)


@pytest.mark.parametrize(("box", "mugs", "offered"), [(9, 7, 3), (2, 7, 2), (9, 1, 0), (9, -3, 0)])
def test_a_bundle_is_as_many_as_its_scarcest_component(box: int, mugs: int, offered: int) -> None:
    assert decide(boxes(box, mugs), NOON).quantity == offered


def test_a_buffer_of_a_bundle_is_in_bundles() -> None:
    assert decide(boxes(9, 8, Rule(buffer=1)), NOON).quantity == 3


def test_a_supplier_completes_what_our_shelf_begins() -> None:
    offer = decide(boxes(box=3, mugs=1, lent=10), NOON)

    assert (offer.quantity, offer.status, offer.ships_in) == (3, Status.SHIPS_IN, (5, 9))
    # 10 x 80 % are 8 mugs; with ours 9, and 3 boxes want 6 of them: 5 are enough.
    assert offer.until is not None
    assert decide(boxes(box=3, mugs=1, lent=10), offer.until).quantity == 2


def test_a_bundle_takes_as_long_as_its_slowest_part() -> None:
    supply = {(MUG, IMPORTER): Supply(9), (LAMP, FAR): Supply(9), (LAMP, SHELF): Supply(0)}
    both = Basis(goods=((MUG, 2), (LAMP, 1)), places=CHAIN, supply=supply, rule=NO_RULE)

    assert decide(both, NOON).ships_in == (20, 30)


def test_the_arithmetic_can_be_read_line_by_line() -> None:
    written = Source("rules[0].max", "config/stocksync.yaml:14")
    rule = Rule(buffer=2, max=9, sources={"max": written, "buffer": Source("channels.web.buffer")})

    steps = explain(basis(rule, shelf=Supply(free=7, soft_own=1), importer=5), NOON)

    assert steps == (
        Step(What.FREE, 7, sku=MUG, location=SHELF),
        Step(What.SOFT_OWN, 1, sku=MUG, location=SHELF),
        Step(What.LENT, 4, sku=MUG, location=IMPORTER),
        Step(What.OWN, 8, 8),
        Step(What.BUFFER, -2, 6, source=Source("channels.web.buffer")),
        Step(What.PROMISE, 4, 10),
        Step(What.MAX, -1, 9, source=written),
    )


@pytest.mark.parametrize(
    ("wanted", "believed", "clipped", "quiet", "due"),
    [
        (4, 4, False, False, False),
        (4, 3, False, False, True),
        (4, 5, False, False, True),
        (0, -2, False, False, False),
        (4, 3, True, False, False),
        (4, 2, True, False, True),
        (4, 3, True, True, True),
        (4, 5, True, False, True),
        (1, 0, True, False, True),
        (4, 4, True, True, False),
    ],
)
def test_a_clipped_offer_is_raised_only_from_half_or_in_a_quiet_shop(
    wanted: int, believed: int, clipped: bool, quiet: bool, due: bool
) -> None:
    assert is_due(wanted, believed, clipped=clipped, quiet=quiet) is due


parts = st.decimals(min_value=0, max_value=1, places=2)
rules = st.builds(
    Rule,
    buffer=st.integers(0, 12) | st.builds(Percent, parts),
    share=st.just(Decimal(1)) | parts,
    max=st.none() | st.integers(0, 12),
    min=st.integers(0, 4),
    zero_at=st.integers(0, 4),
)
moments = st.none() | st.integers(-800, 10).map(minutes)
supplies = st.builds(Supply, free=st.integers(-4, 40), soft_own=st.integers(0, 3), as_of=moments)
suppliers = st.builds(
    Location,
    name=st.just(LocationName("")),
    kind=st.just(LocationKind.SUPPLIER),
    title=st.just(""),
    trust=parts,
    ships_in=st.sampled_from([None, (1, 2), (5, 9)]),
    stale_after=st.none() | st.integers(1, 9).map(lambda count: timedelta(hours=count, seconds=7)),
)


@st.composite
def bases(draw: st.DrawFn) -> Basis:
    """Any place to sell from, any goods, any supply of them."""
    lenders = [
        replace(one, name=LocationName(f"supplier-{at}"))
        for at, one in enumerate(draw(st.lists(suppliers, max_size=3)))
    ]
    places = draw(st.permutations([OWN, ATTIC, *lenders]))
    goods = draw(st.sampled_from([((MUG, 1),), ((MUG, 2), (LAMP, 1)), ((MUG, 3), (SET, 2))]))
    supply = {
        (sku, place.name): draw(supplies)
        for sku, _ in goods
        for place in places
        if draw(st.booleans())
    }
    coming = draw(st.none() | st.just(Coming(date(2026, 12, 1), minutes(90))))
    return Basis(
        goods=goods,
        places=places,
        supply=supply,
        rule=draw(rules),
        coming=coming,
        preorder=draw(st.booleans()),
    )


def answer(offer: Offer) -> Offer:
    return replace(offer, until=None)


@given(bases())
def test_never_more_than_the_shelf_and_what_suppliers_let_us_promise(any_basis: Basis) -> None:
    offer = decide(any_basis, NOON)

    for sku, each in any_basis.goods:
        has = {
            place: any_basis.supply.get((sku, place.name), Supply()) for place in any_basis.places
        }
        own = sum(s.free + s.soft_own for p, s in has.items() if p.kind is LocationKind.OWN)
        lent = sum(max(0, s.free) * p.trust for p, s in has.items() if p.kind is not OWN.kind)
        assert offer.quantity * each <= max(0, own) + lent


@given(bases(), st.integers(0, 12), st.integers(0, 12))
def test_a_larger_buffer_never_offers_more(any_basis: Basis, one: int, more: int) -> None:
    small = replace(any_basis, rule=replace(any_basis.rule, buffer=one))
    large = replace(any_basis, rule=replace(any_basis.rule, buffer=one + more))

    assert decide(large, NOON).quantity <= decide(small, NOON).quantity


@given(bases())
def test_the_same_basis_gives_the_same_offer(any_basis: Basis) -> None:
    turned = dict(reversed(list(any_basis.supply.items())))

    assert decide(replace(any_basis, supply=turned), NOON) == decide(any_basis, NOON)


@given(bases())
def test_the_last_line_of_the_arithmetic_is_the_offer(any_basis: Basis) -> None:
    running = [step for step in explain(any_basis, NOON) if step.after is not None]

    assert running[-1].after == decide(any_basis, NOON).quantity
    assert all(a.after + b.units == b.after for a, b in pairwise(running) if a.after is not None)


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much])
@given(bases(), st.lists(st.floats(0, 1), max_size=8))
def test_an_offer_holds_until_its_moment_and_not_a_tick_longer(
    any_basis: Basis, between: list[float]
) -> None:
    offer = decide(any_basis, NOON)
    assume(offer.until is not None)
    assert offer.until is not None
    lasts = offer.until - NOON

    assert lasts > timedelta(0)
    for part in between:
        inside = NOON + min(part * lasts, lasts - TICK)
        assert answer(decide(any_basis, inside)) == answer(offer)
    assert answer(decide(any_basis, offer.until - TICK)) == answer(offer)
    assert answer(decide(any_basis, offer.until)) != answer(offer)


@given(bases(), st.lists(st.integers(0, 3000), max_size=8))
def test_an_offer_without_an_end_holds_for_ever(any_basis: Basis, later: list[int]) -> None:
    offer = decide(any_basis, NOON)
    assume(offer.until is None)

    for count in later:
        assert decide(any_basis, minutes(count)) == offer
