"""Whatever is written down is read back as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stocksync.core.account import PaperState
from stocksync.core.facts import Flag, OrderLine, OrderSnapshot, Paper, Stage
from stocksync.core.lines import BookedLine, Entry, Part
from stocksync.core.names import LineId, ListingId, PaperKey
from stocksync.core.stock import Account, Place
from stocksync.core.versions import Standing
from stocksync.store import shapes
from stocksync.store.session import Database
from tests.flow.stall import (
    BACK,
    LAMP,
    MUG,
    NOON,
    SHELF,
    House,
    adjusted,
    counted,
    minutes,
    order,
    received,
    sale,
    transferred,
)

SNAPSHOT = OrderSnapshot(
    order=PaperKey("7"),
    version="000002",
    complete=False,
    placed_at=NOON,
    soft_until=minutes(5),
    flags=frozenset({Flag.TRASH, Flag.UNTOLD}),
    lines=(
        OrderLine(line=LineId("1"), sku=None, listing=ListingId("77"), committed=2),
        OrderLine(line=LineId("2"), sku="MUG", gone=1, gone_at=minutes(1), beyond=3, location="x"),
        OrderLine(line=LineId("3"), sku="LAMP", soft=1, trouble="half a lamp"),
    ),
)
STANDING = Standing(
    version="000002",
    content="abc",
    taken=3,
    received_at=minutes(2),
    read_began_at=minutes(1),
    own=True,
    rivals=frozenset({"abc", "def"}),
)


def test_an_order_is_read_back_as_it_was_written() -> None:
    state = PaperState(standing=STANDING, snapshot=SNAPSHOT, received_at=minutes(3))

    assert shapes.paper_state(shapes.paper_text(state)) == state


@pytest.mark.parametrize(
    "paper",
    [
        sale("1", {MUG: 2, LAMP: -1}),
        counted("1", {MUG: 0}, whole=True),
        received("1", {}, location="ramp 3"),
        adjusted("1", {MUG: -2}),
        transferred("1", {MUG: 2}, Stage.DISPATCHED),
    ],
)
def test_a_paper_is_read_back_as_it_was_written(paper: Paper) -> None:
    state = PaperState(parts={"part": paper}, received_at=minutes(3))

    assert shapes.paper_state(shapes.paper_text(state)) == state


def test_where_units_are_is_read_back_as_it_was_written() -> None:
    part = Part(sku=MUG, location=BACK, committed=1, gone=2, beyond=3, soft=4, gone_at=minutes(1))
    entry = Entry(
        sku=LAMP,
        source=Place(Account.FREE, SHELF),
        target=Place(Account.INCOMING, BACK),
        at=minutes(2) + timedelta(microseconds=1),
        units=5,
    )
    line = BookedLine(line=LineId("1"), goods=((MUG, 2),), parts=(part,), entries=(entry,))

    text = shapes.booked_text(line)

    assert shapes.read_booked(BookedLine(line=LineId("1")), text) == line


def test_an_order_whose_line_has_no_sku_text_is_heard_twice(db: Database) -> None:
    house = House(db)
    house.stand({MUG: 5})
    nameless = OrderLine(line=LineId("1"), sku=None, listing=ListingId("77"), committed=1)
    one, two = (order("1", version, {MUG: 1}) for version in (1, 2))

    house.hear(replace(one, lines=(*one.lines, nameless)))
    house.hear(replace(two, lines=(*two.lines, nameless)))

    assert house.states() == {"done": 2}
    assert house.shelf() == (4, 1, 0, 0)
