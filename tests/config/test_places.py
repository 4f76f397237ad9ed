"""Where a channel's units come from, and how its parts must fit together."""

import pytest

from stocksync.config import ChannelConfig
from tests.config.cast import SHOP, refused, stall, understood

TWO_SHELVES = SHOP.replace(
    "channels:", "  cellar: {kind: own}\n  importer: {kind: supplier}\nchannels:"
)


def market_of(text: str) -> ChannelConfig:
    return understood(text).channels["market"]  # type: ignore[index]


def test_with_one_own_shelf_nothing_needs_to_be_said() -> None:
    market = market_of(SHOP.replace("channels:", "  importer: {kind: supplier}\nchannels:"))

    assert (market.location, market.sells_from) == ("shelf", ("shelf",))


def test_a_location_is_what_it_sells_from() -> None:
    market = market_of(TWO_SHELVES + "    location: cellar\n")

    assert (market.location, market.sells_from) == ("cellar", ("cellar",))


def test_returns_go_to_the_first_own_location_it_sells_from() -> None:
    market = market_of(TWO_SHELVES + "    sells_from: [importer, cellar, shelf]\n")

    assert (market.location, market.sells_from) == ("cellar", ("importer", "cellar", "shelf"))


def test_returns_may_go_elsewhere() -> None:
    market = market_of(TWO_SHELVES + "    sells_from: [importer]\n    location: shelf\n")

    assert (market.location, market.sells_from) == ("shelf", ("importer",))


def test_what_was_written_stays_in_the_settings() -> None:
    market = market_of(SHOP)

    assert (market.settings.location, market.settings.sells_from) == (None, ())


def test_with_two_own_shelves_one_must_be_named() -> None:
    assert refused(TWO_SHELVES) == [
        "8: channels.market.location: is missing: there are 2 own locations; "
        "add `location: ...` with shelf or cellar, or `sells_from: [...]`"
    ]


def test_a_channel_of_a_supplier_needs_a_place_for_its_returns() -> None:
    assert refused(TWO_SHELVES + "    sells_from: [importer]\n") == [
        "8: channels.market.location: is missing: sells_from names no own location; "
        "add `location: ...` with shelf or cellar, for its returns"
    ]


def test_returns_never_go_to_a_supplier() -> None:
    assert refused(TWO_SHELVES + "    location: importer\n") == [
        "11: channels.market.location: must be an own location (shelf or cellar): "
        "importer is a supplier's"
    ]


def test_every_location_that_a_channel_names_must_exist() -> None:
    lines = "    location: shlef\n    sells_from: [shelf, attic]\n    locations: {'1': basement}\n"

    assert refused(SHOP + lines) == [
        "9: channels.market.location: no such location: shlef. Did you mean `shelf`?",
        "10: channels.market.sells_from[1]: no such location: attic; there is shelf",
        "11: channels.market.locations.1: no such location: basement; there is shelf",
    ]


def test_a_location_is_named_once() -> None:
    assert refused(TWO_SHELVES + "    sells_from:\n      - shelf\n      - shelf\n") == [
        "13: channels.market.sells_from[1]: shelf is named twice; keep one"
    ]


def test_to_sell_from_nowhere_is_refused() -> None:
    assert refused(SHOP + "    sells_from: []\n") == [
        "9: channels.market.sells_from: is empty; name a location, or delete it"
    ]


@pytest.mark.parametrize("locations", ["{}", "{importer: {kind: supplier}}"])
def test_somewhere_must_be_our_own_shelf(locations: str) -> None:
    text = f"merchant: corner-shop\nlocations: {locations}\nchannels:\n" + stall("market")

    assert refused(text) == ["2: locations: no own location; add one, such as `shelf: {kind: own}`"]


def test_a_mistake_in_a_location_is_not_echoed_by_its_channels() -> None:
    said = refused(SHOP.replace("{kind: own}", "{kind: onw}") + "    location: shelf\n")

    assert said == [
        "4: locations.shelf.kind: must be own or supplier, not onw. Did you mean `own`?"
    ]


def test_without_locations_that_alone_is_said() -> None:
    text = "merchant: corner-shop\nchannels:\n" + stall("market", "location: shelf")

    assert refused(text) == ["1: locations: is missing; add `locations: ...`"]


def test_no_channel_yet_is_no_mistake() -> None:
    shop = understood("merchant: corner-shop\nlocations: {shelf: {kind: own}}\nchannels:\n")

    assert shop.channels == {}
