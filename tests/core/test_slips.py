"""Orders whose refunds and parcels are told under ids of their own, in whatever order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.core.account import PaperId
from stocksync.core.facts import (
    OrderLine,
    OrderSlips,
    OrderSnapshot,
    PaperKind,
    Removal,
    Slip,
    SlipKind,
    SlipRules,
)
from stocksync.core.names import LineId, PaperKey
from tests.core.desk import (
    BACK,
    LAMP,
    MUG,
    NOON,
    SET,
    SHELF,
    WEB,
    Desk,
    line,
    minutes,
    order,
)

ORDER = PaperId(WEB, PaperKind.ORDER, PaperKey("1042"))


def told(version: int, ever: int, *slips: Slip, ended_at: datetime | None = None) -> OrderSnapshot:
    """Return an order of one line that ever took so many units, with the slips its body shows."""
    plain = order(version, line(ever))
    return replace(plain, slip_rules=SlipRules(), slips=slips, ended_at=ended_at)


def slip(kind: SlipKind, units: int, key: str = "", *, at: float = 5, where: str = "shelf") -> Slip:
    return Slip(
        key=key or kind, line=LineId("1"), kind=kind, units=units, at=minutes(at), location=where
    )


def beside(*slips: Slip) -> OrderSlips:
    return OrderSlips(order=PaperKey("1042"), slips=slips)


def stands(desk: Desk) -> tuple[int, int, int]:
    """Return what of the line is committed, gone, and came back."""
    booked = desk.books.states[ORDER].lines[LineId("1")]
    return booked.committed, booked.gone, booked.back


@pytest.mark.parametrize(
    ("slips", "ended", "booked", "free"),
    [
        ([], False, (3, 0, 0), 7),
        ([slip(SlipKind.SHIPPED, 3)], False, (0, 3, 0), 7),
        ([slip(SlipKind.SHIPPED, 1)], False, (2, 1, 0), 7),
        ([slip(SlipKind.CANCELLED, 1)], False, (2, 0, 0), 8),
        ([slip(SlipKind.SHIPPED, 3), slip(SlipKind.RETURNED, 1)], False, (0, 3, 1), 8),
        ([slip(SlipKind.WRITTEN_OFF, 1)], False, (3, 0, 0), 7),
        ([slip(SlipKind.SHIPPED, 3), slip(SlipKind.WRITTEN_OFF, 2)], False, (0, 3, 0), 7),
        ([slip(SlipKind.CANCELLED, 3)], True, (0, 0, 0), 10),
        ([], True, (0, 3, 0), 7),
        ([slip(SlipKind.SHIPPED, 1), slip(SlipKind.CANCELLED, 2)], True, (0, 1, 0), 9),
        ([slip(SlipKind.RETURNED, 1)], False, (2, 1, 1), 8),
    ],
    ids=[
        "accepted",
        "shipped",
        "shipped-in-part",
        "cancelled-in-part",
        "one-came-back",
        "refunded-not-put-back",
        "refunded-after-shipping",
        "cancelled-and-put-back",
        "cancelled-and-not-put-back",
        "cancelled-after-a-parcel",
        "returned-though-never-shipped",
    ],
)
def test_what_became_of_three_mugs(
    slips: Sequence[Slip], ended: bool, booked: tuple[int, int, int], free: int
) -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(told(1, 3, *slips, ended_at=minutes(9) if ended else None))

    assert (stands(desk), desk.shelf().free) == (booked, free)
    desk.check()


def test_a_refund_told_twice_by_two_topics_counts_once() -> None:
    desk = Desk()
    desk.stand(10)
    refund = slip(SlipKind.CANCELLED, 2, "refund:1")

    desk.hear(told(2, 3, refund))
    desk.hear(beside(refund))
    desk.hear(beside(refund))

    assert (stands(desk), desk.shelf().free) == ((1, 0, 0), 9)


def test_a_refund_that_comes_before_its_order_waits_for_it() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(beside(slip(SlipKind.CANCELLED, 2)))
    assert desk.shelf().free == 10
    desk.hear(told(1, 3))

    assert (stands(desk), desk.shelf().free) == ((1, 0, 0), 9)


def test_an_old_body_without_the_refund_takes_nothing_back() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(told(3, 3, slip(SlipKind.CANCELLED, 2)))

    desk.hear(told(1, 3))
    desk.hear(told(4, 3))

    assert desk.shelf().free == 9


def test_a_refund_that_only_an_older_body_shows_counts_all_the_same() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(told(3, 3))

    desk.hear(told(1, 3, slip(SlipKind.CANCELLED, 2)))

    assert desk.shelf().free == 9


def test_the_end_of_an_order_stays_when_an_older_body_comes_last() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(told(1, 3))

    desk.hear(told(2, 3, slip(SlipKind.CANCELLED, 3), ended_at=minutes(9)))
    desk.hear(told(3, 3))

    assert (stands(desk), desk.shelf().free, desk.shelf().committed) == ((0, 0, 0), 10, 0)


def test_a_parcel_that_never_left_is_undone_by_its_newer_version() -> None:
    desk = Desk()
    desk.stand(10)
    parcel = slip(SlipKind.SHIPPED, 3, "shipped:7")
    desk.hear(told(1, 3, replace(parcel, version="1")))

    desk.hear(beside(replace(parcel, version="2", units=0)))
    desk.hear(beside(replace(parcel, version="1")))

    assert (stands(desk), desk.shelf().on_hand) == ((3, 0, 0), 10)


def test_units_are_gone_from_the_place_that_sent_them_wherever_they_were_booked() -> None:
    desk = Desk()
    desk.stand(10)
    desk.stand(5, location=BACK)
    desk.hear(told(1, 3))
    assert (desk.shelf().committed, desk.shelf(MUG, BACK).committed) == (3, 0)

    desk.hear(beside(slip(SlipKind.SHIPPED, 2, where="back")))

    assert stands(desk) == (1, 2, 0)
    shelf, back = desk.shelf(), desk.shelf(MUG, BACK)
    assert (shelf.free, shelf.committed, back.free, back.committed) == (9, 1, 3, 0)
    desk.check()


def test_a_parcel_of_another_place_that_never_left_is_promised_again() -> None:
    desk = Desk()
    desk.stand(10)
    desk.stand(5, location=BACK)
    parcel = slip(SlipKind.SHIPPED, 2, "shipped:7", where="back")
    desk.hear(told(1, 3, replace(parcel, version="1")))

    desk.hear(beside(replace(parcel, version="2", units=0)))

    assert stands(desk) == (3, 0, 0)
    assert desk.shelf().on_hand + desk.shelf(MUG, BACK).on_hand == 15
    desk.check()


def test_two_parcels_of_a_bundle_take_the_components_of_the_place_that_sent_each() -> None:
    desk = Desk(bundles={SET: ((MUG, 2), (LAMP, 1))}, sells_from=(SHELF, BACK))
    for sku in (MUG, LAMP):
        desk.stand(10, sku)
        desk.stand(10, sku, BACK)
    ordered = told(1, 3)
    desk.hear(replace(ordered, lines=tuple(replace(x, sku=SET) for x in ordered.lines)))

    desk.hear(beside(slip(SlipKind.SHIPPED, 1, "p1", where="back")))
    desk.hear(beside(slip(SlipKind.SHIPPED, 2, "p2", where="shelf")))

    free = {(sku, at): desk.shelf(sku, at).free for sku in (MUG, LAMP) for at in (SHELF, BACK)}
    assert free == {(MUG, SHELF): 6, (MUG, BACK): 8, (LAMP, SHELF): 8, (LAMP, BACK): 9}
    desk.check()


def test_what_the_store_sold_and_another_place_sent_left_that_place() -> None:
    desk = Desk(sells_from=(SHELF, BACK))
    desk.stand(10)
    desk.stand(5, location=BACK)
    at_the_store = told(1, 2)
    lines = tuple(replace(x, location="shelf") for x in at_the_store.lines)
    desk.hear(replace(at_the_store, lines=lines))

    desk.hear(beside(slip(SlipKind.SHIPPED, 1, where="back")))
    desk.hear(replace(at_the_store, lines=lines, version="0002"))

    shelf, back = desk.shelf(), desk.shelf(MUG, BACK)
    assert (shelf.free, shelf.committed, back.free, back.committed) == (9, 1, 4, 0)


def test_what_a_place_that_is_none_of_ours_sent_stays_booked_where_it_was() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(told(1, 2, slip(SlipKind.SHIPPED, 2, where="elsewhere")))

    assert (stands(desk), desk.shelf().free) == ((0, 2, 0), 8)


def test_goods_come_back_to_the_shelf_that_the_refund_names() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(told(1, 2, slip(SlipKind.SHIPPED, 2)))

    desk.hear(beside(slip(SlipKind.RETURNED, 1, where="back", at=8)))

    assert (desk.shelf().free, desk.shelf(MUG, BACK).free) == (8, 1)
    desk.check()


def test_goods_that_come_back_to_a_place_that_is_none_of_ours_are_not_ours_again() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(told(1, 2, slip(SlipKind.SHIPPED, 2), slip(SlipKind.RETURNED, 1, where="elsewhere")))

    assert (stands(desk), desk.shelf().free) == ((0, 2, 0), 8)


def test_the_copy_of_an_order_that_another_system_counts_books_nothing_and_moves_its_number() -> (
    None
):
    desk = Desk()
    desk.stand(10)

    desk.hear(replace(told(1, 3), ignored=True))
    desk.hear(beside(slip(SlipKind.CANCELLED, 1)))

    assert (desk.shelf().free, desk.shelf().committed) == (10, 0)
    assert [move.taken for move in desk.books.moves] == [3, -1]


def edited(version: int, dropped: int, removal: Removal, *slips: Slip) -> OrderSnapshot:
    """Return an order of 3 units, of which the channel counts some as the order's no longer."""
    rules = SlipRules(removal=removal)
    lines = tuple(replace(x, dropped=dropped) for x in told(version, 3).lines)
    return replace(told(version, 3, *slips), lines=lines, slip_rules=rules)


