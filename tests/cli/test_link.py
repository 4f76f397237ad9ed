"""`stocksync import`, `link` and `go-live`: from a shop's catalogue to our first number."""

import orjson

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId
from stocksync.flow import settle
from stocksync.store import goods, signs
from tests.cli.street import SHOP, WEB, Street, now


def test_import_counts_what_the_shop_shows_and_what_its_open_orders_hold(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.web.add_product("BOX", 5)
    here.web.buy({"MUG-RED": 2})

    result = here.desk.run("import", "web")

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "web is linked: 2 listings of 2 SKUs, 1 open order\n"
        "counted 2 SKUs at shelf, as web shows them\n"
    )
    assert "stocksync go-live web" in result.stderr
    figures = {
        line["sku"]: (line["on_hand"], line["committed"], line["available"])
        for line in here.desk.told("stock")
    }
    assert figures == {"MUG-RED": (10, 2, 8), "BOX": (5, 0, 5)}
    assert here.web.log.writes == []


def test_a_second_import_changes_nothing_and_says_so(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.desk.run("import", "web")
    here.desk.counted("MUG-RED=7", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")

    again = here.desk.run("import", "web")

    assert again.exit_code == 0
    assert "1 SKU was counted before, and that count stands\n" in again.stdout
    assert "there was nothing to import" in again.stderr
    assert here.desk.told("stock")[0]["on_hand"] == 7


def test_import_as_json(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    nameless = here.web.add_product("", 3)
    here.web.add_product("FREE-TEXT", None)

    assert here.desk.told("import", "web") == {
        "merchant": "corner-shop",
        "channel": "web",
        "listings": 1,
        "skus": 1,
        "open_orders": 0,
        "unknown": [],
        "without_sku": [str(nameless)],
        "unmanaged": ["FREE-TEXT"],
        "duplicates": {},
        "unsettled": 0,
        "counted": ["MUG-RED"],
    }


def test_a_sku_on_two_entries_is_neither_counted_twice_nor_written_to(here: Street) -> None:
    first = str(here.web.add_product("TWIN", 4))
    here.web.add_product("BOX", 5)
    here.desk.run("count", "CUP=1", "--yes")
    system = here.desk.system()
    twin = CatalogueEntry(
        listing=ListingId("99"), sku="TWIN", owner=ListingId("99"), managed=True, version=""
    )
    with system.database.begin() as tx:
        goods.list_entries(tx, SHOP, [(WEB, twin)], now())
    system.database.close()

    told = here.desk.told("import", "web")

    assert told["duplicates"] == {"TWIN": sorted([first, "99"])}
    assert {line["sku"]: line["on_hand"] for line in here.desk.told("stock")} == {
        "BOX": 5,
        "CUP": 1,
        "TWIN": 4,
    }
    states = {line["listing"]: line["state"] for line in here.desk.told("listings", "TWIN")}
    assert states == {first: "parked", "99": "parked"}


def test_link_matches_by_sku_and_names_what_it_does_not_know(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.till.put({"MUG-RED": 3, "ODD": 7})
    here.desk.run("import", "web")

    result = here.desk.run("link", "till")

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "till is linked: 1 listing of 1 SKU, 0 open orders\n"
        "left out, 1 SKU there that we do not know: ODD\n"
    )
    assert [line["sku"] for line in here.desk.told("stock")] == ["MUG-RED"]
    assert here.desk.told("stock")[0]["on_hand"] == 10


def test_a_channel_that_only_tells_us_cannot_be_imported(here: Street) -> None:
    text = (here.desk.folder / "config" / "stocksync.yaml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if "push_" not in line and "_url:" not in line]
    (here.desk.folder / "config" / "stocksync.yaml").write_text("\n".join(kept), encoding="utf-8")

    result = here.desk.run("import", "till")

    assert result.exit_code == 2
    assert result.stderr == (
        "till only tells us, it cannot be called; add push_url to its config\n"
    )


def test_a_channel_that_is_not_there_is_named(here: Street) -> None:
    result = here.desk.run("link", "wbe")

    assert result.exit_code == 2
    assert result.stderr == "merchant corner-shop has no channel wbe. Did you mean `web`?\n"


def test_a_shop_that_refuses_our_key_is_a_sentence(here: Street) -> None:
    here.web.knobs.auth_lost = True

    result = here.desk.run("import", "web")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


def test_go_live_shows_what_the_first_push_would_change_and_asks(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.till.put({"MUG-RED": 3})
    here.desk.run("import", "web")
    here.desk.run("link", "till")

    asked = here.desk.run("go-live", "till")
    meant = here.desk.run("go-live", "till", "--yes")

    assert asked.exit_code == 1
    assert asked.stdout == (
        "till: the first push would change 1 of 1 listing: 1 up, 0 down, 0 to zero\n"
        "  up       MUG-RED 3 -> 10\n"
    )
    assert "nothing is changed; to go live without being asked" in asked.stderr
    assert meant.exit_code == 0
    assert meant.stdout.endswith("till is live\n")
    assert here.till.shows("MUG-RED") == 3


def test_a_channel_that_is_not_linked_cannot_go_live(here: Street) -> None:
    here.desk.run("count", "MUG-RED=1", "--yes")

    result = here.desk.run("go-live", "web", "--yes")

    assert result.exit_code == 1
    assert result.stderr == (
        "web is not linked; the first channel brings the stock: stocksync import web; "
        "any other: stocksync link web\n"
    )


def test_a_first_push_that_would_empty_the_shop_is_refused_unless_it_is_meant(here: Street) -> None:
    for sku in ("A", "B", "C", "D"):
        here.web.add_product(sku, 5)
    here.desk.run("import", "web")
    here.desk.counted("A=0", "B=0", "C=0", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")
    here.config("bundles:", "limits: {zero_share: 25%}\nbundles:")
    here.desk.run("count", "D=5", "--yes")

    said = here.desk.run("go-live", "web", typed="y\n")
    not_yet = here.live_since()
    meant = here.desk.run("go-live", "web", "--yes")

    assert said.exit_code == 1
    assert "going live would take 3 of 4 listings of web to 0" in said.stderr
    assert not_yet is None
    assert meant.exit_code == 0
    assert here.live_since() is not None


def test_a_stopped_channel_is_called_again_by_go_live(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    live_since = here.live_since()
    here.stop(stopped="the key was revoked")

    refused = here.desk.run("pull", "web")
    result = here.desk.run("go-live", "web")

    assert refused.exit_code == 1
    assert refused.stderr == (
        "web: nothing is sent or asked: the key was revoked; mend it, then: stocksync go-live web\n"
    )
    assert result.stdout == "web is called again\n"
    assert here.live_since() == live_since
    assert here.desk.run("pull", "web").exit_code == 0


def test_a_halted_channel_goes_on_once_its_numbers_were_looked_at(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.stop(halted="30 SKUs were changed in ten minutes")
    system = here.desk.system()
    with system.database.begin() as tx:
        signs.open_incident(tx, SHOP, settle.TOO_MUCH, WEB, now())
    system.database.close()

    halted = here.desk.run("push", "web")
    result = here.desk.run("go-live", "web", typed="y\n")

    assert halted.exit_code == 1
    assert halted.stderr == (
        "web is halted: no number is written: 30 SKUs were changed in ten minutes; "
        "look at its numbers, then: stocksync go-live web\n"
    )
    assert result.exit_code == 0
    assert here.desk.run("push", "web").exit_code == 0
    assert "too many edits" not in here.desk.run("status").stdout


def test_numbers_of_a_shadow_channel_stay_here(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.config("    auth: basic\n", "    auth: basic\n    push: shadow\n    buffer: 2\n")
    here.live(WEB)

    pushed = here.desk.run("push")
    (line,) = here.desk.told("listings")

    assert pushed.exit_code == 1
    assert "web is shadow: decided and shown here, not written" in pushed.stderr
    assert (line["wanted"], line["believed"], line["state"]) == (8, 10, "shadow")
    assert here.web.stock("MUG-RED") == 10


def test_link_as_json_counts_nothing(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.desk.run("count", "MUG-RED=4", "--yes")

    told = orjson.loads(here.desk.run("link", "web", "--json").stdout)

    assert "counted" not in told
    assert (told["listings"], told["unsettled"]) == (1, 0)
    assert here.desk.told("stock")[0]["on_hand"] == 4
