"""What a merchant writes about offers, and what becomes of it."""

from decimal import Decimal
from textwrap import dedent

import pytest

from stocksync.core.names import ChannelName, Sku
from stocksync.core.plan import Limits
from stocksync.core.rules import ManualEdits, Percent, Rule
from stocksync.wiring import trade
from tests.config.cast import SHOP, refused, shop_with, stall, understood

MARKET = ChannelName("market")


def rule_of(text: str, sku: str = "MUG-RED") -> Rule:
    return trade(understood(text)).rules.for_(Sku(sku), MARKET)


def with_rules(*rules: str) -> str:
    """Return the right shop with rules, the first of them on line 10."""
    return SHOP + "rules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules)


def test_without_a_word_all_is_offered_and_edits_are_believed() -> None:
    shop = trade(understood(SHOP))

    assert shop.rules.for_(Sku("MUG-RED"), MARKET) == Rule()
    assert (shop.plans[MARKET].shadow, shop.public_url) == (False, None)
    assert shop.limits == Limits(zero_share=Decimal("0.25"), skus_in_10m=50, units_a_day=500)


def test_a_channel_says_its_buffer_and_more() -> None:
    shop = trade(understood(shop_with("buffer: 10%\n    push: shadow\n    manual_edits: alert")))
    rule = shop.rules.for_(Sku("MUG-RED"), MARKET)

    assert rule.buffer == Percent(Decimal("0.1"))
    assert rule.manual_edits is ManualEdits.ALERT
    assert shop.plans[MARKET].shadow


def test_a_rule_names_the_line_that_it_came_from() -> None:
    rule = rule_of(shop_with("buffer: 2") + "rules:\n  - sku: MUG-*\n    max: 3\n    share: 50%\n")

    assert (rule.buffer, rule.max, rule.share) == (2, 3, Decimal("0.5"))
    assert {key: (one.path, one.line) for key, one in rule.sources.items()} == {
        "buffer": ("channels.market.buffer", "config/stocksync.yaml:9"),
        "max": ("rules[0].max", "config/stocksync.yaml:12"),
        "share": ("rules[0].share", "config/stocksync.yaml:13"),
    }


def test_amounts_are_in_goods_and_units_are_what_the_books_count() -> None:
    text = shop_with("buffer: 0.5") + dedent("""\
        decimals: 3
        rules: [{sku: "*", max: 20, min: 0.25, zero_at: 1}]
        limits: {units_a_day: 2.5, zero_share: off, skus_in_10m: off}
        """)
    rule = rule_of(text)

    assert (rule.buffer, rule.max, rule.min, rule.zero_at) == (500, 20_000, 250, 1_000)
    assert trade(understood(text)).limits == Limits(units_a_day=2_500)


def test_the_rule_of_a_channel_holds_on_no_other() -> None:
    shop = trade(understood(SHOP + stall("web") + "rules:\n  - {channel: web, max: 3}\n"))

    assert shop.rules.for_(Sku("MUG-RED"), ChannelName("web")).max == 3
    assert shop.rules.for_(Sku("MUG-RED"), MARKET).max is None


def test_a_rule_of_a_channel_wins_over_what_the_channel_leaves_unsaid() -> None:
    rule = rule_of(with_rules("channel: market, buffer: 3, manual_edits: alert"))

    assert (rule.buffer, rule.manual_edits) == (3, ManualEdits.ALERT)


def test_public_url_stands_without_a_slash_at_its_end() -> None:
    for written in ("https://sync.example/stock/", "http://127.0.0.1:8080/"):
        shop = trade(understood(f"{SHOP}public_url: {written}\n"))

        assert shop.public_url == written.rstrip("/")


def test_rules_that_are_all_comments_are_none() -> None:
    assert rule_of(SHOP + "rules:\n  # - {max: 3}\nlimits:\n") == Rule()


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        ("max: 3", ": names neither `sku` nor `channel`; add one, or both"),
        ("sku: MUG", ": changes nothing; add one such as `buffer: 2` or `max: 3`"),
        ("sku: MUG, max: ", ".max: is empty; write a value, or delete the line"),
        ("sku: MUG, max: -1", ".max: must be 0 or more, not -1"),
        ("sku: MUG, max: 10%", ".max: must be a number of units, such as 2"),
        ("sku: MUG, share: 0.5", ".share: write a percentage from 0% to 100%, such as 80%"),
        ("sku: MUG, buffer: auto", ".buffer: auto is not available yet; "
         "write units such as 2, or 10%"),
        ("sku: MUG, min: 1.25", ".min: is finer than this merchant counts (decimals: 0); "
         "round it, or write `decimals: 2`"),
        ("sku: ' MUG', max: 3", ".sku: a SKU has no spaces around it and no control characters"),
        ("sku: '', max: 3", ".sku: write a SKU, or a pattern such as MUG-*"),
        ("channel: markt, max: 3", ".channel: no such channel: markt. Did you mean `market`?"),
        ("channel: web, max: 3", ".channel: no such channel: web; there is market"),
        ("sku: MUG, maxx: 3", ".maxx: no such setting. Did you mean `max`?"),
        ("sku: MUG, protection: split", ".protection: not available yet; "
         "delete it until a coming version brings it"),
        ("sku: MUG, low_stock: 5", ".low_stock: not available yet; "
         "delete it until a coming version brings it"),
        ("sku: MUG, manual_edits: keep", ".manual_edits: must be adopt, overwrite or alert, "
         "not keep"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_said_in_kind_words(rule: str, mistake: str) -> None:
    assert refused(with_rules(rule)) == [f"10: rules[0]{mistake}"]


def test_what_a_channel_says_no_rule_of_that_channel_says_again() -> None:
    text = shop_with("buffer: 2") + (
        "rules:\n  - {channel: market, buffer: 3}\n  - {sku: MUG, channel: market, buffer: 4}\n"
    )

    assert refused(text) == [
        "11: rules[0].buffer: is said already in line 9, by the channel itself; keep one"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "    buffer: 1",
        "    push: shadow",
        "    manual_edits: alert",
        "rules: [{sku: MUG, max: 3}]",
        "rules: [{sku: MUG, max: 3}, {sku: LAMP, max: 3}]",
        "rules: [{sku: LAMP, max: 3}, {sku: MUG, max: 3}]",
        "limits: {skus_in_10m: 10}",
        "public_url: https://sync.example",
    ],
)
def test_each_word_about_offers_makes_another_config(line: str) -> None:
    texts = {SHOP, f"{SHOP}{line}\n", f"{SHOP}rules: [{{sku: MUG, max: 4}}]\n"}

    assert len({understood(text).digest for text in texts}) == 3


def test_how_long_a_supplier_is_believed_makes_another_config() -> None:
    text = SHOP.replace("channels:", "  importer: {kind: supplier, stale_after: 6h}\nchannels:")

    assert understood(text).digest != understood(text.replace("6h", "5h")).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rules: [{sku: MUG, max: 3, min: 2}]", "rules:\n  - min: 2.0\n    max: 3\n    sku: MUG"),
        ("    buffer: 10%", "    buffer: 10.00%"),
        ("limits: {zero_share: 25%}", "# as it is by default"),
    ],
)
def test_another_spelling_is_the_same_config(one: str, other: str) -> None:
    assert understood(f"{SHOP}{one}\n").digest == understood(f"{SHOP}{other}\n").digest
