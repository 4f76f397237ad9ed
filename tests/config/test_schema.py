"""What editors are told is what we take."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stocksync.config import first_config, reader, schema
from stocksync.config.mistakes import Notebook
from stocksync.config.tree import plain
from tests.config.cast import KINDS, SHOP, refused, shop_with

EXAMPLES = sorted(Path("config/examples").glob("*.yaml"))


def complaints(text: str | bytes, told: dict[str, Any]) -> list[str]:
    raw = text if isinstance(text, bytes) else text.encode()
    tree = reader.read(raw, Notebook(Path("a.yaml")))
    assert tree is not None
    values = json.loads(json.dumps(plain(tree), default=float))
    return [error.message for error in Draft202012Validator(told).iter_errors(values)]


def test_the_schema_is_one() -> None:
    told = schema()

    Draft202012Validator.check_schema(told)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits_the_schema(example: Path) -> None:
    assert complaints(example.read_bytes(), schema()) == []


def test_the_first_config_fits_the_schema() -> None:
    assert complaints(first_config(), schema()) == []


@pytest.mark.parametrize(
    "text",
    [
        SHOP.replace("timezone", "timezon"),
        SHOP.replace("{kind: own}", "{kind: onw}"),
        SHOP.replace("{env: STALL_SECRET}", "written-out"),
        SHOP.replace("{env: STALL_SECRET}", "{env: A, file: b}"),
        SHOP.replace("kind: stall", "kind: stal"),
        SHOP.replace("    kind: stall\n", ""),
        shop_with("sells_from: shelf"),
        SHOP.replace("shelf:", "my shelf:"),
        SHOP.replace("market:", "the/market:"),
        shop_with("bufer: 2"),
        shop_with("wait: 5 minutes"),
        shop_with("returns: {restok: true}"),
        shop_with("allow_private: yes"),
        shop_with("tolerance_seconds: 5"),
        SHOP + "decimals: 6\n",
        SHOP + "bundles: {A: {B: 0}}\n",
        shop_with("buffer: auto"),
        shop_with("buffer: -1"),
        shop_with("push: off"),
        SHOP + "rules: [{sku: A, share: 50}]\n",
        SHOP + "rules: {sku: A, max: 3}\n",
        SHOP + "rules: [{sku: A, protection: split}]\n",
        SHOP + "limits: {zero_share: 1}\n",
        SHOP + "public_url: sync.example\n",
        SHOP.replace("{kind: own}", "{kind: supplier, stale_after: 5 minutes}"),
    ],
)
def test_an_editor_underlines_what_we_refuse(text: str) -> None:
    told = schema(KINDS)

    assert complaints(SHOP, told) == []
    assert complaints(text, told) != []


@pytest.mark.parametrize(
    "line",
    [
        "key: {file: /run/secrets/key}",
        "webhook_secret: [{env: A}, {env: B, not_after: 2026-12-31T00:00:00Z}]",
        "wait: 15m",
        "wait: 0",
        "sells_from: [shelf]",
        "locations: {'1': shelf}",
        "buffer: 2",
        "buffer: 12.5%",
        "push: shadow",
        "manual_edits: alert",
    ],
)
def test_an_editor_lets_pass_what_we_take(line: str) -> None:
    base = SHOP.replace("    webhook_secret: {env: STALL_SECRET}\n", "")
    secret = "" if "webhook_secret" in line else "    webhook_secret: {env: STALL_SECRET}\n"

    assert complaints(f"{base}    {line}\n{secret}", schema(KINDS)) == []


@pytest.mark.parametrize(
    "line",
    [
        "rules: [{sku: 'A*', channel: market, buffer: 10%, share: 50%}, {sku: 42, max: 3}]",
        "rules:",
        "limits:",
        "limits: {zero_share: 10%, skus_in_10m: 5, units_a_day: 20}",
        "limits: {zero_share: off, skus_in_10m: off, units_a_day: off}",
        "public_url: https://sync.example/stock",
    ],
)
def test_an_editor_lets_pass_what_a_merchant_says(line: str) -> None:
    text = f"{SHOP}{line}\n"

    assert (refused(text), complaints(text, schema(KINDS))) == ([], [])
