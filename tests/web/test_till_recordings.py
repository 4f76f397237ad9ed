"""Every recorded call of a till, through the whole door, at the moment it was received."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from stocksync.core.names import ChannelName, MerchantName
from stocksync.doorbell import InlineDoorbell
from stocksync.store.session import Database
from stocksync.store.tables import inbox, metadata
from stocksync.web import create
from stocksync.wiring import System
from tests.channels.till.cast import RECORDINGS, till

TILL = "/hooks/sneakers-tlv/till-main"
FILES = sorted((RECORDINGS / "till").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recorded_call_is_answered_as_it_says(path: Path, tmp_path: Path) -> None:
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    expect = recorded["expect"]
    database = Database(f"sqlite:///{tmp_path / 'stocksync.db'}")
    with database.begin() as tx:
        metadata.create_all(tx)
    key = MerchantName("sneakers-tlv"), ChannelName("till-main")
    system = System(
        merchants={},
        trades={},
        channels={key: till(auth=expect["auth_mode"])},
        database=database,
        doorbell=InlineDoorbell(),
    )
    body = recorded["raw_body"]

    with time_machine.travel(datetime.fromisoformat(expect["received_at"]), tick=True):
        client = create(system).test_client()
        answer = client.post(TILL, data=body.encode(), headers=recorded["headers"])

    told = answer.get_json()
    # The retry of a call that we never saw is new to us.
    known = expect.get("given", {}).get("delivered_before")
    assert answer.status_code == (202 if known and expect["status"] == 200 else expect["status"])
    assert told.get("code") == expect.get("problem")
    with database.reading() as tx:
        states = [row.state for row in tx.execute(inbox.select())]
    if answer.status_code == 401 or expect.get("problem") == "bad-id" or told == {"status": "ok"}:
        assert states == []
    elif answer.status_code >= 400:
        assert states == ["parked"]
    else:
        assert "pending" in states
    database.close()