@pytest.mark.parametrize(
    ("removal", "booked", "moved", "may_be_back"),
    [
        (Removal.RESTOCK, (1, 0, 0), [3, -2], 0),
        (Removal.KEEP, (1, 2, 0), [3], 0),
        (Removal.VERIFY, (1, 2, 0), [3, 0], 2),
    ],
)
def test_what_an_edit_took_out_of_an_order_goes_by_the_merchants_rule(
    removal: Removal, booked: tuple[int, int, int], moved: list[int], may_be_back: int
) -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(edited(1, 0, removal))
    desk.hear(edited(2, 2, removal))

    assert stands(desk) == booked
    assert [move.taken for move in desk.books.moves] == moved
    assert sum(move.removed for move in desk.books.moves) == may_be_back


@pytest.mark.parametrize("removal", Removal)
def test_a_refund_that_only_a_topic_of_its_own_tells_was_no_edit(removal: Removal) -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(edited(2, 2, removal))
    desk.hear(beside(slip(SlipKind.CANCELLED, 2)))

    assert stands(desk) == (1, 0, 0)
    assert desk.shelf().free == 9
    assert sum(move.removed for move in desk.books.moves) == 0


def lost(desk: Desk, now: datetime) -> list[tuple[str, int]]:
    desk.books.rebook(ORDER, now)
    return [(found.kind, found.units) for found in desk.books.findings[ORDER]]


