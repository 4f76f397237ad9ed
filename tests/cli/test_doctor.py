"""`stocksync doctor`: everything that must be right for syncing, with the way out."""

from typing import Any

import orjson

from stocksync.sandbox.woocommerce.webhooks import State
from tests.cli.cast import Desk
from tests.cli.street import WEB, Street


def _findings(here: Street, *words: str) -> tuple[int, list[dict[str, Any]]]:
    result = here.desk.run("doctor", *words, "--json")
    return result.exit_code, orjson.loads(result.stdout)["findings"]


def _found(here: Street, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code, findings = _findings(here, *words)
    return code, {one["code"]: one for one in findings}


def test_a_live_channel_is_well(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)

    code, found = _found(here, "web")
    said = here.desk.run("doctor", "web")

    assert code == 0
    assert {name for name, one in found.items() if one["health"] != "well"} == set()
    assert {"config", "auth", "write", "clock", "catalogue", "live", "pulled"} <= found.keys()
    assert found["live"]["channel"] == "web"
    assert said.exit_code == 0
    assert "everything is well" in said.stderr


def test_what_is_not_linked_or_refused_is_trouble_with_a_way_out(here: Street) -> None:
    here.web.knobs.auth_lost = True
    here.desk.run("count", "MUG-RED=1", "--yes")

    code, found = _found(here, "web")

    assert code == 1
    assert found["auth"]["health"] == "trouble"
    assert found["auth"]["way_out"]
    assert found["linked"] == {
        "channel": "web",
        "code": "linked",
        "health": "trouble",
        "words": "it is not linked: its numbers are not kept right",
        "way_out": "the first channel: stocksync import web; others: stocksync link web",
    }


def test_a_halted_channel_and_another_config_are_told(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.stop(halted="30 SKUs were changed in ten minutes")
    here.config("    auth: basic\n", "    auth: basic\n    buffer: 1\n")

    code, found = _found(here, "web")

    assert code == 1
    assert found["config"]["words"] == "this host's config differs from the active one"
    assert found["halted"]["way_out"] == "look at its numbers, then: stocksync go-live web"


def test_heal_makes_the_webhooks_that_are_missing(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.config("merchant: corner-shop\n", "merchant: corner-shop\npublic_url: https://x.example\n")
    here.config("poll: {webhooks_every: 0}", "poll: {webhooks_every: 5m}")
    here.live(WEB)
    for one in list(here.web.webhooks.values()):
        one.status = State.DISABLED

    code, before = _findings(here, "web")
    _, healed = _findings(here, "web", "--heal")
    _, after = _findings(here, "web")

    assert code == 1
    assert [one for one in before if one["health"] == "trouble"]
    assert [one for one in healed if one["health"] == "healed"]
    # Right in the shop is not yet heard by us: nothing reaches this address.
    assert [one["code"] for one in after if one["health"] == "trouble"] == ["webhook-heard"]
    assert {one.status for one in here.web.webhooks.values()} == {"active"}


def test_a_till_that_only_tells_us_is_looked_at_too(shop: Desk) -> None:
    shop.counted("MUG-RED=1")

    said = shop.run("doctor")

    assert "it only tells us, and was never heard" in said.stdout
    assert shop.run("doctor", "till").exit_code == 2
