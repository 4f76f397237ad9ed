"""Which rule holds: the most specific one that says something, key by key."""

from decimal import Decimal
from itertools import permutations
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.core.names import ChannelName, Sku
from stocksync.core.rules import ManualEdits, Percent, Rule, Rules, Source, Stated
from tests.core.desk import LAMP, MUG, TILL, WEB

OF_BOTH = Stated(sku="MUG-*", channel=WEB, max=1)
OF_SKU = Stated(sku="MUG-*", max=2)
OF_CHANNEL = Stated(channel=WEB, max=3)
OF_ALL = Stated(max=4)


def most(*stated: Stated, sku: Sku = MUG, channel: ChannelName = WEB) -> int | None:
    return Rules(stated).for_(sku, channel).max


def test_without_rules_all_is_offered() -> None:
    assert Rules().for_(MUG, WEB) == Rule(
        buffer=0,
        share=Decimal(1),
        max=None,
        min=0,
        zero_at=0,
        manual_edits=ManualEdits.ADOPT,
    )


@pytest.mark.parametrize("stated", list(permutations([OF_BOTH, OF_SKU, OF_CHANNEL, OF_ALL])))
def test_the_most_specific_wins_wherever_it_stands(stated: tuple[Stated, ...]) -> None:
    assert most(*stated) == 1
    assert most(*stated, channel=TILL) == 2
    assert most(*stated, sku=LAMP) == 3
    assert most(*stated, sku=LAMP, channel=TILL) == 4


def test_each_key_is_looked_for_by_itself() -> None:
    rules = Rules([OF_SKU, Stated(channel=WEB, max=3, buffer=5), Stated(sku="MUG-RED", min=7)])

    rule = rules.for_(MUG, WEB)

    assert (rule.max, rule.buffer, rule.min) == (2, 5, 7)


def test_zero_is_a_word_and_nothing_is_none() -> None:
    rule = Rules([Stated(sku="MUG-*", buffer=0), Stated(channel=WEB, buffer=5)]).for_(MUG, WEB)

    assert rule.buffer == 0


def test_of_two_patterns_the_longest_literal_part_wins_and_then_the_first() -> None:
    short, long = Stated(sku="*RED", max=1), Stated(sku="M*-RED", max=2)
    first, second = Stated(sku="MUG*", max=3), Stated(sku="*RED", max=4)

    assert most(short, long) == most(long, short) == 2
    assert (most(first, second), most(first, short)) == (3, 3)
    assert most(Stated(sku="*MUG", max=5), Stated(sku="MUG*", max=6), sku=Sku("MUG")) == 5


def test_the_sku_itself_beats_a_pattern_of_the_same_letters() -> None:
    assert most(Stated(sku="MUG-RED*", max=1), Stated(sku="MUG-RED", max=2)) == 2


def test_a_rule_knows_where_each_of_its_keys_was_written() -> None:
    buffer = Source("channels.web.buffer", "config/stocksync.yaml:9")
    cut = Source("rules[0].max", "config/stocksync.yaml:14")
    stated = [
        Stated(sku="MUG-*", max=2, sources={"max": cut}),
        Stated(channel=WEB, buffer=3, max=9, sources={"buffer": buffer, "max": buffer}),
    ]

    assert Rules(stated).for_(MUG, WEB).sources == {"max": cut, "buffer": buffer}
    assert (str(cut), str(Source("rules[0].max"))) == ("config/stocksync.yaml:14", "rules[0].max")


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("MUG-RED", ["MUG-RED"], ["MUG-RED1", "mug-red", "XMUG-RED"]),
        ("*", ["MUG", "a"], []),
        ("MUG*", ["MUG", "MUG-RED"], ["MU", "XMUG"]),
        ("*RED", ["RED", "MUG-RED"], ["RED-"]),
        ("A*A", ["AA", "ABA"], ["A", "AB"]),
        ("A*B*C", ["ABC", "AxBxC", "ABBC"], ["AC", "ACB", "ABCx"]),
        ("A*BB*B", ["ABBB", "AxBBxB"], ["ABB"]),
        ("*AB*BA*", ["ABBA", "xABBAx"], ["ABA", "ABAx"]),
        ("[A].?", ["[A].?"], ["A.?", "[A]xx"]),
    ],
)
def test_a_star_stands_for_any_text(pattern: str, fitting: list[str], other: list[str]) -> None:
    rules = Rules([Stated(sku=pattern, max=1)])

    assert [rules.for_(Sku(sku), WEB).max for sku in fitting] == [1] * len(fitting)
    assert [rules.for_(Sku(sku), WEB).max for sku in other] == [None] * len(other)


@given(
    st.lists(
        st.builds(
            Stated,
            sku=st.none() | st.text("A*", min_size=1, max_size=4),
            channel=st.sampled_from([None, WEB, TILL]),
            max=st.none() | st.integers(0, 9),
            min=st.none() | st.integers(0, 9),
        ),
        max_size=6,
    ),
    st.lists(st.text("AB", max_size=4).map(Sku), min_size=1, max_size=4),
)
def test_what_was_asked_before_changes_no_answer(stated: list[Stated], skus: list[Sku]) -> None:
    asked = Rules(stated)

    for sku in skus:
        for channel in (WEB, TILL):
            assert asked.for_(sku, channel) == Rules(stated).for_(sku, channel)


def test_a_hundred_thousand_skus_on_three_channels_are_resolved_in_seconds() -> None:
    stated = [
        *(Stated(sku=f"K{at}-*", max=at) for at in range(20)),
        *(Stated(sku=f"K{at}-{at}", channel=WEB, min=at) for at in range(2_000)),
        Stated(channel=TILL, buffer=Percent(Decimal("0.1"))),
    ]
    rules = Rules(stated)
    skus = [Sku(f"K{at % 40}-{at}") for at in range(100_000)]
    channels = [WEB, TILL, ChannelName("market")]

    began = perf_counter()
    cut = sum(rules.for_(sku, channel).max is not None for sku in skus for channel in channels)

    assert cut == 150_000
    assert perf_counter() - began < 10
