"""The recorded day with its numbers: edits are found, and the end is what the shop shows."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from stocksync import wiring
from stocksync.config import load
from stocksync.core.edits import Verdict
from stocksync.core.names import MerchantName, Sku
from stocksync.flow.activate import activate
from stocksync.lab import compare, opening, replay, stand_in
from stocksync.lab.compare import Difference
from stocksync.lab.market import Clock, Market
from stocksync.lab.stand_in import StandIn
from stocksync.lab.tape import Recorded, Tape
from stocksync.sandbox.server import serve
from stocksync.store import beliefs, edits
from stocksync.store.session import Database
from tests.lab.conftest import TAPE
from tests.lab.made_tape import GLASS, MUG, delivery, made_tape, product

pytestmark = pytest.mark.long

STOCKSYNC = str(Path(sys.executable).with_name("stocksync"))
MERCHANT = MerchantName("taped")
_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a day on a jumping clock ended."""

    differences: list[Difference]
    edits: list[tuple[str, int, Verdict]]
    written: int
    at_rest: bool


def played(
    db: Database,
    folder: Path,
    day: Tape,
    deliveries: Sequence[Recorded] = (),
    after: timedelta = _AFTER,
) -> Ended:
    """Play a tape at its own pace, on a clock that jumps from one thing to the next."""
    clock = Clock(day.deliveries[0].at)
    shop = StandIn(day, clock=clock)
    with serve([shop]) as served:
        market = market_of(db, folder, day, served.url(shop.name), clock)
        one = market.outgoing(replay.SHOP)
        opening.open_day(db, market.trade, replay.SHOP, day, clock())
        opening.open_link(one, day)
        for sent in deliveries or day.deliveries:
            market.run_until(max(clock.now, sent.at))
            shop.show(sent)
            market.hear(replay.SHOP, sent.body, sent.headers)
        market.run_until(clock.now + after)
    with db.reading() as tx:
        rows = beliefs.of_channel(tx, MERCHANT, replay.SHOP)
        found = [
            one for sku in sorted(day.start.stock) for one in edits.of_sku(tx, MERCHANT, Sku(sku))
        ]
        return Ended(
            differences=compare.differences(tx, MERCHANT, replay.SHOP, day.truth, whole=True),
            edits=[(one.sku, one.left, one.verdict) for one in found],
            written=shop.written,
            at_rest=all(row.belief.at_rest and row.parked is None for row in rows),
        )


def market_of(db: Database, folder: Path, day: Tape, url: str, clock: Clock) -> Market:
    """Return a merchant of the config that a whole replay uses, on a clock of its own."""
    (folder / "config").mkdir()
    text = replay.WHOLE_CONFIG.replace("{url}", url).replace("{merchant}", MERCHANT)
    (folder / "config" / "stocksync.yaml").write_text(text)
    secrets = {
        replay.SECRET: day.start.secret,
        replay.REST_KEY: stand_in.KEY,
        replay.REST_SECRET: stand_in.SECRET,
    }
    (merchant,) = load(folder / "config", secrets)
    trade = wiring.trade(merchant)
    activate(db, trade, clock())
    return Market(
        database=db, trade=trade, channels=wiring.channels(merchant), sites=[], clock=clock
    )


def test_an_edit_and_the_units_of_an_order_never_shown_are_found_in_the_numbers(
    db: Database, tmp_path: Path
) -> None:
    ended = played(db, tmp_path, made_tape())

    assert ended.differences == []
    assert ended.edits == [(GLASS, -3, Verdict.ADOPT), (MUG, 5, Verdict.ADOPT)]
    assert (ended.written, ended.at_rest) == (0, True)


def test_a_level_that_comes_while_its_listing_is_read_is_looked_at_within_seconds(
    db: Database, tmp_path: Path
) -> None:
    day = made_tape()
    edited = delivery(0, "product.updated", product(MUG, 13, 0))

    ended = played(db, tmp_path, day, [edited], timedelta(minutes=2))

    assert ended.edits == [(MUG, 3, Verdict.ADOPT)]


def test_a_day_that_is_sent_again_later_changes_nothing(db: Database, tmp_path: Path) -> None:
    day = made_tape()
    later = [replace(one, at=one.at + timedelta(minutes=20)) for one in day.deliveries]

    ended = played(db, tmp_path, day, [*day.deliveries, *later])

    assert ended.differences == []
    assert ended.edits == [(GLASS, -3, Verdict.ADOPT), (MUG, 5, Verdict.ADOPT)]


def test_a_number_that_is_not_what_the_shop_shows_is_named(db: Database, tmp_path: Path) -> None:
    day = made_tape()
    truth = replace(day.truth, shown={MUG: 12, GLASS: 1})

    ended = played(db, tmp_path, replace(day, truth=truth))

    assert ended.differences == [
        Difference(what="SKU MUG-RED: available with soft holds", expected=12, found=13),
        Difference(what="SKU MUG-RED: believed to show", expected=12, found=13),
    ]


@pytest.mark.timeout(300)
def test_the_recorded_day_at_its_own_pace_ends_as_the_shop_shows(
    db: Database, tmp_path: Path, day: Tape
) -> None:
    ended = played(db, tmp_path, day)

    assert ended.differences == []
    assert sum(units for _, units, _ in ended.edits) == 138 - 14
    assert {verdict for _, _, verdict in ended.edits} == {Verdict.ADOPT}
    assert (ended.written, ended.at_rest) == (0, True)


@pytest.mark.timeout(420)
def test_the_recorded_day_is_replayed_whole_three_times_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    done = run("--repeat", "3", "--json")

    told = json.loads(done.stdout)
    assert (told["differences"], told["unsettled"], done.returncode) == ([], "", 0)
    assert told["sent"] == 3 * 651
    assert sum(one["units"] for one in told["edits"]) == 138 - 14


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shuffle", "4"], "in any order, numbers come minutes before"),
        (["--speed", "0.5"], "slower than recorded, every order is later"),
        (["--to", "http://127.0.0.1:9"], "it is played into a private installation"),
    ],
)
def test_what_would_hide_the_edits_is_refused_before_anything_starts(
    options: list[str], said: str
) -> None:
    done = run(*options)

    assert done.returncode == 2
    assert said in done.stderr
    assert "--only orders" in done.stderr


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [STOCKSYNC, "replay", str(TAPE), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
