"""A folder of merchants: all of it, or every mistake in it."""

import os
from pathlib import Path

import pytest

from stocksync.config import ConfigRefused, Mistake, load
from tests.config.cast import ENVIRON, KINDS, SHOP, refused, understood


def mistakes_of(directory: Path) -> list[str]:
    with pytest.raises(ConfigRefused) as refusal:
        load(directory, ENVIRON, KINDS)
    return [str(mistake).removeprefix(f"{directory}/") for mistake in refusal.value.mistakes]


def test_a_folder_holds_one_merchant_a_file(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(SHOP)
    (tmp_path / "a.yaml").write_text(SHOP.replace("corner-shop", "other-shop"))

    merchants = load(tmp_path, ENVIRON, KINDS)

    assert [merchant.name for merchant in merchants] == ["other-shop", "corner-shop"]
    assert [merchant.file for merchant in merchants] == [tmp_path / "a.yaml", tmp_path / "b.yml"]


def test_subfolders_hidden_files_and_notes_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "stocksync.yaml").write_text(SHOP)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "broken.yaml").write_text("{")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / ".#stocksync.yaml").write_text("{")
    (tmp_path / "stocksync.yaml~").write_text("{")
    (tmp_path / "notes.txt").write_text("{")

    assert [merchant.name for merchant in load(tmp_path, ENVIRON, KINDS)] == ["corner-shop"]


def test_every_mistake_of_every_file_is_said_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHOP.replace("timezone", "timezon") + "decimals: 9\n")
    (tmp_path / "b.yaml").write_text("{")
    (tmp_path / "c.yaml").write_text(SHOP)

    assert mistakes_of(tmp_path) == [
        "a.yaml:2: timezon: no such setting. Did you mean `timezone`?",
        "a.yaml:9: decimals: must be 5 or less, not 9",
        "b.yaml:1: file: a `[` or `{` is opened and never closed, or a comma is missing",
        f"c.yaml:1: merchant: corner-shop is also the name in {tmp_path}/a.yaml:1; rename one",
    ]


def test_an_empty_folder_and_no_folder_tell_of_init(tmp_path: Path) -> None:
    words = "is not there, nor any other *.yaml; run `stocksync init` to write it"

    assert mistakes_of(tmp_path) == [f"stocksync.yaml:1: file: {words}"]
    assert mistakes_of(tmp_path / "config") == [f"stocksync.yaml:1: file: {words}"]


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(SHOP)

    assert mistakes_of(tmp_path / "config") == [
        "stocksync.yaml:1: file: the folder cannot be read: not a directory"
    ]


def test_what_is_no_readable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")

    words = "is not a file that can be read; replace or remove it"
    assert mistakes_of(tmp_path) == [f"gone.yaml:1: file: {words}", f"pipe.yaml:1: file: {words}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_of_somebody_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHOP)
    (tmp_path / "a.yaml").chmod(0)

    assert mistakes_of(tmp_path) == [
        "a.yaml:1: file: cannot be read: permission denied; correct its owner or mode"
    ]


def test_a_mistake_reads_as_file_line_path_and_words() -> None:
    mistake = Mistake("config/stocksync.yaml", 5, "channels.web.bufer", "no such setting")

    assert str(mistake) == "config/stocksync.yaml:5: channels.web.bufer: no such setting"


def test_a_refusal_prints_all_of_them() -> None:
    with pytest.raises(ConfigRefused) as refusal:
        understood(SHOP + "alerts: []\npeaks: []\n")

    assert str(refusal.value) == "\n".join(map(str, refusal.value.mistakes))
    assert len(refusal.value.mistakes) == 2


def test_the_digest_changes_with_the_meaning_only() -> None:
    digest = understood(SHOP).digest

    def changed(text: str) -> bool:
        return understood(text).digest != digest

    assert not changed("# a comment\n" + SHOP.replace("market:", '"market":'))
    assert not changed(SHOP + "    location: shelf\n".replace("location: shelf", "mode: read"))
    assert changed(SHOP.replace("{kind: own}", "{kind: own, name: Shop}"))
    assert changed(SHOP.replace("STALL_SECRET", "STALL_OLD"))
    assert changed(SHOP + "    wait: 5m\n")
    assert changed(SHOP + "    returns: {restock: true}\n")
    assert changed(SHOP + "bundles: {A: {B: 2}}\n")


def test_the_digest_does_not_hold_the_value_of_a_secret() -> None:
    other = {**ENVIRON, "STALL_SECRET": "another"}

    assert understood(SHOP, other).digest == understood(SHOP).digest
    assert refused(SHOP, other) == []
