"""Movements are what the table allows, and nothing else."""

from itertools import product

import pytest

from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, LineId, LocationName, MerchantName, PaperKey
from stocksync.core.plan import Plan, Trade
from stocksync.core.stock import Account, Cause, Movement, Place, Reason, Shelf
from tests.core.desk import BACK, IMPORTER, MUG, NOON, PLACES, SHELF, TILL, WEB

CAUSE = Cause(ChannelName("web"), PaperKind.ORDER, PaperKey("1"), LineId("1"))


def move(source: Account, target: Account, units: int = 1, to: LocationName = SHELF) -> Movement:
    return Movement(
        sku=MUG,
        units=units,
        source=Place(source, SHELF),
        target=Place(target, to),
        reason=Reason.ADJUSTED,
        cause=CAUSE,
        occurred_at=NOON,
    )


def test_only_the_pairs_of_the_design_exist() -> None:
    possible = []
    for source, target in product(Account, Account):
        try:
            move(source, target, to=BACK)
        except ValueError:
            continue
        possible.append(f"{source}->{target}")

    assert len(possible) == 19
    assert "held->incoming" not in possible
    assert "adjusted->gone" not in possible


@pytest.mark.parametrize("units", [0, -1])
def test_a_movement_moves_one_unit_or_more(units: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        move(Account.FREE, Account.GONE, units)


def test_a_movement_goes_somewhere_else() -> None:
    with pytest.raises(ValueError, match="somewhere else"):
        move(Account.FREE, Account.FREE)


def test_a_promise_leaves_on_hand_alone_and_a_shipment_lowers_it() -> None:
    assert move(Account.FREE, Account.COMMITTED).on_hand(SHELF) == 0
    assert move(Account.COMMITTED, Account.GONE).on_hand(SHELF) == -1
    assert move(Account.FREE, Account.FREE, 2, BACK).on_hand(SHELF) == -2
    assert move(Account.FREE, Account.FREE, 2, BACK).on_hand(BACK) == 2


@pytest.mark.parametrize("account", [Account.COMMITTED, Account.HELD, Account.INCOMING])
def test_what_is_promised_held_or_on_its_way_is_never_below_zero(account: Account) -> None:
    with pytest.raises(AssertionError):
        Shelf().add(account, -1)


def test_places_between_which_a_channel_may_choose_are_one_chain() -> None:
    plans = {
        WEB: Plan(
            channel=WEB, location=SHELF, sells_from=(PLACES[SHELF], PLACES[BACK]), places=PLACES
        ),
        TILL: Plan(channel=TILL, location=BACK, sells_from=(PLACES[BACK],), places=PLACES),
    }

    chains = Trade(name=MerchantName("m"), places=PLACES, plans=plans).chains()

    assert chains[SHELF] == chains[BACK] != chains[IMPORTER]
