"""Every recorded delivery goes through door, inbox and apply, and does what is written down."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from werkzeug.test import TestResponse

from tests.channels.till.cast import RECORDINGS
from tests.channels.woocommerce import shop
from tests.story import effect
from tests.story.house import TILL, TOKEN_MODE, WEB, House, config, entry, opened

HEARD = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
"""When the shop's deliveries reach us: after the last of them was made."""

Data = dict[str, Any]


def effects(kind: str) -> Data:
    text = (RECORDINGS / "effects" / f"{kind}.yaml").read_text(encoding="utf-8")
    said: Data = yaml.safe_load(text)
    return said


def recording(kind: str, name: str) -> Data:
    said: Data = json.loads((RECORDINGS / kind / f"{name}.json").read_text(encoding="utf-8"))
    return said


def names(kind: str) -> list[str]:
    return sorted(path.stem for path in (RECORDINGS / kind).glob("*.json"))


SHOP = effects("woocommerce")
STREET = effects("till")
SHOP_CASES = [
    pytest.param(name, case, id=f"{name}-{place}" if place else name)
    for name, cases in sorted(SHOP["effects"].items())
    for place, case in enumerate(cases)
]


@pytest.mark.parametrize(
    ("kind", "written"),
    [pytest.param("woocommerce", SHOP, id="woocommerce"), pytest.param("till", STREET, id="till")],
)
def test_every_recording_has_its_effect_written_down(kind: str, written: Data) -> None:
    assert sorted(written["effects"]) == names(kind)
    assert len(names(kind)) >= 29


@pytest.mark.parametrize(("name", "case"), SHOP_CASES)
def test_a_delivery_of_the_shop_does_what_is_written(
    name: str, case: Data, database_url: str, tmp_path: Path
) -> None:
    recorded = recording("woocommerce", name)
    given = case["given"]

    with (
        time_machine.travel(HEARD, tick=True),
        opened(database_url, tmp_path / "c", config(), WOO_SECRET=recorded["secret"]) as house,
    ):
        furnish(house, recorded, given)
        start = effect.before(house)
        answer = sent(house, recorded)
        house.work()
        told = effect.since(house, start)

    then = {"ended": ["done"], **case["then"]}
    assert answer.status_code == then.pop("status", 200)
    assert answer.get_json() == then.pop("answer", {"status": "accepted"})
    assert without_empty(told) == without_empty(then)
    assert bool(house.bells.rung[given_rings(given) :]) == (then["ended"] != [])


@pytest.mark.parametrize("name", sorted(STREET["effects"]))
def test_a_call_of_the_till_does_what_is_written(
    name: str, database_url: str, tmp_path: Path
) -> None:
    recorded, case = recording("till", name), STREET["effects"][name]
    expect = recorded["expect"]
    till = TOKEN_MODE if expect["auth_mode"] == "shared_token" else None

    with opened(database_url, tmp_path / "c", config(till=till)) as house:
        with heard(recorded):
            house.count(case["given"]["available"])
        for earlier in expect.get("given", {}).get("delivered_before", ()):
            call(house, recording("till", earlier))
        start = effect.before(house)
        answer = call(house, recorded)
        told = effect.since(house, start)

    then = {"ended": ["done"], **case["then"]}
    assert answer.status_code == expect["status"]
    assert said(answer) == then.pop("answer")
    assert without_empty(told) == without_empty(then)


@pytest.mark.parametrize("name", sorted(STREET["effects"]))
def test_what_is_written_of_a_call_is_what_its_recording_expects(name: str) -> None:
    expect, case = recording("till", name)["expect"], STREET["effects"][name]
    then, answer = case["then"], case["then"]["answer"]
    units = {sku: count for sku, count in expect.get("given", {}).items() if type(count) is int}
    at_home = {sku.removesuffix("@main"): change for sku, change in expect["effect"].items()}

    assert units.items() <= case["given"]["available"].items()
    assert then.get("changed", {}) == at_home
    assert then.get("incoming", {}) == expect.get("in_transit", {})
    assert expect.get("levels", {}).items() <= then["available"].items()
    assert answer.get("code") == expect.get("problem")
    for key in ("skew_seconds", "accepted", "duplicates", "rejected", "pointers"):
        if key in expect:
            assert answer[key] == expect[key]
    assert len(then.get("parked", ())) >= len(expect.get("parked", ()))


