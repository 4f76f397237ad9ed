"""What every command says when the installation is not as it should be."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.cli.cast import CONFIG, SECRETS, Desk, desk

READERS = (["stock"], ["status"], ["parked"], ["why", "MUG-RED"], ["settle", "--timeout", "0"])


@pytest.mark.parametrize("words", READERS)
def test_a_database_without_tables_says_how_to_make_them(tmp_path: Path, words: list[str]) -> None:
    result = desk(tmp_path).run(*words)

    assert result.exit_code == 1
    assert result.stderr == (
        "the database is not ready for this stocksync; start it once with: stocksync up\n"
    )


@pytest.mark.parametrize("words", [*READERS, ["count", "MUG-RED=1"]])
def test_a_refused_config_is_told_with_its_line(tmp_path: Path, words: list[str]) -> None:
    wrong = desk(tmp_path, CONFIG.replace("timezone", "timezoen"))

    result = wrong.run(*words)

    assert result.exit_code == 2
    assert "stocksync.yaml:2: timezoen: no such setting. Did you mean `timezone`?" in result.stderr
    assert result.stdout == ""


def test_a_database_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    url = "postgresql://nobody:pass-word-1@127.0.0.1:1/nothing"

    result = desk(tmp_path, DATABASE_URL=url).run("stock")

    assert result.exit_code == 1
    assert result.stderr.startswith("the database cannot be reached")
    assert "pass-word-1" not in result.stderr


@pytest.mark.parametrize("url", ["mysql://u:pass-word-1@h/d", "postgresql://u:pass-word-1@h:x/d"])
def test_an_address_that_is_none_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    result = desk(tmp_path, DATABASE_URL=url).run("stock")

    assert result.exit_code == 2
    assert result.stderr.startswith("DATABASE_URL is not understood; write postgresql://")
    assert "pass-word-1" not in result.stderr


def test_a_data_folder_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = desk(tmp_path).run("count", "BOX=1", "--data", str(tmp_path / "file"))

    assert result.exit_code == 1
    assert f"the folder {tmp_path / 'file'} of the database cannot be made" in result.stderr


@pytest.fixture
def two(tmp_path: Path) -> Desk:
    both = desk(tmp_path)
    second = CONFIG.replace("corner-shop", "north-shop")
    (tmp_path / "config" / "north.yaml").write_text(second, encoding="utf-8")
    return both


def test_several_merchants_must_be_told_apart(two: Desk) -> None:
    result = two.run("count", "BOX=1")

    assert result.exit_code == 2
    assert result.stderr == (
        "there are several merchants; name one with --merchant: north-shop, corner-shop\n"
    )


def test_an_unknown_merchant_is_refused(two: Desk) -> None:
    result = two.run("count", "BOX=1", "--merchant", "corner-shp")

    assert result.exit_code == 2
    assert result.stderr == "there is no merchant corner-shp. Did you mean `corner-shop`?\n"


def test_each_merchant_has_stock_of_its_own(two: Desk) -> None:
    two.run("count", "BOX=1", "--yes", "--merchant", "corner-shop")

    assert two.told("stock", "--merchant", "corner-shop")[0]["sku"] == "BOX"
    assert two.told("stock", "--merchant", "north-shop") == []


def test_settle_waits_for_all_merchants_unless_one_is_named(two: Desk) -> None:
    two.run("count", "BOX=1", "--yes", "--merchant", "corner-shop")

    assert two.told("settle")["settled"] is True
    assert two.run("settle", "--merchant", "x").exit_code == 2


def test_options_are_the_same_before_and_after_the_command(tmp_path: Path) -> None:
    fresh = desk(tmp_path)
    elsewhere = ("--data", str(tmp_path / "elsewhere"))

    fresh.run(*elsewhere, "count", "BOX=1", "--yes")

    assert fresh.told("stock", *elsewhere)[0]["sku"] == "BOX"
    assert fresh.run("stock").exit_code == 1


def test_check_says_what_is_well(tmp_path: Path) -> None:
    result = desk(tmp_path).run("check")

    assert result.exit_code == 0
    assert result.stdout == (
        "config is well: 1 merchant: corner-shop (3 locations, 2 channels, 1 bundle)\n"
    )
    assert not (tmp_path / "var").exists()


def test_check_names_every_mistake_on_stdout(tmp_path: Path) -> None:
    wrong = desk(tmp_path, CONFIG.replace("timezone", "timezoen").replace("{kind: own}", "5"))

    said = wrong.run("check")
    told = wrong.run("check", "--json")

    file = tmp_path / "config" / "stocksync.yaml"
    assert (said.exit_code, told.exit_code) == (1, 1)
    lines = said.stdout.splitlines()
    assert lines[0] == f"{file}:2: timezoen: no such setting. Did you mean `timezone`?"
    assert lines[1].startswith(f"{file}:5: locations.back: ")
    document = orjson.loads(told.stdout)
    assert document["well"] is False
    assert document["mistakes"][0] == {
        "file": str(file),
        "line": 2,
        "path": "timezoen",
        "text": "no such setting. Did you mean `timezone`?",
    }


def test_check_diff_is_not_available_yet(tmp_path: Path) -> None:
    result = desk(tmp_path).run("check", "--diff")

    assert (result.exit_code, result.stderr) == (2, "--diff is not available yet\n")


def test_init_writes_a_config_once(tmp_path: Path) -> None:
    fresh = desk(tmp_path)
    folder = tmp_path / "new" / "config"

    first = fresh.run("init", "--config", str(folder), "--merchant", "sneakers-tlv")
    second = fresh.run("init", "--config", str(folder))

    assert first.exit_code == 0
    assert first.stdout == f"{folder / 'stocksync.yaml'}\n"
    assert "stocksync check" in first.stderr
    assert fresh.run("check", "--config", str(folder)).exit_code == 0
    assert second.exit_code == 2
    assert "is there already and is left as it is" in second.stderr
    assert "sneakers-tlv" in (folder / "stocksync.yaml").read_text()


def test_init_names_the_secrets_that_are_missing(tmp_path: Path) -> None:
    told = desk(tmp_path)
    fresh = replace(told, environ={k: v for k, v in told.environ.items() if k != "TILL_SECRET"})

    result = fresh.run("init", "--config", str(tmp_path / "new"))

    assert "set the secrets in the environment: TILL_SECRET\n" in result.stderr


def test_the_config_of_init_is_well_once_the_secrets_that_it_named_are_set(tmp_path: Path) -> None:
    told = desk(tmp_path)
    bare = {name: value for name, value in told.environ.items() if name not in SECRETS}
    folder = str(tmp_path / "new")

    said = replace(told, environ=bare).run("init", "--config", folder).stderr
    checked = told.run("check", "--config", folder)

    named = "WOO_KEY, WOO_SECRET, WOO_WEBHOOK_SECRET, TILL_SECRET"
    assert f"set the secrets in the environment: {named}\n" in said
    assert checked.exit_code == 0


def test_init_refuses_a_name_that_check_would_refuse(tmp_path: Path) -> None:
    result = desk(tmp_path).run("init", "--config", str(tmp_path / "new"), "--merchant", "a b")

    assert result.exit_code == 2
    assert result.stderr.startswith("--merchant: a name is 1 to 64 letters")
    assert not (tmp_path / "new").exists()


def test_a_command_that_is_meant_is_named(tmp_path: Path) -> None:
    shop = desk(tmp_path)

    typo, later = shop.run("stok"), shop.run("incidents")

    assert (typo.exit_code, later.exit_code) == (2, 2)
    assert "there is no command `stok`. Did you mean `stock`?" in typo.stderr
    assert "`incidents` is not available yet" in later.stderr
