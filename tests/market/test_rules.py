"""Offers that change without a sale: another rule, the passing of time, a shop kept in shadow."""

from datetime import timedelta
from typing import Any

import pytest

from stocksync.core.facts import Counted, PaperLine
from stocksync.core.names import LineId, PaperKey
from stocksync.flow import offers, office, redecide
from tests.market.cast import LAMP, MUG, OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens


def test_a_shop_in_shadow_is_decided_for_and_never_written_to(opens: Opens) -> None:
    market = opens(settings={WEB: {"push": "shadow"}})

    market.till.sell({"MUG-RED": 4})
    market.run(120)

    assert market.writes(WEB) == []
    assert (market.listing(WEB).wanted, market.web.stock("MUG-RED")) == (6, 10)
    assert market.shown()[OUTLET] == 6


def test_before_it_goes_live_a_shop_is_read_and_never_written_to(opens: Opens) -> None:
    market = opens(live=False)

    market.till.sell({"MUG-RED": 4})
    market.run(120)

    assert market.writes(WEB) == market.writes(OUTLET) == market.writes(TILL) == []
    assert market.shown() == {WEB: 10, OUTLET: 10, TILL: 6}


def test_a_new_buffer_is_shown_by_every_listing_of_its_shop(market: Street) -> None:
    channels: dict[str, Any] = market.config["channels"]

    market.activate(channels={**channels, "web": {**channels["web"], "buffer": 2}})
    market.rest()

    assert (market.pool(), market.shown()) == (10, {WEB: 8, OUTLET: 10, TILL: 10})
    assert market.writes(WEB) == [8]
    assert market.writes(OUTLET) == market.writes(TILL) == []


def test_what_a_supplier_said_counts_for_less_by_the_hour_and_then_for_nothing(
    opens: Opens,
) -> None:
    importer = {"kind": "supplier", "stale_after": "1h"}
    market = opens(
        shops=(WEB,),
        settings={WEB: {"sells_from": ["shelf", "importer"]}},
        locations={"shelf": {"kind": "own"}, "importer": importer},
    )
    line = PaperLine(line=LineId("1"), sku=MUG, units=20)
    paper = Counted(
        key=PaperKey("feed"), occurred_at=market.now, lines=(line,), location="importer"
    )
    office.book(market.market.database, market.market.trade, [paper], market.now)
    market.turn(WEB)
    market.rest()
    assert market.shown() == {WEB: 30, TILL: 10}

    market.night(1.46)
    market.run(40)
    market.rest()
    assert market.shown() == {WEB: 20, TILL: 10}

    market.night(0.6)
    market.run(40)
    market.rest()
    assert market.shown() == {WEB: 10, TILL: 10}


def test_offers_of_a_channel_that_was_removed_do_not_keep_those_of_the_others_waiting(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer = {"kind": "supplier", "stale_after": "1h"}
    both = {"sells_from": ["shelf", "importer"]}
    market = opens(
        {LAMP: 10, MUG: 10},
        tills=(),
        settings={WEB: both, OUTLET: both},
        absent={WEB: [LAMP]},
        locations={"shelf": {"kind": "own"}, "importer": importer},
    )
    for sku, minutes in ((LAMP, 10), (MUG, 0)):
        line = PaperLine(line=LineId("1"), sku=sku, units=20)
        paper = Counted(
            key=PaperKey(f"feed {sku}"),
            occurred_at=market.now - timedelta(minutes=minutes),
            lines=(line,),
            location="importer",
        )
        office.book(market.market.database, market.market.trade, [paper], market.now)
    market.activate(channels={"web": market.config["channels"]["web"]})
    assert market.listing(WEB).wanted == 30
    monkeypatch.setattr(offers, "PIECE", 1)

    later = market.now + timedelta(hours=1.5)
    redecide.past(market.market.database, market.market.trade, later)

    assert market.listing(WEB).wanted == 20