@pytest.mark.parametrize(("name", "case"), SHOP_CASES)
def test_what_is_written_of_an_order_is_what_the_shop_itself_shows(name: str, case: Data) -> None:
    recorded = recording("woocommerce", name)
    before, after = recorded["store_stock_before"], recorded["store_stock_after"]
    available, then = case["given"]["available"], case["then"].get("available", {})
    moved_by_an_order = name.startswith("order.") or "before" in case["given"]

    for sku in before.keys() & available.keys():
        assert available[sku] == before[sku]
        assert then[sku] == (after[sku] if moved_by_an_order else before[sku])


def furnish(house: House, recorded: Data, given: Data) -> None:
    """Put in place what stood there before a delivery of the shop."""
    if given.get("catalogue") != "empty":
        listed = SHOP["catalogue"][recorded["recording"]]
        house.list_goods([entry(listing, **told) for listing, told in listed.items()])
    earlier = earlier_body(recorded, given["earlier"]) if "earlier" in given else None
    taken = units_taken(earlier) if earlier else {}
    stock = {sku: units + taken.get(sku, 0) for sku, units in given["available"].items()}
    if stock:
        house.count(stock)
    for name in given.get("before", ()):
        assert sent(house, recording("woocommerce", name)).status_code == 200
    if earlier is not None:
        body = json.dumps(earlier).encode()
        one = shop.signed(body, secret=recorded["secret"])
        assert house.send(WEB, one).status_code == 200
    if given_rings(given):
        house.work()


def given_rings(given: Data) -> int:
    return len(given.get("before", ())) + ("earlier" in given)


def earlier_body(recorded: Data, told: Data) -> Data:
    """Return the recording's own order as it was a little earlier."""
    order: Data = json.loads(recorded["raw_body"])
    assert order["date_created_gmt"] < order["date_modified_gmt"]
    lines = [line for line in order["line_items"] if str(line["id"]) in told["lines"]]
    assert len(lines) == len(told["lines"])
    for line in lines:
        units = told["lines"][str(line["id"])]
        line |= told.get("named", {}).get(str(line["id"]), {})
        metas = [one for one in line["meta_data"] if one["key"] != "_reduced_stock"]
        if units is not None:
            metas.append({"id": 1, "key": "_reduced_stock", "value": str(units)})
            line["quantity"] = units
        line["meta_data"] = metas
    return order | {
        "status": told["status"],
        "date_modified_gmt": order["date_created_gmt"],
        "date_completed_gmt": None,
        "refunds": [],
        "line_items": lines,
    }


def units_taken(order: Data) -> dict[str, int]:
    taken: dict[str, int] = {}
    for line in order["line_items"]:
        for meta in line["meta_data"]:
            if meta["key"] == "_reduced_stock":
                taken[line["sku"]] = taken.get(line["sku"], 0) + int(meta["value"])
    return taken


def sent(house: House, recorded: Data) -> TestResponse:
    return house.post(WEB, recorded["raw_body"].encode(), recorded["headers"])


def call(house: House, recorded: Data) -> TestResponse:
    """Send a call of the till at the moment it was received, and apply it."""
    with heard(recorded):
        answer = house.post(TILL, recorded["raw_body"].encode(), recorded["headers"])
        house.work()
    return answer


def heard(recorded: Data) -> Any:
    return time_machine.travel(datetime.fromisoformat(recorded["expect"]["received_at"]), tick=True)


def said(answer: TestResponse) -> Data:
    """Return what an answer says; of a problem without its prose."""
    told: Data = answer.get_json()
    if answer.status_code < 400:
        return told
    assert answer.content_type == "application/problem+json"
    prose = {"type", "title", "status", "detail", "instance", "request_id"}
    plain = {name: value for name, value in told.items() if name not in prose}
    if "errors" in plain:
        plain["pointers"] = [one["pointer"] for one in plain.pop("errors")]
    return plain


def without_empty(told: Mapping[str, Any]) -> Data:
    return {name: value for name, value in told.items() if value}
