"""`stocksync stock` and `stocksync why`: figures, and what they are made of."""

from datetime import timedelta

import orjson

from tests.cli.cast import NOON, Desk


def test_nothing_counted_yet_says_how_to_begin(shop: Desk) -> None:
    result = shop.run("stock")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing is counted yet" in result.stderr


def test_a_shelf_that_is_short_says_so_in_words(shop: Desk) -> None:
    shop.counted("LAST-LAMP=1")
    shop.order("1042", NOON, [("LAST-LAMP", 3)])

    result = shop.run("stock")

    row = next(line for line in result.stdout.splitlines() if "LAST-LAMP" in line)
    assert row.split() == ["LAST-LAMP", "shelf", "1", "3", "0", "0", "-2", "2", "short"]


def test_an_unknown_sku_is_a_sentence(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("stock", "MUG-RDE")

    assert result.exit_code == 1
    assert result.stderr == "SKU MUG-RDE is unknown. Did you mean `MUG-RED`?\n"


def test_an_unknown_sku_is_still_one_document(shop: Desk) -> None:
    stock = shop.run("stock", "NOTHING", "--json")
    why = shop.run("why", "NOTHING", "--json")

    assert (stock.exit_code, orjson.loads(stock.stdout)) == (1, [])
    assert (why.exit_code, orjson.loads(why.stdout)["locations"]) == (1, [])


def test_a_bundle_points_to_what_is_in_it(shop: Desk) -> None:
    result = shop.run("stock", "GIFT-SET")

    assert result.exit_code == 1
    assert "GIFT-SET is a bundle of 2 x MUG-RED, 1 x BOX; ask for one of those" in result.stderr


def test_a_name_cannot_steer_the_terminal(shop: Desk) -> None:
    file = shop.write("count.csv", "sku,quantity\n[red]X,1\n")
    shop.run("count", file, "--at", "2026-11-20T09:00", "--yes")

    assert "[red]X" in shop.run("stock").stdout
    assert "\\x1b[2J" in shop.run("stock", "\x1b[2J").stderr


def test_why_tells_the_count_and_each_movement_since(shop: Desk) -> None:
    shop.counted("MUG-RED=10")
    shop.order("1042", NOON, [("BOX", 1), ("X", 1), ("MUG-RED", 3)])

    result = shop.run("why", "MUG-RED")

    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "MUG-RED at shelf"
    assert "2026-11-20 09:00:00 count by hand: 10 10 0 0 10" in lines
    order = "2026-11-20 12:00:00 web order 1042 line 3 ordered: free -3, committed +3 10 3 0 7"
    assert order in lines
    assert result.stdout.split("json lists all\n")[1] == (
        "\n"
        "  on_hand    10   10 counted 2026-11-20 09:00:00 by hand, 0 since\n"
        "  committed   3   web order 1042 (3)\n"
        "  held        0\n"
        "  available   7   10 on hand - 3 committed - 0 held\n"
        "\n"
    )


def test_why_tells_the_figures_of_an_earlier_moment(shop: Desk) -> None:
    shop.counted("MUG-RED=10")
    shop.order("1042", NOON, [("MUG-RED", 3)])
    shop.order("1043", NOON + timedelta(hours=1), [("MUG-RED", 2)])

    told = shop.told("why", "MUG-RED", "--at", "2026-11-20T12:30")
    early = shop.run("why", "MUG-RED", "--at", "2026-11-19T12:30")

    assert told["at"] == "2026-11-20T10:30:00Z"
    assert told["locations"][0]["available"] == 7
    assert early.exit_code == 1
    assert early.stderr == "nothing had happened to MUG-RED by 2026-11-19 12:30:00\n"


def test_why_as_json(shop: Desk) -> None:
    shop.counted("MUG-RED=10")
    shop.order("1042", NOON, [("MUG-RED", 3)])

    told = shop.told("why", "MUG-RED")

    (shelf,) = told.pop("locations")
    assert told == {"merchant": "corner-shop", "sku": "MUG-RED", "at": None, "channels": []}
    assert shelf["location"] == "shelf"
    assert shelf["counted"]["units"] == 10
    assert shelf["counted"]["counted_at"] == "2026-11-20T07:00:00Z"
    assert shelf["counted"]["channel"] == "@office"
    figures = {"on_hand": 10, "committed": 3, "held": 0, "incoming": 0, "available": 7}
    assert {name: shelf[name] for name in figures} == figures
    assert shelf["movements"][1] == {
        "occurred_at": "2026-11-20T10:00:00Z",
        "reason": "ordered",
        "channel": "web",
        "kind": "order",
        "key": "1042",
        "line": "1",
        "units": 3,
        "source": {"account": "free", "location": "shelf"},
        "target": {"account": "committed", "location": "shelf"},
        "after": figures,
    }


def test_why_of_a_shelf_counted_empty(shop: Desk) -> None:
    shop.counted("MUG-RED=0")

    result = shop.run("why", "MUG-RED")

    assert result.exit_code == 0
    assert "0 counted 2026-11-20 09:00:00 by hand, 0 since" in result.stdout


def test_hebrew_names_leave_the_table_straight(shop: Desk) -> None:
    shop.counted("קומקום=3", "MUG-RED=4")

    rows = [line for line in shop.run("stock").stdout.splitlines() if "shelf" in line]

    assert len({row.index("shelf") for row in rows}) == 1


def test_the_offer_of_a_channel_that_is_not_linked(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("why", "MUG-RED", "--channel", "web")
    typo = shop.run("why", "MUG-RED", "--channel", "wbe")

    assert result.exit_code == 1
    assert result.stderr == "no listing of web sells MUG-RED; match it: stocksync link web\n"
    assert typo.exit_code == 2
    assert typo.stderr == "merchant corner-shop has no channel wbe. Did you mean `web`?\n"


def test_what_a_channel_was_offered_earlier_is_not_kept(shop: Desk) -> None:
    shop.counted("MUG-RED=10")

    result = shop.run("why", "MUG-RED", "--channel", "web", "--at", "2026-11-20T12:30")

    assert result.exit_code == 2
    assert "is not kept; leave out --at or --channel" in result.stderr
