"""The reference names every key, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from stocksync.channels import KINDS, kind
from stocksync.channels.settings import Settings
from stocksync.config.fit import written_fields
from stocksync.config.shape import LimitsShape, LocationShape, MerchantShape, RuleShape

PAGE = Path("docs/reference/config.md").read_text(encoding="utf-8")


def told(heading: str) -> set[str]:
    """Return the keys in the first column below a heading."""
    section = re.split(r"^#+ ", PAGE.split(f"# {heading}\n")[1], maxsplit=1, flags=re.M)[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, flags=re.M)
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row)}


def keys_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in written_fields(model).items():
        yield before + name
        for part in models_in(field.annotation):
            yield from keys_of(part, f"{before}{name}.")


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def test_every_key_of_a_merchant_is_told() -> None:
    assert told("A merchant") == set(MerchantShape.model_fields)


def test_every_key_of_a_location_is_told() -> None:
    assert told("A location") == set(LocationShape.model_fields)


def test_every_key_of_a_rule_is_told() -> None:
    assert told("A rule") == set(RuleShape.model_fields)


def test_every_limit_is_told() -> None:
    assert told("Limits") == set(LimitsShape.model_fields)


def test_every_key_of_a_secret_is_told() -> None:
    assert told("A secret") == {"env", "file", "not_after"}


def test_every_key_of_all_channels_is_told() -> None:
    assert told("A channel") == set(Settings.model_fields)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_key_of_a_kind_is_told(name: str) -> None:
    own = set(keys_of(kind(name).Settings)) - set(Settings.model_fields)

    # Whatever holds a value may hold {const: ...} instead; it is told once.
    assert told(name) == {key for key in own if not key.endswith(".const")} | (
        {"mapping.type.const"} if name == "till" else set()
    )


def test_the_kinds_are_told() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `kind` | `w"))

    assert all(f"`{name}`" in row for name in KINDS)
