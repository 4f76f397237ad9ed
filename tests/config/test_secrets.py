"""Secrets are written by reference, and never shown."""

import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stocksync.channels.settings import Secret
from stocksync.config import ConfigRefused
from tests.config.cast import CANARY, ENVIRON, SHOP, refused, shop_with, understood

BY_ENV = "webhook_secret: {env: STALL_SECRET}"


def secrets_of(text: str, file: Path | None = None) -> tuple[Secret, ...]:
    shop = understood(text) if file is None else understood(text, file=file)
    secrets: tuple[Secret, ...] = shop.channels["market"].settings.webhook_secret  # type: ignore[index,attr-defined]
    return secrets


def test_a_secret_comes_from_the_environment() -> None:
    assert secrets_of(SHOP) == (Secret(value=CANARY, origin="env:STALL_SECRET"),)


def test_a_secret_comes_from_a_file_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "market.secret").write_text(f" {CANARY}\r\n")

    found = secrets_of(
        SHOP.replace("{env: STALL_SECRET}", "{file: market.secret}"), tmp_path / "a.yaml"
    )

    assert found == (Secret(value=f" {CANARY}", origin="file:market.secret"),)


def test_two_secrets_live_while_they_rotate() -> None:
    both = "[{env: STALL_SECRET}, {env: STALL_OLD, not_after: 2026-12-31T02:00:00+02:00}]"

    found = secrets_of(SHOP.replace("{env: STALL_SECRET}", both))

    assert [one.not_after for one in found] == [None, datetime(2026, 12, 31, tzinfo=UTC)]


def test_a_date_without_its_offset_is_refused() -> None:
    for written in ("2026-12-31", "2026-12-31T00:00:00", "soon", "[]", "0001-01-01T00:00:00+14:00"):
        text = SHOP.replace("STALL_SECRET}", f"STALL_SECRET, not_after: {written}}}")

        assert refused(text) == [
            "8: channels.market.webhook_secret.not_after: "
            "must be a moment with its offset, such as 2026-12-31T00:00:00Z"
        ]


@pytest.mark.parametrize(
    ("environ", "trouble"),
    [
        ({}, "is not set"),
        ({"STALL_SECRET": ""}, "is empty"),
        ({"STALL_SECRET": " \n"}, "is empty"),
        ({"STALL_SECRET": "\udce9"}, "is not UTF-8 text"),
    ],
)
def test_a_variable_without_a_secret_is_named(environ: Mapping[str, str], trouble: str) -> None:
    assert refused(SHOP, environ) == [
        "8: channels.market.webhook_secret: the environment variable STALL_SECRET "
        f"{trouble}; set it, or correct the name"
    ]


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (None, "is not there"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 65_537, "is larger than 64 KiB"),
    ],
    ids=["missing", "empty", "newline", "bytes", "large"],
)
def test_a_file_without_a_secret_is_named(
    tmp_path: Path, content: bytes | None, trouble: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    said = refused(SHOP.replace("{env: STALL_SECRET}", "{file: secret}"), file=tmp_path / "a.yaml")

    assert said == [
        f"8: channels.market.webhook_secret: the secret file {tmp_path}/secret {trouble}; "
        "put the secret there, or correct the path"
    ]


def test_a_folder_is_no_secret_and_a_path_too_long_is_said() -> None:
    folder = refused(SHOP.replace("{env: STALL_SECRET}", "{file: /}"))
    long = refused(SHOP.replace("{env: STALL_SECRET}", f"{{file: {'x/' * 3000}}}"))

    assert "the secret file / is not a file" in folder[0]
    assert "..." in long[0]
    assert len(long) == 1


@pytest.mark.parametrize(
    ("written", "mistakes"),
    [
        ("[]", [": write one secret, or a list of 2 to 4 while rotating"]),
        ("{}", [": a secret is written by reference: {env: NAME} or {file: PATH}"]),
        ("{env: A, file: b}", [": names both `env` and `file`; keep one"]),
        ("{env: [A]}", [": a secret is written by reference: {env: NAME} or {file: PATH}"]),
        ("{env: }", [".env: must be the name of an environment variable "
         "(letters, digits and `_`)"]),
        ("{env: A-B}", [".env: must be the name of an environment variable "
         "(letters, digits and `_`)"]),
        ("{file: ''}", [".file: must be the path of a file"]),
        ("{env: STALL_SECRET, until: x}",
         [".until: no such key of a secret; it has `env` or `file`, and may have `not_after`"]),
    ],
)  # fmt: skip
def test_a_reference_says_one_thing(written: str, mistakes: list[str]) -> None:
    text = SHOP.replace("{env: STALL_SECRET}", written)

    said = [line for line in refused(text) if "is not set" not in line]

    assert said == [f"8: channels.market.webhook_secret{mistake}" for mistake in mistakes]


def test_a_reference_is_no_setting_of_another_kind() -> None:
    assert refused(shop_with("url: {env: STALL_KEY}")) == ["9: channels.market.url: must be text"]
    assert refused(SHOP.replace("Asia/Jerusalem", "{env: STALL_KEY}")) == [
        "2: timezone: must be text"
    ]


def test_a_till_may_call_its_places_env_and_file() -> None:
    text = shop_with("locations: {env: shelf, file: shelf}")

    market = understood(text).channels["market"]  # type: ignore[index]

    assert market.settings.locations == {"env": "shelf", "file": "shelf"}


@pytest.mark.parametrize(
    "line",
    [
        f"webhook_secret: {CANARY}",
        f"webhook_secret: [{CANARY}]",
        f"webhook_secret: {{value: {CANARY}}}",
        f"key: {CANARY}",
        f"webhook_secret: whsec_{CANARY}00000000000000==",
        f"webhook_secret: {{env: 'whsec_{CANARY}00000000000000=='}}",
        f"webhook_secret: {{file: 'whsec_{CANARY}00000000000000=='}}",
        f"webhook_secret: *{CANARY}",
        f"webhook_secret: &{CANARY}%%",
        f"webhook_secret: !{CANARY}",
        f"webhook_secret: !{CANARY}!x y",
        f"webhook_secret: '{CANARY}",
        f'webhook_secret: "{CANARY}\\q"',
        f"webhook_secret: @{CANARY}",
        f"webhook_secret: {CANARY}: {CANARY}",
        f"webhook_secret: [{CANARY}",
    ],
)
def test_a_secret_written_out_is_refused_and_not_repeated(line: str) -> None:
    said = refused(SHOP.replace(BY_ENV, line))

    assert said != []
    assert CANARY not in "\n".join(said)


def test_what_was_read_never_shows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shop = understood(shop_with("key: {env: STALL_KEY}"))

    with pytest.raises(ConfigRefused) as refusal:
        understood(SHOP + "    key: {env: STALL_KEY}\n    mode: wrong\n    wait: 5\n")

    said = "".join(traceback.format_exception(refusal.value))
    shown = [repr(shop), str(shop), f"{shop.channels}", said, repr(refusal.value), caplog.text]
    assert CANARY not in "".join(shown)
    assert shop.digest not in {"", *ENVIRON.values()}
