"""Every rule of the emulated shop has a test of its own name.

What becomes of our own numbers under a rule stands in tests/market/test_shopify_*.py, and what
our calls make of it in tests/channels/shopify.
"""

import re
from pathlib import Path

import pytest

RULES = (*range(1, 15), *range(20, 32), *range(40, 53))
"""E1-E14 are its deliveries, E20-E31 its stock, E40-E52 its endpoint."""
NAMED = {
    int(found[1])
    for path in Path(__file__).parent.glob("test_shopify_*.py")
    for found in re.finditer(r"^def test_e(\d\d)_", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"E{rule}")
def test_the_rule_has_a_test(rule: int) -> None:
    assert rule in NAMED
