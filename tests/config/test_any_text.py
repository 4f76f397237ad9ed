"""Whatever a file holds, the answer is a merchant or a list of mistakes."""

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocksync.config import ConfigRefused
from tests.config.cast import CANARY, SHOP, refused, understood

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
YAMLISH = st.text(alphabet="abk:{}[]-*&!|>%@'\"\\#,? \n\t0159.~_<ux\u2028\x85\ufeffמ", max_size=60)
WORDS = st.sampled_from(
    [
        "merchant",
        "locations",
        "channels",
        "market",
        "shelf",
        "kind",
        "own",
        "stall",
        "bundles",
        "webhook_secret",
        "env",
        "file",
        "sells_from",
        "location",
        "returns",
        "restock",
        "wait",
        "decimals",
        "not_after",
        "timezone",
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "0123",
        "[]",
        "{}",
    ]
)
VALUES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4)
)


def flow(value: object) -> str:
    """Return a value as YAML in one line, its words unquoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


@FEW
@given(st.binary(max_size=80))
def test_any_bytes_are_understood_or_refused(raw: bytes) -> None:
    with suppress(ConfigRefused):
        understood(raw)


@FEW
@given(YAMLISH, st.integers(min_value=0, max_value=len(SHOP)))
def test_any_text_within_a_right_shop_is_understood_or_refused(text: str, at: int) -> None:
    mistakes = refused(SHOP[:at] + text + SHOP[at:])

    assert CANARY not in "\n".join(mistakes)
    assert all(mistake.isprintable() for mistake in mistakes)


@FEW
@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_values_under_known_keys_are_understood_or_refused(values: dict[str, object]) -> None:
    for text in (flow(values), SHOP.replace("{env: STALL_SECRET}", flow(values))):
        assert CANARY not in "\n".join(refused(text))
