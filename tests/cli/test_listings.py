"""`stocksync listings` and `status`: what every listing shows, and what could be oversold."""

from datetime import UTC, datetime, timedelta

import orjson

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId, Sku
from stocksync.store import beliefs, goods
from tests.cli.cast import NOON, Desk
from tests.cli.street import SHOP, TILL, WEB, Street, now


def test_listings_as_json(here: Street) -> None:
    listing = str(here.web.add_product("MUG-RED", 10))
    here.desk.run("import", "web")
    before = here.desk.told("listings")
    here.desk.run("go-live", "web", "--yes")
    here.desk.counted("MUG-RED=7", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")

    assert before == [
        {
            "merchant": "corner-shop",
            "channel": "web",
            "sku": "MUG-RED",
            "listing": listing,
            "wanted": 10,
            "believed": 10,
            "exposure": 10,
            "state": "shadow",
            "confirmed_at": before[0]["confirmed_at"],
            "error": None,
        }
    ]
    (due,) = here.desk.told("listings", "MUG-RED")
    assert (due["wanted"], due["believed"], due["state"]) == (7, 10, "due")
    assert here.desk.told("status")["push_due"] == 1


def test_every_reason_to_wait_has_its_word(here: Street) -> None:
    for sku in ("CLEAN", "PARKED", "PAUSED", "DOUBT"):
        here.web.add_product(sku, 5)
    here.live(WEB)
    system = here.desk.system()
    with system.database.begin() as tx:
        rows = beliefs.of_channel(tx, SHOP, WEB)
        locked = beliefs.lock(tx, SHOP, [row.key for row in rows])
        for row in locked.now.values():
            if row.sku == "PARKED":
                row.parked = "the shop said no"
            if row.sku == "PAUSED":
                row.paused_until = datetime.now(UTC) + timedelta(hours=1)
            if row.sku == "DOUBT":
                row.belief = type(row.belief)(believed=5, exposure=5, doubt=True)
        beliefs.save(tx, SHOP, locked)
    system.database.close()

    lines = {line["sku"]: line for line in here.desk.told("listings")}
    said = here.desk.run("listings").stdout

    assert {sku: line["state"] for sku, line in lines.items()} == {
        "CLEAN": "clean",
        "PARKED": "parked",
        "PAUSED": "paused",
        "DOUBT": "unknown",
    }
    assert lines["PARKED"]["error"] == "the shop said no"
    assert lines["PAUSED"]["error"].startswith("another program writes this number too; paused")
    assert "the shop said no" in said
    assert "  of 4 listings: 1 unknown; stocksync settle\n" in said
    assert here.desk.told("status")["push_parked"] == 1


def test_a_stopped_channel_pauses_all_its_listings_and_says_why(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.stop(stopped="the key was revoked")

    (line,) = here.desk.told("listings")
    status = here.desk.told("status")
    said = here.desk.run("listings").stdout

    assert (line["state"], line["error"]) == ("paused", "the key was revoked")
    assert status["channels"]["web"]["state"] == "stopped"
    assert said.startswith(
        "web is stopped: nothing is sent or asked: the key was revoked; "
        "mend it, then: stocksync go-live web\n"
    )


def test_a_sku_that_no_listing_sells_is_a_sentence(here: Street) -> None:
    here.desk.run("count", "MUG-RED=1", "--yes")

    known = here.desk.run("listings", "MUG-RED", "--json")
    unknown = here.desk.run("listings", "MUG-RDE")

    assert (known.exit_code, orjson.loads(known.stdout)) == (1, [])
    assert known.stderr.startswith("no listing sells MUG-RED; match the shops again: ")
    assert unknown.stderr == "SKU MUG-RDE is unknown. Did you mean `MUG-RED`?\n"


def test_nothing_linked_says_how_to_begin(shop: Desk) -> None:
    assert shop.told("listings") == []
    assert "begin with: stocksync import CHANNEL" in shop.run("listings").stderr


def test_one_channel_alone_cannot_be_oversold(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)

    told = here.desk.told("status")

    assert told["worst_case_oversell"] == 0
    assert told["push_due"] == 0
    web = told["channels"]["web"]
    assert set(web) == {"state", "watermark", "delay_p50_s", "delay_p99_s"}
    assert web["state"] == "live"
    assert now() - datetime.fromisoformat(web["watermark"]) < timedelta(minutes=1)
    assert "Nothing can be oversold right now.\n" in here.desk.run("status").stdout


def test_two_channels_that_show_the_same_units_could_sell_them_twice(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.web.add_product("BOX", 4)
    here.web.add_product("GIFT-SET", 3)
    here.till.put({"MUG-RED": 10})
    here.live(WEB, TILL)

    told = here.desk.told("status")
    said = here.desk.run("status").stdout

    # Mugs: 10 on the web, 10 at the till and 3 sets of 2, of 10. Boxes: 4 and 3 sets, of 4.
    assert told["worst_case_oversell"] == 16 + 3
    assert "19 units could be oversold if every channel sold out now:\n" in said
    assert "  16 MUG-RED: till 10, web 10, web 6 may still sell, 10 to sell\n" in said
    assert "  3 BOX: web 4, web 3 may still sell, 4 to sell\n" in said


def test_a_listing_that_sells_below_zero_has_no_worst_case(here: Street) -> None:
    listing = ListingId(str(here.web.add_product("MUG-RED", 10)))
    here.live(WEB)
    endless = CatalogueEntry(
        listing=listing, sku="MUG-RED", owner=listing, managed=True, unlimited=True, version="9999"
    )
    system = here.desk.system()
    with system.database.begin() as tx:
        goods.list_entries(tx, SHOP, [(WEB, endless)], NOON)
    system.database.close()

    assert here.desk.told("status")["worst_case_oversell"] is None
    assert (
        "How much could be oversold has no limit: backorders let the shop sell below zero "
        "(MUG-RED on web)\n"
    ) in here.desk.run("status").stdout


def test_a_unit_that_an_unpaid_checkout_holds_is_not_sold_twice(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.web.open_checkout({"MUG-RED": 2})

    here.desk.run("pull", "web")

    (line,) = here.desk.told("stock", "MUG-RED")
    assert (line["held"], line["available"]) == (2, 8)
    assert here.desk.told("status")["worst_case_oversell"] == 0


def test_the_table_says_nothing_of_other_skus(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.web.add_product("BOX", 4)
    here.live(WEB)

    said = here.desk.run("listings", Sku("BOX")).stdout

    assert "BOX" in said
    assert "MUG-RED" not in said
