"""How text becomes values: YAML without its traps, and every value with its line."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stocksync.config import reader
from stocksync.config.mistakes import Notebook
from stocksync.config.tree import plain
from tests.config.cast import SHOP, refused, understood


def value_of(written: str) -> Any:
    notebook = Notebook(Path("a.yaml"))
    tree = reader.read(f"key: {written}\n".encode(), notebook)
    assert tree is not None
    assert notebook.mistakes == []
    return plain(tree)["key"]


@pytest.mark.parametrize(
    "written",
    [
        "NO",
        "yes",
        "on",
        "off",
        "True",
        "0123",
        "00",
        "+1",
        "12:30",
        "1_000",
        "0x1F",
        "0o17",
        "1e3",
        "2026-11-27",
        "2026-11-27T12:00:00Z",
        ".5",
        "5.",
        ".inf",
        "Null",
        "=",
        "1,5",
        "5-9",
        "80%",
    ],
)
def test_what_looks_like_something_else_stays_text(written: str) -> None:
    assert value_of(written) == written


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12", 12),
        ("-1", -1),
        ("0", 0),
        ("1.50", Decimal("1.50")),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("9999999999999999999", "9999999999999999999"),
    ],
)
def test_only_plain_numbers_and_words_are_typed(written: str, meant: Any) -> None:
    value = value_of(written)

    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_text_with_their_zeros() -> None:
    shop = understood(SHOP + "bundles: {00412: {0x10: 2, NO: 1, null: 1, 1.50: 3}}\n")

    assert shop.bundles == {"00412": {"0x10": 2, "NO": 1, "null": 1, "1.50": 3}}


def test_a_location_may_be_called_1() -> None:
    text = SHOP.replace("shelf:", "1:") + "    location: 1\n    locations: {7: 1}\n"

    market = understood(text).channels["market"]  # type: ignore[index]

    assert market.location == "1"
    assert market.settings.locations == {"7": "1"}


def test_a_number_is_text_where_text_is_wanted() -> None:
    shop = understood(SHOP.replace("{kind: own}", "{kind: own, name: 12.50}"))

    assert shop.locations["shelf"].title == "12.50"  # type: ignore[index]


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert refused(b"\xef\xbb\xbf" + SHOP.encode()) == []


def test_windows_line_ends_keep_the_lines() -> None:
    text = SHOP.replace("timezone", "timezon").replace("\n", "\r\n")

    assert refused(text) == ["2: timezon: no such setting. Did you mean `timezone`?"]


def test_a_key_written_twice_names_both_lines() -> None:
    text = SHOP + "    webhook_secret: {env: STALL_OLD}\n"

    assert refused(text) == [
        "9: channels.market.webhook_secret: is written twice, first on line 8; keep one"
    ]


def test_a_channel_written_twice_is_seen_whatever_its_quotes() -> None:
    text = SHOP + '  "market": {kind: stall, webhook_secret: {env: STALL_SECRET}}\n'

    assert refused(text) == ["9: channels.market: is written twice, first on line 6; keep one"]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [x]", "!x y", "! y", "!!str y"])
def test_tags_are_refused(tag: str) -> None:
    said = refused(f"merchant: {tag}\n" + SHOP.removeprefix("merchant: corner-shop\n"))

    assert said[0] == (
        "1: file: a `!` begins a YAML tag, and none is understood; put text in quotes"
    )


def test_merge_keys_are_refused() -> None:
    text = SHOP.replace("{kind: own}", "&own {kind: own}") + "    <<: *own\n"

    assert refused(text) == [
        "9: channels.market: YAML's merge key `<<` is not understood; write the keys out"
    ]


def test_a_key_must_be_text() -> None:
    assert refused("? [a]\n: 1\n" + SHOP) == [
        "1: file: has a key that is a list or a table; a key is text"
    ]
    assert refused(SHOP + "bundles: {'': {A: 1}}\n") == [
        "9: bundles: has a key that is empty; name it"
    ]


def test_anchors_may_repeat_a_little() -> None:
    text = SHOP + "bundles:\n  A: &box {X: 1, Y: 2}\n  B: *box\n"

    assert understood(text).bundles == {"A": {"X": 1, "Y": 2}, "B": {"X": 1, "Y": 2}}


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    said = refused("\n".join(lines))

    assert len(said) == 1
    assert said[0].endswith(
        ": file: its anchors (`&` and `*`) repeat too much; write the values out"
    )


def test_an_anchor_that_holds_itself_is_cut_short() -> None:
    assert refused("a: &a [*a]\n") == [
        "1: file: its anchors (`&` and `*`) repeat too much; write the values out"
    ]


def test_nesting_ends_somewhere() -> None:
    assert refused("a: " + "[" * 100_000) == ["1: file: is nested more than 20 levels deep"]


def test_a_mebibyte_is_enough() -> None:
    text = SHOP + "#" * (1024 * 1024)

    assert refused(text) == [
        "1: file: is larger than 1 MiB; split the business or drop what is old"
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a: 1\n\tb: 2\n", "2: file: a tab cannot stand here; use spaces"),
        ("a: 1\n  b: 2\n", "2: file: a `:` too many, or the line is indented wrongly"),
        ("a:\n  b: 1\n c: 2\n", "3: file: this line is indented unlike its neighbours"),
        ("a: 'b\n", "2: file: a quote is opened and never closed"),
        ("a: [b\n", "2: file: a `[` or `{` is opened and never closed, or a comma is missing"),
        ("a: 1\nb\n", "3: file: a key without its `:`"),
        ("a: *b\n", "1: file: `*` points to an anchor that is not there; put text in quotes"),
        ("a: &b 1\nc: &b 2\n", "2: file: the same anchor (`&`) is set twice; rename one"),
        ("a: @b\n", "1: file: text that begins with a special sign needs quotes"),
        ("a: 1\n---\na: 2\n", "2: file: a second document (`---`) begins; "
         "write one file a merchant"),
        ('a: "\\q"\n', "1: file: a `\\` in double quotes begins an escape that is not known; "
         "use single quotes"),
        ('a: "\\UFFFFFFFF"\n', "1: file: holds a number that YAML cannot; put it in quotes"),
        ("a: 1\nb: \x07\n", "2: file: holds a control character that no text needs; delete it"),
        (b"a: 1\nb: \xe9\n", "2: file: is not UTF-8 text here; save the file as UTF-8"),
        ("\ufeffa: 1\n".encode("utf-16-le"), "1: file: is not UTF-8 text here; save the file as "
         "UTF-8"),
        ("", "1: file: is empty; write at least `merchant:`, `locations:` and `channels:`"),
        ("# soon\n", "1: file: is empty; write at least `merchant:`, `locations:` and `channels:`"),
        ("- a\n", "1: file: holds a list; it must begin with keys, such as `merchant: my-shop`"),
        ("hello\n", "1: file: holds a single value; it must begin with keys, such as "
         "`merchant: my-shop`"),
    ],
)  # fmt: skip
def test_broken_text_is_one_mistake_in_kind_words(text: str | bytes, mistake: str) -> None:
    assert refused(text) == [mistake]


def test_half_a_character_is_refused() -> None:
    text = SHOP.replace("{kind: own}", '{kind: own, name: "\\ud800"}')

    assert refused(text)[0] == "4: locations.shelf.name: holds half a character; retype it"


def test_a_mistake_stays_on_its_line_whatever_the_key_holds() -> None:
    assert refused(SHOP + '"a\\nb\\u202e": 1\n') == [
        "9: a\\nb\\u202e: no such setting; there is merchant, timezone, language, decimals, "
        "locations, channels, rules, limits, public_url, bundles"
    ]
