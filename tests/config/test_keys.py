"""The keys of a merchant's file, each mistake with its line and a way out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from stocksync.config import Language
from stocksync.core.places import Location, LocationKind
from tests.config.cast import SHOP, refused, shop_with, stall, understood

SUPPLIER = SHOP.replace(
    "channels:", "  importer: {kind: supplier, ships_in: 5-9, trust: 80%}\nchannels:"
)


def test_a_right_shop_is_understood() -> None:
    shop = understood(SUPPLIER + "language: he\ndecimals: 3\n")

    assert (shop.name, shop.timezone, shop.language, shop.decimals) == (
        "corner-shop",
        "Asia/Jerusalem",
        Language.HEBREW,
        3,
    )
    assert list(shop.locations.values()) == [
        Location(name="shelf", kind=LocationKind.OWN, title="shelf"),  # type: ignore[arg-type]
        Location(
            name="importer",  # type: ignore[arg-type]
            kind=LocationKind.SUPPLIER,
            title="importer",
            trust=Decimal("0.8"),
            ships_in=(5, 9),
        ),
    ]
    assert list(shop.channels) == ["market"]


def test_what_is_not_written_has_its_default() -> None:
    shop = understood(SHOP.replace("timezone: Asia/Jerusalem\n", ""))

    assert (shop.timezone, shop.language, shop.decimals) == ("UTC", Language.ENGLISH, 0)
    assert shop.bundles == {}


def test_a_section_whose_entries_are_all_comments_is_empty() -> None:
    shop = understood(SHOP + "bundles:\n  # GIFT: {MUG: 1}\n")

    assert shop.bundles == {}


def test_every_mistake_of_a_file_is_said_at_once() -> None:
    text = """\
timezone: Asia/Jerusalm
langage: he
peaks: []
decimals: 6
locations:
  shelf: {kind: own, trust: 80%}
  importer: {kind: suplier, ships_in: 9-5, feed: x}
channels:
  market:
    kind: stall
    bufer: 2
    location: shlef
    tolerance_seconds: 5
    allow_private: yes
  web: {kind: square}
bundles:
  GIFT: {GIFT: 1, BOX: 0}