def test_nobody_is_asked_for_lost_units_while_the_order_may_still_tell_of_them() -> None:
    desk = Desk()
    desk.stand(10)
    desk.hear(told(2, 3, slip(SlipKind.SHIPPED, 1), ended_at=minutes(60)))
    state = desk.books.states[ORDER]

    assert state.rebook_at(minutes(65)) == minutes(70)
    assert lost(desk, minutes(69)) == []
    assert lost(desk, minutes(70)) == [("not-put-back", 2)]
    assert state.rebook_at(minutes(70)) is None


def test_lost_units_are_put_back_by_rule_once_the_order_is_silent_and_the_shop_is_behind() -> None:
    desk = Desk()
    desk.stand(10)
    ended = told(2, 3, slip(SlipKind.SHIPPED, 1), ended_at=minutes(60))
    desk.hear(replace(ended, slip_rules=SlipRules(restocks_lost=True)))

    assert lost(desk, minutes(69)) == []
    assert stands(desk) == (0, 3, 0)

    assert lost(desk, minutes(70)) == []
    assert stands(desk) == (0, 1, 0)
    assert desk.shelf().free == 9
    assert [move.taken for move in desk.books.moves] == [3]

    desk.hear(beside(slip(SlipKind.CANCELLED, 2)))

    assert (stands(desk), desk.shelf().free) == ((0, 1, 0), 9)
    assert [move.taken for move in desk.books.moves] == [3, -2]


