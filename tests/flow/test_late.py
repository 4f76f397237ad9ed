"""A late order and a number that nobody could explain: what the second of the read leaves open."""

from datetime import timedelta

import pytest

from stocksync.core.edits import Verdict
from stocksync.core.listing import ListingKey
from stocksync.core.moves import NumberMove
from stocksync.core.names import ListingId
from stocksync.flow import late
from stocksync.store import edits
from stocksync.store.edits import Edit
from tests.core.desk import MUG, WEB, Desk, minutes
from tests.flow.stall import House

LISTING = ListingId("17")
READ_AT = minutes(5)


@pytest.mark.parametrize(
    ("after_s", "left", "doubtful"),
    [
        (-30.0, 2, False),
        (-1.0, 2, False),
        (-0.4, 2, True),
        (0.0, 2, True),
        (0.9, 2, True),
        (1.1, 3, False),
    ],
)
def test_an_order_explains_for_sure_only_what_was_read_a_second_after_it(
    house: House, after_s: float, left: int, doubtful: bool
) -> None:
    placed_at = READ_AT + timedelta(seconds=after_s)
    books = Desk().books
    books.moves = [
        NumberMove(
            channel=WEB,
            listing=LISTING,
            sku=MUG,
            taken=3,
            placed_at=placed_at,
            changed_at=placed_at,
        )
    ]
    drift = Edit(
        key=ListingKey(WEB, LISTING),
        sku=MUG,
        since=minutes(3),
        read_at=READ_AT,
        number=9,
        residual=-1,
        verdict=Verdict.DRIFT,
        why="found after a write of ours was in doubt",
    )

    with house.database.begin() as tx:
        edits.add(tx, house.trade.name, drift, READ_AT)
        found = late.unexplained(tx, house.trade, [WEB], minutes(6))
        late.explain(tx, house.trade, books, found, minutes(6))

    (move,) = books.moves
    assert (move.taken, move.doubtful) == (left, doubtful)
