"""A real shop's day, through the door of a running installation, in any order and repetition."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from stocksync.cli.replay import Ground, Verdict, play_day
from stocksync.flow.activate import activate
from stocksync.lab import replay
from stocksync.lab.private import Private
from stocksync.lab.tape import Tape
from stocksync.store import merchants
from stocksync.store.session import Database
from stocksync.store.tables import metadata
from stocksync.wiring import utc_now
from tests.lab.conftest import TAPE

pytestmark = pytest.mark.long

SEEDS = {True: range(1, 11), False: range(1, 6)}
"""By whether it is SQLite: another database changes nothing in what the order of arrival does."""
STOCKSYNC = str(Path(sys.executable).with_name("stocksync"))


def played(private: Private, day: Tape, *, repeat: int = 1, shuffle: int | None = None) -> Verdict:
    """Play the day on an installation that has forgotten the one before."""
    database, trade = private.system.database, private.system.trades[private.merchant]
    with database.begin() as tx:
        merchants.forget(tx, private.merchant)
    activate(database, trade, utc_now())
    ground = Ground(
        url=private.url, merchant=private.merchant, channel=replay.SHOP, system=private.system
    )
    return play_day(Console(quiet=True), ground, day, repeat=repeat, shuffle=shuffle)


def test_the_day_ends_as_the_shops_own_books_say_in_any_order_and_repetition(
    private: Private, day: Tape
) -> None:
    recorded = played(private, day)
    doubled = played(private, day, repeat=3)
    seeds = SEEDS[private.system.database.is_sqlite]
    shuffled = [played(private, day, repeat=3, shuffle=seed) for seed in seeds]

    assert recorded.tally.answers == {"accepted": 498, "duplicate": 146, "ok": 7}
    for verdict in (recorded, doubled, *shuffled):
        assert verdict.differences == []
        assert (verdict.pending, verdict.parked) == (0, 0)
    assert {verdict.state_hash for verdict in (doubled, *shuffled)} == {recorded.state_hash}


def test_no_word_about_a_customer_is_in_any_table_or_log(private: Private, day: Tape) -> None:
    words = customers_of(day)

    played(private, day)

    said = private.log.read_text().replace("127.0.0.1", "the address we listen on")
    stored = everything_in(private.system.database) + said
    assert len(words) > 20
    found = [w for w in sorted(words) if re.search(rf"(?<!\w){re.escape(w)}(?!\w)", stored)]
    assert found == []


def customers_of(day: Tape) -> set[str]:
    """Return every word that the tape says about customers."""
    words: set[str] = set()
    for delivery in day.deliveries:
        if not delivery.body.startswith(b"{"):
            continue
        told = json.loads(delivery.body)
        for part in ("billing", "shipping"):
            words |= {value for value in told.get(part, {}).values() if isinstance(value, str)}
        for part in ("customer_note", "customer_ip_address", "customer_user_agent", "order_key"):
            words.add(str(told.get(part, "")))
    return {word for word in words if len(word) > 4}


def everything_in(database: Database) -> str:
    """Return all rows of all tables as one text."""
    with database.reading() as tx:
        return "\n".join(
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in tx.execute(select(table))
        )


@pytest.mark.timeout(120)
def test_both_databases_end_in_the_same_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests import databases

    monkeypatch.delenv("DATABASE_URL", raising=False)
    hashes = [_replayed()["state_hash"]]
    with databases.fresh_postgres() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        hashes.append(_replayed("--shuffle", "4")["state_hash"])

    assert hashes[0] == hashes[1]


def test_a_difference_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    start = json.loads(TAPE.with_name("tape-day-1.start.json").read_text())
    start["initial_stock"]["HOME-BOW-01"] += 1
    wrong = tmp_path / "wrong.start.json"
    wrong.write_text(json.dumps(start))

    told = _replayed("--start", str(wrong), exits=1)

    assert told["differences"] == [
        {"what": "SKU HOME-BOW-01: available with soft holds", "expected": 20, "found": 21}
    ]


def _replayed(*options: str, exits: int = 0) -> dict[str, object]:
    command = [STOCKSYNC, "replay", str(TAPE), "--only", "orders"]
    done = subprocess.run(
        [*command, "--json", *options], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == exits, done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told
