"""A line that nobody could map is booked, with its own date, when somebody can."""

import logging

import pytest
from sqlalchemy import event, select

from stocksync.core.facts import CatalogueEntry, OrderLine, OrderSnapshot
from stocksync.core.names import LineId, ListingId, LocationName, PaperKey, Sku
from stocksync.flow import activate, apply, office, remap, sweep
from stocksync.store import configs, goods, views
from stocksync.store.session import Database
from stocksync.store.tables import lines, movements, papers
from tests.flow.stall import (
    BACK,
    CHANNELS,
    MARKET,
    MUG,
    MUGS,
    NOON,
    SET,
    TILL,
    WEB,
    House,
    adjusted,
    arrival,
    counted,
    minutes,
    order,
    received,
    sale,
    trade,
)


def listed(key: str, listing: str, sku: str | None = None) -> OrderSnapshot:
    """Return an order whose line is known by the channel's own id."""
    line = OrderLine(line=LineId("1"), sku=sku, listing=ListingId(listing), committed=1)
    return OrderSnapshot(
        order=PaperKey(key), version="1", complete=True, placed_at=NOON, lines=(line,)
    )


def learn_listing(house: House, listing: str, sku: str | None, owner: str) -> None:
    entry = CatalogueEntry(
        listing=ListingId(listing), sku=sku, owner=ListingId(owner), managed=True
    )
    with house.database.begin() as tx:
        goods.list_entries(tx, MUGS, [(WEB, entry)], house.now)


def codes(house: House) -> list[str]:
    return [code for code, _ in house.parked()]


def test_an_unknown_sku_is_parked_alone_and_says_what_would_help(house: House) -> None:
    house.stand({MUG: 5})

    house.hear(order("1", 1, {MUG: 1, "NEW-CUP": 2}))

    assert house.shelf() == (4, 1, 0, 0)
    assert house.parked() == [
        (
            "unknown-sku",
            "SKU NEW-CUP is unknown; count it (stocksync count 'NEW-CUP=QTY') or mend the shop",
        )
    ]


def test_a_parked_line_is_booked_with_its_own_date_when_its_sku_is_counted(house: House) -> None:
    house.hear(sale("R-1", {"NEW-CUP": 2}, minutes(-5)), channel=TILL)

    office.book(house.database, house.trade, [counted("c", {"NEW-CUP": 9}, minutes(1))], house.now)

    with house.database.reading() as tx:
        sold = tx.execute(select(movements).where(movements.c.channel == TILL)).all()
    assert [row.occurred_at for row in sold if row.reason == "sold at the till"] == [minutes(-5)]
    assert house.shelf(Sku("NEW-CUP")) == (9, 0, 0, 0)  # the count had seen that sale
    assert house.parked() == []


def test_a_line_is_booked_when_its_listing_is_learnt(house: House) -> None:
    house.stand({MUG: 5})
    house.hear(listed("1", "77"))
    before = codes(house)

    learn_listing(house, "77", MUG, owner="77")
    sweep.sweep(house.database, house.trade, house.now)

    assert before == ["unknown-sku"]
    assert house.shelf() == (4, 1, 0, 0)


def test_a_line_is_booked_by_the_owner_of_its_listing(house: House) -> None:
    house.stand({MUG: 5})
    house.hear(listed("1", "771", "no such text"))

    learn_listing(house, "771", "MUG-RED-SMALL", owner="77")
    learn_listing(house, "77", MUG, owner="77")
    sweep.sweep(house.database, house.trade, house.now)

    assert house.shelf() == (4, 1, 0, 0)
    assert house.parked() == []


def test_a_line_is_booked_when_its_listing_turns_out_to_be_a_bundle(db: Database) -> None:
    house = House(db, trade(bundles={SET: ((MUG, 2),)}))
    house.stand({MUG: 5})
    house.hear(listed("1", "90"))

    learn_listing(house, "90", SET, owner="90")
    sweep.sweep(house.database, house.trade, house.now)

    assert house.shelf() == (3, 2, 0, 0)


@pytest.mark.parametrize(("told", "known"), [("mug-RED", MUG), ("ÉCRAN Ø", Sku("écran ø"))])
def test_a_channel_that_folds_finds_its_sku_in_any_case(
    house: House, told: str, known: Sku
) -> None:
    house.hear(order("1", 1, {told: 1}), channel=MARKET)
    before = codes(house)

    house.stand({known: 5})

    assert before == ["unknown-sku"]
    assert house.shelf(known) == (4, 1, 0, 0)


def test_a_channel_that_does_not_fold_keeps_waiting(house: House) -> None:
    house.hear(order("1", 1, {"mug-RED": 1}))

    house.stand({MUG: 5})

    assert codes(house) == ["unknown-sku"]