def test_the_shops_number_follows_what_it_took_and_put_back() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(told(1, 3))
    desk.hear(beside(slip(SlipKind.SHIPPED, 3)))
    desk.hear(beside(slip(SlipKind.RETURNED, 1)))

    assert [move.taken for move in desk.books.moves] == [3, -1]


def test_what_a_slip_did_to_the_number_has_the_moment_of_the_slip() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(replace(told(2, 3), changed_at=minutes(2)))
    desk.hear(beside(slip(SlipKind.CANCELLED, 1, "c1", at=7)))
    desk.hear(told(1, 3, slip(SlipKind.CANCELLED, 1, "c2", at=6)))

    moves = [(move.taken, move.changed_at) for move in desk.books.moves]
    assert moves == [(3, minutes(2)), (-1, minutes(7)), (-1, minutes(6))]


def _life(dice: Random) -> list[OrderSnapshot | OrderSlips]:
    """Return all that a shop tells of one order with two lines, as it happens."""
    ever = {"1": dice.randint(1, 4), "2": dice.randint(1, 4)}
    left, slips = dict(ever), list[Slip]()
    tells: list[OrderSnapshot | OrderSlips] = []
    ended: datetime | None = None
    for version in range(1, dice.randint(2, 7)):
        name = dice.choice(["1", "2"])
        if version > 1 and left[name] and ended is None:
            units = dice.randint(1, left[name])
            kind = dice.choice(list(SlipKind))
            if kind is not SlipKind.SHIPPED:
                left[name] -= units
            new = Slip(
                key=f"{kind}:{version}",
                line=LineId(name),
                kind=kind,
                units=units,
                at=minutes(version),
                location=dice.choice([SHELF, BACK]),
            )
            slips.append(new)
            tells.append(beside(new))
        if version > 2 and dice.random() < 0.2:
            ended = ended or minutes(version)
        lines = [OrderLine(line=LineId(x), sku=MUG, committed=units) for x, units in ever.items()]
        body = order(version, *lines)
        tells.append(replace(body, slip_rules=SlipRules(), slips=tuple(slips), ended_at=ended))
    return tells


@given(st.integers(0, 2**32))
def test_any_order_of_arrival_with_any_duplicates_ends_in_the_same_state(seed: int) -> None:
    dice = Random(seed)
    tells = _life(dice)
    straight, shuffled = Desk(), Desk()
    for desk in (straight, shuffled):
        desk.stand(10)
    for fact in tells:
        straight.hear(fact)
        straight.check()

    again = [*tells, *dice.choices(tells, k=3)]
    dice.shuffle(again)
    for fact in again:
        shuffled.hear(fact, now=NOON)
        shuffled.check()

    assert shuffled.state() == straight.state()
    for place in (SHELF, BACK):  # every parcel says where it left
        assert shuffled.shelf(MUG, place).on_hand == straight.shelf(MUG, place).on_hand
    assert sum(move.taken for move in shuffled.books.moves) == sum(
        move.taken for move in straight.books.moves
    )