"""

    assert refused(text) == [
        "1: merchant: is missing; add `merchant: ...`",
        "1: timezone: no such timezone: Asia/Jerusalm. Did you mean `Asia/Jerusalem`?",
        "2: langage: no such setting. Did you mean `language`?",
        "3: peaks: not available yet; delete it until a coming version brings it",
        "4: decimals: must be 5 or less, not 6",
        "6: locations.shelf.trust: is for suppliers only; delete it, or write `kind: supplier`",
        "7: locations.importer.feed: not available yet; delete it until a coming version brings it",
        "7: locations.importer.kind: must be own or supplier, not suplier. "
        "Did you mean `supplier`?",
        "7: locations.importer.ships_in: write the smaller number of days first: 5-9",
        "9: channels.market.webhook_secret: is missing; add `webhook_secret: {env: NAME}`",
        "11: channels.market.bufer: no such setting. Did you mean `buffer`?",
        "12: channels.market.location: no such location: shlef. Did you mean `shelf`?",
        "13: channels.market.tolerance_seconds: must be 30 or more, not 5",
        "14: channels.market.allow_private: must be true or false, without quotes",
        "15: channels.web.kind: square is not available yet; there is stall",
        "17: bundles.GIFT.BOX: must be 1 or more, not 0",
        "17: bundles.GIFT.GIFT: a bundle cannot hold itself; name what is in the box",
    ]


@pytest.mark.parametrize("key", ["peaks", "alerts", "suppliers", "holds", "protection"])
def test_a_key_of_a_coming_feature_is_no_typing_mistake(key: str) -> None:
    assert refused(SHOP + f"{key}: []\n") == [
        f"9: {key}: not available yet; delete it until a coming version brings it"
    ]


def test_a_channel_has_coming_keys_too() -> None:
    assert refused(shop_with("poll: 2")) == [
        "9: channels.market.poll: not available yet; delete it until a coming version brings it"
    ]


def test_a_location_has_coming_keys_too() -> None:
    assert refused(SUPPLIER.replace("trust: 80%", "feed: 6h")) == [
        "5: locations.importer.feed: not available yet; delete it until a coming version brings it"
    ]


@pytest.mark.parametrize(
    "name", ["'two words'", "ma/in", "חנות", "''", f"{'x' * 65}", "..", "'a\\n'"]
)
def test_names_are_made_for_addresses(name: str) -> None:
    words = "a name is 1 to 64 letters (a-z), digits, `-`, `_` or `.`"

    said = refused(SHOP.replace("corner-shop", name))

    assert said == [f"1: merchant: {words}"]


def test_locations_and_channels_have_such_names_too() -> None:
    said = refused(SHOP.replace("shelf:", "my shelf:").replace("market:", "the/market:"))

    assert said == [
        "4: locations.my shelf: a name is 1 to 64 letters (a-z), digits, `-`, `_` or `.`",
        "6: channels.the/market: a name is 1 to 64 letters (a-z), digits, `-`, `_` or `.`",
    ]


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("mode: wrote", "mode: must be read or write, not wrote. Did you mean `write`?"),
        ("mode: [read]", "mode: must be read or write, not a list or table"),
        ("mode:", "mode: is empty; write a value, or delete the line"),
        ("tolerance_seconds: 1_000", "tolerance_seconds: must be a whole number, "
         "without quotes or leading zeros"),
        ("tolerance_seconds: 0300", "tolerance_seconds: must be a whole number, "
         "without quotes or leading zeros"),
        ("tolerance_seconds: true", "tolerance_seconds: must be a whole number, "
         "without quotes or leading zeros"),
        ("tolerance_seconds: 30.5", "tolerance_seconds: must be a whole number"),
        ("tolerance_seconds: 29", "tolerance_seconds: must be 30 or more, not 29"),
        ("tolerance_seconds: 999999", "tolerance_seconds: must be 259200 or less, not 999999"),
        ("allow_private: 1", "allow_private: must be true or false, without quotes"),
        ("allow_private: {}", "allow_private: must be true or false"),
        ("buffer: -1", "buffer: must be 0 or more, not -1"),
        ("buffer: 10000000", "buffer: must be 9999999 or less, not 10000000"),
        ("buffer: auto", "buffer: auto is not available yet; write units such as 2, or 10%"),
        ("buffer: x2", "buffer: x2 is not available yet; write units such as 2, or 10%"),
        ("buffer: 101%", "buffer: write a percentage from 0% to 100%, such as 80%"),
        ("buffer: '2'", "buffer: write units such as 2, or a percentage such as 10%"),
        ("buffer: true", "buffer: must be a number of units, such as 2"),
        ("buffer:", "buffer: is empty; write a value, or delete the line"),
        ("buffer: 1.5", "buffer: is finer than this merchant counts (decimals: 0); "
         "round it, or write `decimals: 1`"),
        ("push: off", "push: must be on or shadow, not off"),
        ("push: true", "push: must be on or shadow, not true"),
        ("manual_edits: adpt", "manual_edits: must be adopt, overwrite or alert, not adpt. "
         "Did you mean `adopt`?"),
        ("url: [x]", "url: must be text"),
        ("url: true", "url: must be text"),
        ("wait: 5", "wait: write a time such as 30s, 15m, 6h or 2d"),
        ("returns: yes", "returns: must hold keys of its own, such as `key: value`"),
        ("returns: {restok: true}", "returns.restok: no such setting. Did you mean `restock`?"),
        ("returns: {registr: a}", "returns.registr: no such setting. Did you mean `register`?"),
        ("returns: {register: [a]}", "returns.register: must be text"),
        ("returns: {restock: on}", "returns.restock: must be true or false, without quotes"),
        ("sells_from: shelf", "sells_from: must be a list, such as [a, b]"),
        ("locations: [shelf]", "locations: must hold keys of its own, such as `key: value`"),
        ("locations: {'1': [shelf]}", "locations.1: must be text"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_a_channel_is_said_in_kind_words(line: str, mistake: str) -> None:
    assert refused(shop_with(line)) == [f"9: channels.market.{mistake}"]


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("decimals: -1", "decimals: must be 0 or more, not -1"),
        ("decimals: '2'", "decimals: must be a whole number, without quotes or leading zeros"),
        ("decimals:", "decimals: is empty; write a value, or delete the line"),
        ("language: fr", "language: must be he or en, not fr"),
        ("public_url: http://sync.example", "public_url: must begin with https://: "
         "shops send their sales there"),
        ("public_url: https://", "public_url: must be an address such as "
         "https://sync.example.com"),
        ("public_url: 'https://[::1'", "public_url: must be an address such as "
         "https://sync.example.com"),
        ("public_url: https://me@sync.example", "public_url: is the address alone, "
         "without user, `?` or `#`"),
        ("limits: off", "limits: must hold keys of its own, such as `key: value`"),
        ("limits: {zero_share: 1}", "limits.zero_share: write a percentage such as 25%, or off"),
        ("limits: {skus_in_10m: 0}", "limits.skus_in_10m: write a whole number such as 50, "
         "or off"),
        ("limits: {units_a_day: some}", "limits.units_a_day: write units such as 500, or off"),
        ("limits: {units_a_day: 0.25}", "limits.units_a_day: is finer than this merchant counts "
         "(decimals: 0); round it, or write `decimals: 2`"),
        ("limits: {zero_shar: 1%}", "limits.zero_shar: no such setting. "
         "Did you mean `zero_share`?"),
        ("bundles: {A: {}}", "bundles.A: has too few entries; write at least 1"),
        ("bundles: {A: {B: 1.5}}", "bundles.A.B: must be a whole number"),
        ("bundles: {A: 2}", "bundles.A: must hold keys of its own, such as `key: value`"),
        ("bundles: {A: {' B': 2}}", "bundles.A. B: a SKU has no spaces around it "
         "and no control characters"),
        ("bundles: {A: {B: 1}, B: {C: 1}}", "bundles.A.B: B is a bundle too; "
         "write its parts here instead"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_the_merchant_is_said_in_kind_words(line: str, mistake: str) -> None:
    assert refused(f"{SHOP}{line}\n") == [f"9: {mistake}"]


@pytest.mark.parametrize("written", ["0", "0%", "5-9%", "101%", "80.125%"])
def test_trust_is_a_percentage(written: str) -> None:
    said = refused(SUPPLIER.replace("80%", written))

    assert said == (
        []
        if written == "0%"
        else ["5: locations.importer.trust: write a percentage from 0% to 100%, such as 80%"]
    )


def test_the_number_of_a_supplier_grows_old() -> None:
    fading = SUPPLIER.replace("trust: 80%", "stale_after: 6h")

    assert understood(fading).locations["importer"].stale_after == timedelta(hours=6)  # type: ignore[index]
    assert refused(fading.replace("6h", "0")) == [
        "5: locations.importer.stale_after: must be longer than 0; "
        "a number that never grows old needs no line"
    ]
    assert refused(SHOP.replace("{kind: own}", "{kind: own, stale_after: 6h}")) == [
        "4: locations.shelf.stale_after: is for suppliers only; "
        "delete it, or write `kind: supplier`"
    ]


def test_one_number_of_days_is_both() -> None:
    shop = understood(SUPPLIER.replace("5-9", "5"))

    assert shop.locations["importer"].ships_in == (5, 5)  # type: ignore[index]


def test_a_kind_with_a_typing_mistake_is_guessed() -> None:
    assert refused(SHOP + "  web: {kind: stal}\n") == [
        "9: channels.web.kind: must be stall, not stal. Did you mean `stall`?"
    ]


def test_a_channel_says_its_kind() -> None:
    text = SHOP + stall("a").replace("    kind: stall\n", "") + "  b: {kind: [x]}\n  c: 5\n"

    assert refused(text) == [
        "9: channels.a.kind: is missing; add `kind: ...` with stall",
        "11: channels.b.kind: must be stall",
        "12: channels.c: must hold keys of its own, such as `key: value`",
    ]
