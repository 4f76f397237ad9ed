"""`stocksync why` of a linked SKU: from the count through each rule to what the channel shows."""

import pytest

from tests.cli.street import TILL, WEB, Street, now

pytestmark = pytest.mark.long


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_why_tells_the_way_from_the_count_to_the_offer(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    order = here.web.buy({"MUG-RED": 3})
    here.config("    auth: basic\n", "    auth: basic\n    buffer: 2\n")
    here.live(WEB)
    here.desk.run("push", "web")
    here.desk.run("reconcile", "web")

    result = here.desk.run("why", "MUG-RED", "--channel", "web")

    assert result.exit_code == 0, result.output
    told = _lines(result.stdout)
    assert told[0].startswith("MUG-RED on web: offer 5, shown 5, confirmed ")
    assert told[0].endswith(" s), clean")
    assert told[1].startswith("on_hand 10 10 counted ")
    assert told[1].endswith(" imported from web, 0 since")
    file = here.desk.folder / "config" / "stocksync.yaml"
    line = file.read_text(encoding="utf-8").splitlines().index("    buffer: 2") + 1
    assert told[2:] == [
        f"committed 3 web order {order} (3)",
        "held 0",
        "available 7 10 on hand - 3 committed - 0 held",
        f"buffer -2 {file}:{line}",
        "offer 5",
        "",
    ]


def test_why_as_json_holds_every_channel(here: Street) -> None:
    listing = str(here.web.add_product("MUG-RED", 10))
    here.till.put({"MUG-RED": 4})
    here.live(WEB, TILL)

    web, till = here.desk.told("why", "MUG-RED")["channels"][::-1]

    assert (web["channel"], till["channel"]) == ("web", "till")
    assert set(web) == {
        "channel",
        "listing",
        "wanted",
        "status",
        "believed",
        "exposure",
        "state",
        "error",
        "confirmed",
        "confirmed_at",
        "lag_s",
        "steps",
        "doubt",
        "flights",
        "suspicion",
        "edits",
    }
    assert (web["listing"], web["wanted"], web["believed"]) == (listing, 10, 10)
    assert web["steps"] == [
        {
            "what": "free",
            "units": 10,
            "after": None,
            "sku": "MUG-RED",
            "location": "shelf",
            "source": None,
        },
        {
            "what": "own",
            "units": 10,
            "after": 10,
            "sku": None,
            "location": None,
            "source": None,
        },
    ]
    assert (till["wanted"], till["believed"], till["state"]) == (10, 4, "due")


def test_a_bundle_is_explained_by_what_is_in_it(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.web.add_product("BOX", 4)
    here.web.add_product("GIFT-SET", 4)
    here.live(WEB)

    result = here.desk.run("why", "GIFT-SET")

    assert result.exit_code == 0, result.output
    told = _lines(result.stdout)
    assert told[0].startswith("GIFT-SET on web: offer 4, shown 4, ")
    assert "available of MUG-RED at shelf 10 10 on hand - 0 committed - 0 held" in told
    assert "own shelves 4 sets of 2 x MUG-RED, 1 x BOX" in told


def test_what_is_open_about_a_number_is_said_in_sentences(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.web.edit_stock("MUG-RED", 14)
    here.desk.run("reconcile", "web", "--timeout", "8")
    here.stop(halted="30 SKUs were changed in ten minutes")

    said = here.desk.run("why", "MUG-RED", "--channel", "web").stdout

    assert "  it showed 14, +4 that no order explains; the second look is at " in said
    assert "  up to 4 more may have been sold there that we have not heard of\n" in said
    assert "  web is halted: no number is written: 30 SKUs were changed in ten minutes; " in said


def test_a_write_without_an_answer_is_named(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.desk.counted("MUG-RED=6", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")
    here.web.knobs.timed_out = 1.0
    here.web.knobs.hangs_s = 0.0

    here.desk.run("push", "web", "--timeout", "1")

    said = here.desk.run("why", "MUG-RED", "--channel", "web").stdout
    assert "  a write of 6 over 10, sent " in said
    assert "got no answer, and may have landed\n" in said
    assert here.desk.told("listings")[0]["state"] == "unknown"
