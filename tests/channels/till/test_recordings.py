"""Every recorded request ends as its own `expect` says, and the worked example holds."""

import base64
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stocksync.channels.base import Answer, Delivery
from stocksync.channels.errors import Unauthentic
from stocksync.channels.till import Till
from stocksync.core.facts import (
    Counted,
    Fact,
    Paper,
    PaperLine,
    ReceiptPart,
    TillReceipt,
    Transferred,
)
from stocksync.core.names import LineId
from tests.channels.till.cast import RECORDINGS, Inbox, receive, signed, till

FILES = sorted((RECORDINGS / "till").glob("*.json"))
ALONE = [
    path
    for path in FILES
    if (expect := json.loads(path.read_text(encoding="utf-8"))["expect"])["status"] == 202
    and "delivered_before" not in expect.get("given", {})
    and "levels" not in expect
]


def recorded(path: Path) -> tuple[Delivery, dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    body = found["raw_body"]
    raw = base64.b64decode(found["raw_body_base64"]) if body is None else body.encode()
    received_at = datetime.fromisoformat(found["expect"]["received_at"])
    return Delivery(body=raw, headers=found["headers"], received_at=received_at), found["expect"]


def channel_for(expect: dict[str, Any]) -> Till:
    return till(auth=expect["auth_mode"])


def answered(channel: Till, inbox: Inbox, one: Delivery) -> Answer:
    try:
        return receive(channel, inbox, one)
    except Unauthentic as e:
        return Answer(status=e.status, body={"code": e.code, **e.extra})


def test_all_recordings_are_here() -> None:
    assert len(FILES) == 29


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_answered_as_expected(path: Path) -> None:
    one, expect = recorded(path)
    channel, inbox = channel_for(expect), Inbox()
    for name in expect.get("given", {}).get("delivered_before", []):
        before, _ = recorded(path.with_name(f"{name}.json"))
        receive(channel, inbox, before)

    answer = answered(channel, inbox, one)

    assert answer.status == expect["status"]
    assert answer.body.get("code") == expect.get("problem")
    for name in ("accepted", "duplicates", "rejected", "skew_seconds", "pointers"):
        if name in expect:
            assert answer.body[name] == expect[name]


def moved(fact: Fact) -> dict[str, int]:
    """Return what a paper that stands alone does to on-hand, by SKU."""
    assert isinstance(fact, Paper)
    sums: Counter[str] = Counter()
    for line in fact.lines:
        match fact:
            case TillReceipt(part=ReceiptPart.VOID) | Counted():
                continue
            case TillReceipt(part=ReceiptPart.SALE):
                goes = line.units > 0 or line.restock
                sums[line.sku] -= line.units if goes else 0
            case TillReceipt():
                sums[line.sku] += line.units if line.restock else 0
            case Transferred():
                sums[f"{line.sku}@{fact.location}"] -= line.units
            case _:
                sums[line.sku] += line.units
    return {sku: units for sku, units in sums.items() if units}


@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_a_recording_moves_what_was_expected(path: Path) -> None:
    one, expect = recorded(path)
    channel = channel_for(expect)
    by_id = {each.event_id: each for each in channel.minimise(one) if not each.trouble}

    facts = [fact for each in by_id.values() for fact in channel.translate(each)]

    total: Counter[str] = Counter()
    for fact in facts:
        total.update(moved(fact))
    for sku in expect.get("parked", []):
        del total[sku]
    assert dict(total) == expect["effect"]


def test_the_first_sale_reads_as_two_lines() -> None:
    one, expect = recorded(RECORDINGS / "till" / "01_sale_completed.json")
    channel = channel_for(expect)

    (kept,) = channel.minimise(one)
    (fact,) = channel.translate(kept)

    assert isinstance(fact, TillReceipt)
    assert (fact.key, fact.part, fact.location) == ("main/till-1/R-1001", "sale", "main")
    assert fact.occurred_at == datetime.fromisoformat("2026-11-22T09:59:58Z")
    assert fact.lines == (
        PaperLine(line=LineId("1"), sku="TSHIRT-M", units=2),
        PaperLine(line=LineId("2"), sku="MUG-01", units=1),
    )


def test_goods_handed_back_in_an_exchange_wait_for_a_check() -> None:
    one, expect = recorded(RECORDINGS / "till" / "25_exchange_negative_line.json")
    channel = channel_for(expect)

    (fact,) = channel.translate(channel.minimise(one)[0])

    assert isinstance(fact, TillReceipt)
    assert [(line.sku, line.units, line.restock) for line in fact.lines] == [
        ("TSHIRT-M", 1, True),
        ("MUG-01", -1, False),
    ]


def test_a_return_says_which_goods_go_back_to_the_shelf() -> None:
    one, expect = recorded(RECORDINGS / "till" / "06_return_mixed_restock.json")
    channel = channel_for(expect)

    (fact,) = channel.translate(channel.minimise(one)[0])

    assert isinstance(fact, TillReceipt)
    assert fact.key == "main//R-1003"
    assert fact.note == "return of receipt R-1001"
    assert [(line.sku, line.units, line.restock) for line in fact.lines] == [
        ("TSHIRT-M", 1, True),
        ("MUG-01", 1, False),
    ]


def test_a_count_of_listed_goods_is_not_a_count_of_the_shop() -> None:
    one, expect = recorded(RECORDINGS / "till" / "07_stock_counted.json")
    channel = channel_for(expect)

    (fact,) = channel.translate(channel.minimise(one)[0])

    assert isinstance(fact, Counted)
    assert (fact.whole, fact.lines[0].units) == (False, 6)


def test_the_worked_example_of_the_contract_is_signed_as_it_says() -> None:
    body = (
        '{"type":"sale.completed","timestamp":"2026-11-22T10:00:00Z","data":{"receipt_id":"R-1001",'
        '"occurred_at":"2026-11-22T11:59:58+02:00","location":"main","register":"till-1","lines":'
        '[{"sku":"TSHIRT-M","quantity":2,"line_id":"1"},{"sku":"MUG-01","quantity":1,"line_id":"2"}]}}'
    )

    one = signed(body, event_id="msg_0001", seconds=1795341600)

    assert one.headers["webhook-signature"] == "v1,w5O/Gi7eZCLfxoRj1FGR3X2CE2gT+U0eYbGxR8bqIek="
    assert receive(till(), Inbox(), one) == Answer(
        status=202, body={"status": "accepted", "id": "msg_0001"}
    )
