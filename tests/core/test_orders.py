"""Orders are states: what is booked is the newest of them, however it was heard."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.core.account import PaperId
from stocksync.core.facts import Counted, OrderSnapshot, PaperKind, PaperLine
from stocksync.core.names import LineId, ListingId, PaperKey, Sku
from stocksync.core.plan import Entry, Plan
from tests.core.desk import (
    BACK,
    IMPORTER,
    LAMP,
    MUG,
    NOON,
    PLACES,
    SET,
    SHELF,
    TILL,
    WEB,
    Desk,
    line,
    minutes,
    order,
)

ORDER = PaperId(WEB, PaperKind.ORDER, PaperKey("1042"))


def test_an_accepted_order_promises_its_units_and_leaves_them_on_the_shelf() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(3)))

    assert (desk.shelf().free, desk.shelf().committed, desk.shelf().on_hand) == (7, 3, 10)


def test_a_shipped_order_has_left_the_shelf() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(3)))
    desk.hear(order(2, line(0, 3)))

    assert (desk.shelf().free, desk.shelf().committed, desk.shelf().on_hand) == (7, 0, 7)


def test_an_order_first_heard_when_shipped_books_the_same() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(2, line(0, 3)))

    assert (desk.shelf().free, desk.shelf().committed, desk.shelf().on_hand) == (7, 0, 7)


def test_cancel_after_refund_then_restore_follows_the_shop() -> None:
    desk = Desk()
    desk.stand(10)

    free = []
    for version, committed in enumerate((3, 2, 0, 3)):
        desk.hear(order(version, line(committed)))
        free.append(desk.shelf().free)

    assert free == [7, 8, 10, 7]


def test_an_over_refund_puts_back_beyond_what_was_taken_and_takes_it_again() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(2)))
    desk.hear(order(2, line(beyond=7)))
    beyond = desk.shelf().free
    desk.hear(order(3, line()))

    assert (beyond, desk.shelf().free) == (17, 10)


def test_a_line_that_a_complete_body_lacks_is_released() -> None:
    desk = Desk()
    desk.stand(10)
    desk.stand(1, LAMP)

    desk.hear(order(1, line(2), line(1, name="2", sku=LAMP)))
    desk.hear(order(2, line(2)))

    assert (desk.shelf().free, desk.shelf(LAMP).free) == (8, 1)


def test_a_line_that_a_partial_body_lacks_stays_booked() -> None:
    desk = Desk()
    desk.stand(10)
    desk.stand(1, LAMP)

    desk.hear(order(1, line(2), line(1, name="2", sku=LAMP)))
    desk.hear(order(2, line(3), complete=False))

    assert (desk.shelf().free, desk.shelf(LAMP).free) == (7, 0)


def test_an_unknown_sku_parks_its_line_alone_and_is_booked_when_it_is_known() -> None:
    desk = Desk()
    new = Sku("NEW-VASE")

    desk.hear(order(1, line(2), line(4, name="2", sku=new)))
    parked = desk.books.states[ORDER].lines[LineId("2")].parked
    desk.know(new)

    assert parked is not None
    assert parked.code == "unknown-sku"
    assert "NEW-VASE" in parked.text
    assert (desk.shelf().committed, desk.shelf(new).committed) == (2, 4)
    assert desk.books.states[ORDER].lines[LineId("2")].parked is None


def test_a_product_deleted_later_keeps_the_sku_of_the_first_sight() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(2)))
    desk.hear(order(2, line(1, sku=None)))

    assert desk.shelf().free == 9


def test_a_name_is_learned_from_an_older_body_that_comes_late() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(2, line(2, sku=None)))
    parked = desk.books.states[ORDER].lines[LineId("1")].parked
    desk.hear(order(1, line(5)))

    assert parked is not None
    assert desk.shelf().committed == 2


def test_an_older_body_does_not_rename_a_line() -> None:
    desk = Desk()

    desk.hear(order(2, line(2, sku="NEW-VASE")))
    desk.hear(order(1, line(2, sku=MUG)))

    booked = desk.books.states[ORDER].lines[LineId("1")]
    assert booked.sku_text == "NEW-VASE"
    assert desk.shelf().committed == 0


def test_a_bundle_takes_its_components() -> None:
    desk = Desk(bundles={SET: ((MUG, 2), (LAMP, 1))})
    desk.stand(10)
    desk.stand(1, LAMP)

    desk.hear(order(1, line(1, sku=SET)))

    assert (desk.shelf(MUG).committed, desk.shelf(LAMP).committed) == (2, 1)
    assert desk.lines(ORDER) == {"1": (1, 0, 0)}


def test_two_variations_of_a_shared_pool_sell_the_parents_sku() -> None:
    cap = Sku("CAP")
    owner = ListingId("20")
    desk = Desk(
        skus=[cap],
        listings={
            (WEB, owner): Entry(sku="CAP", owner=owner),
            (WEB, ListingId("21")): Entry(sku="CAP-R", owner=owner),
            (WEB, ListingId("22")): Entry(sku="CAP-B", owner=owner),
        },
    )

    desk.hear(
        order(
            1,
            line(2, sku="CAP-R", listing="21"),
            line(1, name="2", sku="CAP-B", listing="22"),
        )
    )

    assert desk.shelf(cap).committed == 3


def test_units_come_from_each_place_up_to_what_it_may_offer_then_from_the_first_own() -> None:
    desk = Desk(sells_from=(SHELF, BACK, IMPORTER))
    desk.stand(2, MUG, SHELF)
    desk.stand(1, MUG, BACK)
    desk.stand(10, MUG, IMPORTER)

    desk.hear(order(1, line(12)))

    taken = {place: desk.shelf(MUG, place).committed for place in (SHELF, BACK, IMPORTER)}
    assert taken == {SHELF: 3, BACK: 1, IMPORTER: 8}


def test_a_decrease_gives_back_from_the_last_place_first() -> None:
    desk = Desk(sells_from=(SHELF, IMPORTER))
    desk.stand(2, MUG, SHELF)
    desk.stand(10, MUG, IMPORTER)

    desk.hear(order(1, line(5)))
    desk.hear(order(2, line(3)))

    assert (desk.shelf(MUG, SHELF).committed, desk.shelf(MUG, IMPORTER).committed) == (2, 1)


def test_what_comes_back_from_a_suppliers_sale_comes_to_our_own_shelf() -> None:
    desk = Desk(sells_from=(IMPORTER,))
    desk.stand(10, MUG, IMPORTER)

    desk.hear(order(1, line(0, 2)))
    desk.hear(order(2, line()))

    assert (desk.shelf(MUG, IMPORTER).free, desk.shelf(MUG, SHELF).free) == (8, 2)


def test_a_line_that_names_its_place_is_taken_there_and_moved_there() -> None:
    desk = Desk(sells_from=(SHELF, BACK))
    desk.stand(5, MUG, SHELF)
    desk.stand(5, MUG, BACK)

    desk.hear(order(1, line(2)))
    desk.hear(order(2, line(2, location="back")))

    assert (desk.shelf(MUG, SHELF).free, desk.shelf(MUG, BACK).free) == (5, 3)


def test_an_unknown_place_parks_the_line() -> None:
    desk = Desk()

    desk.hear(order(1, line(2, location="Mars")))

    parked = desk.books.states[ORDER].lines[LineId("1")].parked
    assert parked is not None
    assert parked.code == "unknown-location"
    assert desk.shelf().committed == 0


def test_an_unpaid_checkout_keeps_units_from_others_until_its_time_is_over() -> None:
    desk = Desk()
    desk.stand(5)

    desk.hear(order(1, line(soft=4), soft_until=minutes(60)))
    kept = (desk.shelf().free, desk.shelf().held)
    desk.books.rebook(ORDER, minutes(61))

    assert kept == (1, 4)
    assert (desk.shelf().free, desk.shelf().held) == (5, 0)


def test_an_unpaid_checkout_that_is_paid_takes_its_own_units() -> None:
    desk = Desk()
    desk.stand(4)

    desk.hear(order(1, line(soft=4), soft_until=minutes(60)))
    desk.hear(order(2, line(4)))

    assert (desk.shelf().free, desk.shelf().held, desk.shelf().committed) == (0, 0, 4)


def test_an_unpaid_checkout_never_makes_us_short() -> None:
    desk = Desk()
    desk.stand(1)

    desk.hear(order(1, line(soft=4), soft_until=minutes(60)))

    assert (desk.shelf().free, desk.shelf().held) == (0, 1)


def test_the_shelf_may_be_short_and_the_sale_is_booked_all_the_same() -> None:
    desk = Desk()
    desk.stand(1, LAMP)

    desk.hear(order(1, line(3, sku=LAMP)))

    assert (desk.shelf(LAMP).free, desk.shelf(LAMP).committed) == (-2, 3)


def test_the_same_key_on_two_channels_is_two_orders() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(2)), WEB)
    desk.hear(order(1, line(3)), TILL)

    assert desk.shelf().committed == 5


@pytest.mark.parametrize("swapped", [False, True])
def test_units_left_by_the_first_body_that_showed_them_gone(swapped: bool) -> None:
    told = [
        order(version, replace(line(0, 1, gone_at=minutes(version)), gone_guessed=True))
        for version in (2, 8)
    ]
    desk = Desk()
    desk.stand(6)
    desk.hear(
        Counted(
            key=PaperKey("C-1"),
            occurred_at=minutes(5),
            lines=(PaperLine(line=LineId("1"), sku=MUG, units=5),),
        ),
        TILL,
    )

    for fact in reversed(told) if swapped else told:
        desk.hear(fact, received_at=minutes(9))

    assert desk.shelf().on_hand == 5


def test_units_that_were_seen_again_left_later() -> None:
    desk = Desk()
    desk.stand(6)

    desk.hear(order(1, replace(line(0, 1, gone_at=minutes(1)), gone_guessed=True)))
    desk.hear(order(2, line(1)))
    desk.hear(
        order(3, replace(line(0, 1, gone_at=minutes(3)), gone_guessed=True)),
        received_at=minutes(4),
    )

    [part] = desk.books.states[ORDER].lines[LineId("1")].parts
    assert part.gone_at == minutes(3)


def test_a_shops_clock_that_runs_ahead_puts_nothing_after_its_receipt() -> None:
    desk = Desk()
    desk.stand(10)

    desk.hear(order(1, line(0, 3, gone_at=minutes(30))), received_at=minutes(1))

    [part] = desk.books.states[ORDER].lines[LineId("1")].parts
    assert part.gone_at == minutes(1)


def test_a_place_that_the_config_dropped_gives_back_to_the_channels_own() -> None:
    desk = Desk(sells_from=(BACK,))
    desk.stand(3, MUG, BACK)
    desk.hear(order(1, line(0, 2)))
    kept = {name: place for name, place in PLACES.items() if name != BACK}
    desk.books.plans = {
        WEB: Plan(channel=WEB, location=SHELF, sells_from=(PLACES[SHELF],), places=kept)
    }

    desk.hear(order(2, line()))

    assert desk.shelf(MUG, SHELF).free == 2


LINES = st.tuples(
    st.sampled_from(["1", "2", "3"]),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 2),
    st.sampled_from([MUG, LAMP, SET, Sku("UNKNOWN")]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[OrderSnapshot]:
    """Draw the versions of some orders, as a shop may go through them."""
    told = []
    for key in ("1", "2"):
        goods = {name: draw(LINES)[4] for name in ("1", "2", "3")}
        for version in range(draw(st.integers(1, 4))):
            drawn = {one[0]: one for one in draw(st.lists(LINES, max_size=3))}
            lines = [
                line(
                    committed,
                    gone,
                    name=name,
                    beyond=beyond,
                    sku=goods[name],
                    gone_at=minutes(version),
                )
                for name, committed, gone, beyond, _ in drawn.values()
            ]
            told.append(order(version, *lines, key=key))
    return told


def _heard(told: Sequence[OrderSnapshot], at: datetime = NOON) -> Desk:
    desk = Desk(bundles={SET: ((MUG, 2), (LAMP, 1))}, sells_from=(SHELF, BACK))
    desk.stand(6)
    desk.stand(3, MUG, BACK)
    desk.stand(4, LAMP)
    for fact in told:
        desk.hear(fact, received_at=at)
        desk.check()
    return desk


@settings(max_examples=300)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_repetition_ends_in_the_same_state(
    told: list[OrderSnapshot], random: Random
) -> None:
    once = _heard(told)
    shuffled = told * 3
    random.shuffle(shuffled)

    again = _heard(shuffled)

    assert again.state() == once.state()


@settings(max_examples=200)
@given(histories(), st.randoms(use_true_random=False))
def test_replaying_everything_moves_nothing(told: list[OrderSnapshot], random: Random) -> None:
    desk = _heard(told)
    moved = len(desk.books.ledger.movements)
    again = list(told)
    random.shuffle(again)

    for fact in again:
        desk.hear(fact)

    assert len(desk.books.ledger.movements) == moved


@settings(max_examples=200)
@given(histories(), st.sets(st.integers(0, 7)), st.randoms(use_true_random=False))
def test_what_is_lost_and_read_later_ends_in_the_same_state(
    told: list[OrderSnapshot], lost: set[int], random: Random
) -> None:
    whole = _heard(told)
    newest = {fact.order: fact for fact in told}
    rest = [fact for place, fact in enumerate(told) if place not in lost]
    random.shuffle(rest)

    desk = _heard(rest)
    for fact in newest.values():
        desk.hear(fact, received_at=minutes(2), read_began_at=minutes(1))

    assert desk.state() == whole.state()


@pytest.mark.parametrize("swapped", [False, True])
def test_a_tie_keeps_the_body_that_takes_more_until_it_is_read(swapped: bool) -> None:
    desk = Desk()
    desk.stand(5)
    told = [order(1, line(1)), order(1, line(0))]

    asks = [desk.hear(fact).ask for fact in (reversed(told) if swapped else told)]
    before = desk.shelf().committed
    desk.hear(told[1], received_at=minutes(2), read_began_at=minutes(1))

    assert asks[0] is None
    assert asks[1] is not None
    assert before == 1
    assert desk.shelf().committed == 0


def test_a_tie_is_asked_once_whatever_is_repeated() -> None:
    desk = Desk()
    told = [order(1, line(1)), order(1, line(0))]

    asks = [desk.hear(fact).ask for fact in told * 3]
    desk.hear(told[1], received_at=minutes(2), read_began_at=minutes(1))
    later = [desk.hear(fact, received_at=minutes(3)).ask for fact in told]

    assert [ask is not None for ask in asks] == [False, True, False, False, False, False]
    assert later == [None, None]


def test_a_body_received_before_a_read_began_changes_nothing_after_it() -> None:
    desk = Desk()
    desk.stand(5)

    desk.hear(order(2, line(2)), received_at=minutes(3), read_began_at=minutes(2))
    desk.hear(order(9, line(4)), received_at=minutes(1))

    assert desk.shelf().committed == 2


def test_a_body_received_after_a_read_began_counts_by_its_version() -> None:
    desk = Desk()
    desk.stand(5)

    desk.hear(order(2, line(2)), received_at=minutes(4), read_began_at=minutes(2))
    desk.hear(order(3, line(4)), received_at=minutes(3))

    assert desk.shelf().committed == 4
