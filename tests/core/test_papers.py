"""Receipts, goods in, adjustments, transfers and counts: states, whatever is heard first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.core.account import PaperId
from stocksync.core.counting import rest_on_whole_counts
from stocksync.core.facts import (
    Adjusted,
    Counted,
    OrderSnapshot,
    Paper,
    PaperKind,
    PaperLine,
    ReceiptPart,
    Received,
    Stage,
    TillReceipt,
    Transferred,
)
from stocksync.core.names import LineId, PaperKey, Sku
from stocksync.core.stock import Reason
from tests.core.desk import BACK, LAMP, MUG, NOON, SHELF, TILL, Desk, line, minutes, order

SOON = minutes(1)


def goods(*units: int, sku: Sku = MUG, restock: bool = True) -> tuple[PaperLine, ...]:
    return tuple(
        PaperLine(line=LineId(str(place)), sku=sku, units=one, restock=restock)
        for place, one in enumerate(units, 1)
    )


def receipt(
    part: ReceiptPart,
    *lines: PaperLine,
    key: str = "R-1",
    at: datetime = NOON,
    revision: int = 1,
    doubt: timedelta = timedelta(0),
) -> TillReceipt:
    return TillReceipt(
        part=part,
        key=PaperKey(key),
        occurred_at=at,
        lines=lines,
        revision=revision,
        doubt=doubt,
    )


def sale(*units: int, key: str = "R-1", at: datetime = NOON, revision: int = 1) -> TillReceipt:
    return receipt(ReceiptPart.SALE, *goods(*units), key=key, at=at, revision=revision)


def void(*units: int, key: str = "R-1", at: datetime = SOON) -> TillReceipt:
    return receipt(ReceiptPart.VOID, *goods(*units), key=key, at=at)


def count(
    units: int,
    *,
    key: str = "C-1",
    at: datetime = NOON,
    revision: int = 1,
    location: str | None = None,
    sku: Sku = MUG,
) -> Counted:
    return Counted(
        key=PaperKey(key),
        occurred_at=at,
        lines=goods(units, sku=sku),
        revision=revision,
        location=location,
    )


def transfer(stage: Stage, units: int, *, at: datetime = NOON, revision: int = 1) -> Transferred:
    return Transferred(
        key=PaperKey("T-1"),
        occurred_at=at,
        lines=goods(units),
        location="shelf",
        to_location="back",
        stage=stage,
        revision=revision,
    )


def heard(told: Sequence[Paper], standing: int = 10) -> Desk:
    desk = Desk()
    desk.stand(standing)
    for fact in told:
        desk.hear(fact, TILL)
        desk.check()
    return desk


def test_a_till_sale_has_left_the_shelf() -> None:
    desk = heard([sale(2)])

    assert (desk.shelf().free, desk.shelf().committed) == (8, 0)


def test_the_same_receipt_fifty_times_is_one_sale() -> None:
    desk = heard([sale(2)] * 50)

    assert desk.shelf().free == 8


@pytest.mark.parametrize("told", [[sale(2), void()], [void(), sale(2)]])
def test_a_void_undoes_its_sale_before_or_after_it(told: list[Paper]) -> None:
    desk = heard(told)

    assert desk.shelf().free == 10


def test_a_void_of_one_line_leaves_the_others() -> None:
    one_line = receipt(ReceiptPart.VOID, *goods(0, 3)[1:])

    desk = heard([sale(2, 3), one_line, one_line])

    assert desk.shelf().free == 8


def test_two_voids_of_different_lines_are_both_true() -> None:
    first = receipt(ReceiptPart.VOID, *goods(2, 3)[:1])
    second = receipt(ReceiptPart.VOID, *goods(2, 3)[1:])

    assert heard([sale(2, 3), first, second]).shelf().free == 10
    assert heard([second, first, sale(2, 3)]).shelf().free == 10


def test_a_void_that_names_only_the_sku_takes_it_from_that_skus_line() -> None:
    by_sku = receipt(ReceiptPart.VOID, PaperLine(line=LineId("x"), sku=MUG, units=1), at=minutes(1))

    assert heard([sale(2), by_sku]).shelf().free == 9


def test_a_void_of_one_sku_on_several_lines_takes_them_all() -> None:
    told = (
        PaperLine(line=LineId("sku:MUG-RED"), sku=MUG, units=2),
        PaperLine(line=LineId("sku:MUG-RED#2"), sku=MUG, units=1),
    )

    assert heard([sale(2, 3), receipt(ReceiptPart.VOID, *told)]).shelf().free == 8


def test_an_old_void_does_not_swallow_the_next_sale_of_that_number() -> None:
    told = [void(at=minutes(-60)), sale(2)]

    assert heard(told).shelf().free == 8


def test_a_higher_revision_replaces_a_receipt() -> None:
    desk = heard([sale(2), sale(5, revision=2), sale(2)])

    assert desk.shelf().free == 5


@pytest.mark.parametrize("swapped", [False, True])
def test_of_the_same_receipt_told_with_two_moments_the_earlier_stands(swapped: bool) -> None:
    told = [count(6, at=minutes(10)), sale(2, at=minutes(9)), sale(2, at=minutes(11))]

    desk = heard([told[0], *(reversed(told[1:]) if swapped else told[1:])])

    assert desk.shelf().on_hand == 6


def test_an_equal_receipt_of_another_day_is_no_copy() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(sale(2), TILL)

    taken = desk.hear(sale(2, at=minutes(24 * 60)), TILL)

    assert taken.parked is not None
    assert taken.parked.code == "receipt-changed"


def test_the_same_revision_with_other_content_is_for_a_person() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(sale(2), TILL)

    taken = desk.hear(sale(5), TILL)

    assert taken.parked is not None
    assert taken.parked.code == "receipt-changed"
    assert desk.shelf().free == 8


def test_goods_handed_back_in_an_exchange_go_where_the_till_says() -> None:
    back = (*goods(1), PaperLine(line=LineId("2"), sku=MUG, units=-1, restock=False))

    desk = heard([receipt(ReceiptPart.SALE, *back)])

    assert desk.shelf().free == 9
    paper = PaperId(TILL, PaperKind.SALE, PaperKey("R-1"))
    assert [finding.kind for finding in desk.books.findings[paper]] == ["to-check"]


def test_a_return_is_restocked_only_if_the_till_says_so() -> None:
    told = [
        receipt(ReceiptPart.RETURN, *goods(1), key="R-2"),
        receipt(ReceiptPart.RETURN, *goods(4, restock=False), key="R-3"),
    ]

    assert heard(told).shelf().free == 11


def test_goods_received_and_adjusted_move_the_shelf() -> None:
    told = [
        Received(key=PaperKey("G-1"), occurred_at=NOON, lines=goods(24)),
        Adjusted(key=PaperKey("A-1"), occurred_at=NOON, lines=goods(-1)),
    ]

    assert heard(told).shelf().free == 33


def test_a_transfer_is_on_its_way_until_it_arrives() -> None:
    desk = heard([transfer(Stage.DISPATCHED, 4)])
    way = (desk.shelf().free, desk.shelf(MUG, BACK).incoming)
    desk.hear(transfer(Stage.RECEIVED, 3, at=minutes(9)), TILL)

    assert way == (6, 4)
    assert (desk.shelf(MUG, BACK).free, desk.shelf(MUG, BACK).incoming) == (3, 1)


@pytest.mark.parametrize("seed", range(6))
def test_a_transfer_ends_the_same_in_any_order_and_is_never_below_zero(seed: int) -> None:
    told = [transfer(Stage.RECEIVED, 3, at=minutes(9)), transfer(Stage.DISPATCHED, 4)] * 2
    Random(seed).shuffle(told)

    desk = heard(told)

    assert desk.shelf().free == 6
    assert (desk.shelf(MUG, BACK).free, desk.shelf(MUG, BACK).incoming) == (3, 1)


def test_less_arrived_than_was_sent_is_found_and_stays_on_its_way() -> None:
    desk = heard([transfer(Stage.DISPATCHED, 4), transfer(Stage.RECEIVED, 3)])

    assert desk.shelf(MUG, BACK).incoming == 1
    paper = PaperId(TILL, PaperKind.TRANSFER, PaperKey("T-1"))
    assert [(f.kind, f.units) for f in desk.books.findings[paper]] == [("short-arrived", 1)]


def test_more_arrived_than_was_sent_is_found_and_must_have_left() -> None:
    desk = heard([transfer(Stage.DISPATCHED, 3), transfer(Stage.RECEIVED, 5)])

    assert (desk.shelf().free, desk.shelf(MUG, BACK).free) == (5, 5)
    paper = PaperId(TILL, PaperKind.TRANSFER, PaperKey("T-1"))
    assert [(f.kind, f.units) for f in desk.books.findings[paper]] == [("more-arrived", 2)]


def test_a_completed_transfer_that_is_cancelled_comes_back() -> None:
    desk = heard([transfer(Stage.COMPLETED, 4), transfer(Stage.CANCELLED, 4)])

    assert (desk.shelf().free, desk.shelf(MUG, BACK).free) == (10, 0)


def test_void_and_sale_are_compared_by_the_tills_own_moments() -> None:
    late = replace(sale(2, at=minutes(9)), said_at=minutes(20))
    early = replace(void(at=minutes(8)), said_at=minutes(21))

    assert heard([late, early]).shelf().free == 10
    assert heard([early, late]).shelf().free == 10


def whole(units: int, *, at: datetime = NOON, revision: int = 1) -> Counted:
    return replace(count(units, at=at, revision=revision), whole=True)


def test_goods_that_appear_after_a_count_of_the_whole_place_stood_there_zero_times() -> None:
    before = Received(key=PaperKey("G"), occurred_at=minutes(-5), lines=goods(5, sku=LAMP))
    after = Received(key=PaperKey("H"), occurred_at=minutes(5), lines=goods(2, sku=LAMP))
    desk = heard([whole(6)])

    for fact in (before, after):
        desk.books.ledger.shelf(LAMP, SHELF)
        rest_on_whole_counts(desk.books.ledger, desk.books.counts)
        desk.hear(fact, TILL)

    assert desk.shelf(LAMP).on_hand == 2


def test_two_counts_of_one_moment_that_differ_are_for_a_person() -> None:
    desk = heard([count(6), count(5, key="C-2")])

    paper = PaperId(TILL, PaperKind.COUNT, PaperKey("C-2"))
    assert [(f.kind, f.units) for f in desk.books.findings[paper]] == [("counted-twice", 5)]


def test_a_cancelled_transfer_comes_back_but_for_what_arrived() -> None:
    told = [transfer(s, n) for s, n in ((Stage.DISPATCHED, 4), (Stage.RECEIVED, 1))]

    desk = heard([*told, transfer(Stage.CANCELLED, 4)])

    assert (desk.shelf().free, desk.shelf(MUG, BACK).free) == (9, 1)
    assert desk.shelf(MUG, BACK).incoming == 0


def test_a_count_fixes_what_stands_on_the_shelf() -> None:
    desk = heard([count(6)])

    assert desk.shelf().on_hand == 6


def test_a_count_leaves_promises_alone_their_parcels_are_still_there() -> None:
    desk = heard([])
    desk.hear(order(1, line(3)))

    desk.hear(count(6), TILL)

    assert (desk.shelf().on_hand, desk.shelf().committed, desk.shelf().free) == (6, 3, 3)


def test_a_sale_from_before_the_count_that_comes_late_does_not_lower_it() -> None:
    desk = heard([count(6, at=minutes(10)), sale(2, at=minutes(5))])

    assert desk.shelf().on_hand == 6
    assert [m.reason for m in desk.books.ledger.movements] == [
        Reason.COUNTED,
        Reason.SOLD,
        Reason.INSIDE_COUNT,
    ]


def test_a_sale_after_the_count_that_came_before_it_still_lowers_it() -> None:
    desk = heard([sale(2, at=minutes(15)), count(6, at=minutes(10))])

    assert desk.shelf().on_hand == 4


def test_a_parcel_that_left_before_the_count_was_not_counted() -> None:
    desk = heard([])
    desk.hear(order(1, line(3)))

    desk.hear(count(7, at=minutes(10)), TILL)
    desk.hear(order(2, line(0, 3, gone_at=minutes(5))))

    assert (desk.shelf().on_hand, desk.shelf().free) == (7, 7)


def test_a_parcel_that_left_after_the_count_lowers_it() -> None:
    desk = heard([])
    desk.hear(order(1, line(3)))

    desk.hear(count(10, at=minutes(10)), TILL)
    desk.hear(order(2, line(0, 3, gone_at=minutes(15))), received_at=minutes(20))

    assert (desk.shelf().on_hand, desk.shelf().free) == (7, 7)


def test_of_two_counts_the_later_moment_wins_whichever_is_heard_first() -> None:
    early, late = count(6, at=minutes(10)), count(4, key="C-2", at=minutes(20))

    assert heard([early, late]).shelf().on_hand == 4
    assert heard([late, early]).shelf().on_hand == 4


def test_a_count_that_is_corrected_to_an_earlier_moment_gives_way_to_the_next() -> None:
    told = [
        count(6, at=minutes(10)),
        count(4, key="C-2", at=minutes(20)),
        count(4, key="C-2", at=minutes(5), revision=2),
    ]

    assert heard(told).shelf().on_hand == 6


def test_a_count_that_is_corrected_to_another_place_leaves_the_first_one() -> None:
    told = [count(3), count(3, revision=2, location="back")]

    desk = heard(told)

    assert (desk.shelf().on_hand, desk.shelf(MUG, BACK).on_hand) == (10, 3)


def test_a_receipt_corrected_to_an_unknown_sku_gives_the_first_one_back() -> None:
    wrong = replace(sale(2, revision=2), lines=goods(2, sku=Sku("NO-SUCH")))

    desk = heard([sale(2), wrong])

    assert desk.shelf().free == 10
    desk.know(Sku("NO-SUCH"))
    assert desk.shelf(Sku("NO-SUCH")).free == -2


def test_in_doubt_what_lowers_is_after_the_count_and_what_raises_before_it() -> None:
    hour = timedelta(hours=1)
    lowers = receipt(ReceiptPart.SALE, *goods(2), at=minutes(-30), doubt=hour)
    raises = receipt(ReceiptPart.RETURN, *goods(1), key="R-2", at=minutes(-30), doubt=hour)

    assert heard([count(6), lowers]).shelf().on_hand == 4
    assert heard([count(6), raises]).shelf().on_hand == 6


def test_a_count_of_another_place_leaves_this_one_alone() -> None:
    desk = heard([count(3, location="back")])

    assert (desk.shelf().on_hand, desk.shelf(MUG, BACK).on_hand) == (10, 3)


MOMENTS = st.integers(-20, 20).map(minutes)


@st.composite
def days(draw: st.DrawFn) -> list[OrderSnapshot | Paper]:
    """Draw a day at a till with a web shop: everything that may be heard, in true order."""
    told: list[OrderSnapshot | Paper] = []
    for key in ("R-1", "R-2"):
        told.append(sale(draw(st.integers(1, 4)), key=key, at=draw(MOMENTS)))
        if draw(st.booleans()):
            told.append(void(key=key, at=draw(MOMENTS)))
    told.extend(
        count(draw(st.integers(0, 9)), key=f"C-{place}", at=draw(MOMENTS))
        for place in range(draw(st.integers(0, 3)))
    )
    if draw(st.booleans()):
        told.append(transfer(Stage.DISPATCHED, draw(st.integers(1, 4)), at=draw(MOMENTS)))
        told.append(transfer(Stage.RECEIVED, draw(st.integers(1, 4)), at=draw(MOMENTS)))
    told.append(Received(key=PaperKey("G-1"), occurred_at=draw(MOMENTS), lines=goods(5)))
    told.append(Adjusted(key=PaperKey("A-1"), occurred_at=draw(MOMENTS), lines=goods(-1)))
    for version in range(draw(st.integers(1, 3))):
        committed, gone = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        told.append(order(version, line(committed, gone, gone_at=draw(MOMENTS))))
    return told


def _channel_of(fact: OrderSnapshot | Paper, desk: Desk) -> None:
    if isinstance(fact, OrderSnapshot):
        desk.hear(fact, received_at=minutes(30))
    else:
        desk.hear(fact, TILL)


@settings(max_examples=400)
@given(days(), st.randoms(use_true_random=False))
def test_a_day_with_counts_ends_the_same_in_any_order_and_any_repetition(
    told: list[OrderSnapshot | Paper], random: Random
) -> None:
    once, again = heard([]), heard([])
    shuffled = told * 2
    random.shuffle(shuffled)

    for fact in told:
        _channel_of(fact, once)
    for fact in shuffled:
        _channel_of(fact, again)
        again.check()

    assert again.state() == once.state()


@settings(max_examples=300)
@given(days())
def test_what_stands_is_the_last_count_and_what_happened_after_it(
    told: list[OrderSnapshot | Paper],
) -> None:
    desk = heard([], standing=0)
    for fact in told:
        _channel_of(fact, desk)

    counts = [fact for fact in told if isinstance(fact, Counted)]
    last = max((c.occurred_at for c in counts), default=None)
    winner = [c for c in counts if c.occurred_at == last][-1] if counts else None
    after = sum(
        movement.on_hand(SHELF)
        for movement in desk.books.ledger.movements
        if movement.reason not in (Reason.COUNTED, Reason.INSIDE_COUNT)
        and (last is None or movement.occurred_at > last)
    )
    assert desk.shelf().on_hand == (winner.lines[0].units if winner else 0) + after
    assert desk.shelf(LAMP).on_hand == 0