def test_an_ambiguous_line_stays_until_its_exact_sku_is_known(house: House) -> None:
    house.hear(order("1", 1, {"mug-Red": 1}), channel=MARKET)
    house.stand({Sku("mug-red"): 5, MUG: 5})
    between = codes(house)

    sweep.sweep(house.database, house.trade, house.now)
    still = codes(house)
    house.stand({Sku("mug-Red"): 5}, BACK)

    assert between == still == ["ambiguous-sku"]
    assert house.parked() == []


def test_an_unknown_place_is_booked_when_a_new_config_names_it(house: House) -> None:
    house.stand({MUG: 5}, BACK)
    house.hear(received("G-1", {MUG: 2}, minutes(1), "ramp 3"), channel=TILL)
    before = codes(house)

    named = trade(names={"ramp 3": LocationName("back")}, digest="second")
    changed = activate.activate(house.database, named, house.now)

    assert (before, changed) == (["unknown-location"], True)
    assert house.parked() == []
    assert house.shelf(MUG, BACK) == (7, 0, 0, 0)


def test_the_same_config_again_changes_nothing(house: House) -> None:
    changed = activate.activate(house.database, house.trade, house.now)

    assert not changed


def test_what_a_crash_left_of_a_new_config_is_finished_by_the_sweep(house: House) -> None:
    house.stand({MUG: 5}, BACK)
    house.hear(received("G-1", {MUG: 2}, minutes(1), "ramp 3"), channel=TILL)
    named = trade(names={"ramp 3": BACK}, digest="second")
    with house.database.begin() as tx:  # and here the process died
        configs.activate(tx, MUGS, named.digest, house.now)

    sweep.sweep(house.database, named, house.now)

    with house.database.reading() as tx:
        assert configs.unfinished(tx, MUGS) is None
    assert house.shelf(MUG, BACK) == (7, 0, 0, 0)


def test_nothing_to_map_writes_nothing(house: House) -> None:
    house.stand({MUG: 5})
    house.put(*(arrival(order(str(n), 1, {f"UNKNOWN-{n}": 1})) for n in range(150)))
    house.put(arrival(order("m", 1, {"mug-redd": 1}), MARKET), arrival(listed("l", "123")))
    house.drain()
    begun: list[object] = []
    event.listen(house.database._writer, "begin", begun.append)

    for _ in range(3):
        sweep.sweep(house.database, house.trade, house.now)

    writing = begun if house.database.is_sqlite else begun[3 * 3 :]  # there one engine reads too
    assert writing == []
    assert len(house.parked()) == 152


def test_a_paper_that_cannot_be_booked_again_does_not_keep_the_others(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.put(*(arrival(order(f"{n}", 1, {"NEW-CUP": 1})) for n in range(7)))
    house.drain()
    with house.database.begin() as tx:
        tx.execute(papers.update().where(papers.c.key == "3").values(state=b"{broken"))

    with caplog.at_level(logging.CRITICAL):
        house.stand({Sku("NEW-CUP"): 10})

    assert house.shelf(Sku("NEW-CUP")) == (4, 6, 0, 0)
    assert codes(house) == ["unknown-sku"]


def test_parked_since_is_when_it_was_parked_first(house: House) -> None:
    house.hear(order("1", 1, {"NEW-CUP": 1}))
    first = house.now
    house.now = minutes(90)

    house.hear(order("1", 2, {"NEW-CUP": 2}))

    with house.database.reading() as tx:
        [parked] = views.parked(tx, MUGS)
    assert parked.since == first


def test_lines_of_a_channel_that_is_gone_wait_for_it(house: House) -> None:
    house.hear(order("1", 1, {"NEW-CUP": 1}))
    alone = trade(digest="without the web")
    object.__setattr__(alone, "plans", {k: p for k, p in alone.plans.items() if k != WEB})

    activate.activate(house.database, alone, house.now)
    house.trade = alone
    house.stand({Sku("NEW-CUP"): 5})
    while_gone = codes(house)
    activate.activate(house.database, trade(digest="and back"), house.now)

    assert while_gone == ["unknown-sku"]
    assert house.shelf(Sku("NEW-CUP")) == (4, 1, 0, 0)


def test_an_adjustment_of_an_unknown_sku_is_refused_whole(house: House) -> None:
    house.stand({MUG: 5})

    with pytest.raises(office.Unbooked, match="SKU NEW-CUP is unknown"):
        office.book(
            house.database,
            house.trade,
            [adjusted("a", {MUG: 1}), adjusted("b", {"NEW-CUP": 1})],
            house.now,
        )

    assert house.shelf() == (5, 0, 0, 0)
    assert house.parked() == []
    with house.database.reading() as tx:
        assert [row.sku_text for row in tx.execute(select(lines))] == [MUG]
    assert apply.drain(house.database, house.trade, CHANNELS, house.clock).applied == 0
    assert remap.release(house.database, house.trade, house.now) == 0
