"""Every recorded delivery of a Shopify shop goes through door, inbox and apply."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ChannelName, ListingId
from stocksync.store import goods
from stocksync.wiring import utc_now
from tests.channels.shopify.samples import (
    ALL,
    BACK,
    MADE,
    MAIN,
    NOON,
    OLD_SECRET,
    RECORDINGS,
    SECRET,
    SHOP,
    Data,
    recording,
)
from tests.story import effect
from tests.story.house import MERCHANT, OPENED, House, config, opened

MARKET = ChannelName("market")
WRITTEN = yaml.safe_load((RECORDINGS / "effects" / "shopify.yaml").read_text(encoding="utf-8"))
CASES = [
    pytest.param(name, case, id=f"{name}-{place}" if place else name)
    for name, cases in sorted(WRITTEN["effects"].items())
    for place, case in enumerate(cases)
]
STORIES = [name for name in MADE if name.startswith(("orders", "refunds", "fulfillments"))]


@contextmanager
def market(url: str, folder: Path, written: Mapping[str, Any]) -> Iterator[House]:
    """Open a house that sells at this shop, its shelves counted and its goods listed."""
    told = config(
        locations={"main": {"kind": "own"}, "back": {"kind": "own"}},
        channels={
            MARKET: {
                "kind": "shopify",
                "shop": SHOP,
                "client_id": "0123456789abcdef",
                "client_secret": [{"env": "SHOPIFY_SECRET"}, {"env": "SHOPIFY_SECRET_OLD"}],
                "location": "main",
                "sells_from": ["main"],
                "locations": {MAIN: "main", BACK: "back"},
                **written,
            }
        },
    )
    secrets = {"SHOPIFY_SECRET": SECRET, "SHOPIFY_SECRET_OLD": OLD_SECRET}
    with time_machine.travel(NOON, tick=True), opened(url, folder / "c", told, **secrets) as house:
        entries = [entry for one in WRITTEN["catalogue"] for entry in listed(**one)]
        with house.system.database.begin() as tx:
            goods.list_entries(tx, MERCHANT, [(MARKET, one) for one in entries], utc_now())
        for place, stock in WRITTEN["counted"].items():
            house.count(stock, at=OPENED, place=place)
        yield house


def listed(sku: str, variant: str, item: str) -> list[CatalogueEntry]:
    """Return the entries of an item that is stocked at Main."""
    level = ListingId(f"{item}@{MAIN.rpartition('/')[2]}")
    return [
        CatalogueEntry(listing=level, sku=sku, owner=level, managed=True, location=MAIN),
        CatalogueEntry(listing=ListingId(variant), sku=sku, owner=level, managed=True),
    ]


def sent(house: House, name: str) -> Data:
    said = recording(name)
    answer = house.post(MARKET, said["raw_body"].encode(), said["headers"])
    assert answer.status_code == 200
    told: Data = answer.get_json()
    return told


def without_empty(told: Mapping[str, Any]) -> Data:
    return {name: value for name, value in told.items() if value not in ({}, [])}


def test_every_recording_has_its_effect_written_down() -> None:
    assert sorted(WRITTEN["effects"]) == sorted(ALL)
    assert len(ALL) == 40


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_delivery_of_the_shop_does_what_is_written(
    name: str, case: Data, database_url: str, tmp_path: Path
) -> None:
    given = case.get("given", {})
    recording(name)  # a public one may not be here

    with market(database_url, tmp_path, given.get("written", {})) as house:
        for earlier in given.get("before", ()):
            sent(house, earlier)
        house.work()
        start = effect.before(house)
        answer = sent(house, name)
        house.work()
        told = effect.since(house, start)

    then = {"ended": ["done"], **case["then"]}
    then["available"] = {**WRITTEN["available"], **then.get("available", {})}
    assert answer == then.pop("answer", {"status": "accepted"})
    assert without_empty(told) == without_empty(then)


@pytest.mark.parametrize("policy", ["restock", "keep", "verify"])
@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_and_with_any_doubles_the_stories_end_alike(
    seed: int, policy: str, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    played = [*STORIES, *chance.choices(STORIES, k=12)]
    chance.shuffle(played)

    with market(database_url, tmp_path, {"edit_removal": policy}) as house:
        for name in played:
            sent(house, name)
            if chance.random() < 0.4:
                house.work()
        house.work()
        told = effect.standing(house)

    # Without a look at the shop's number `verify` keeps what was removed.
    ended = WRITTEN["stories"]["restock" if policy == "restock" else "keep"]
    assert without_empty({name: told[name] for name in ended}) == without_empty(ended)
    assert told["ended"].count("done") == len(told["ended"])
