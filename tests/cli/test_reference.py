"""The reference names every command, argument and option, and every one that is coming."""

import re
from pathlib import Path

import click
import pytest

from stocksync.cli import COMMANDS, LATER, main

PAGE = Path("docs/reference/cli.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found is not None, f"docs/reference/cli.md has no section `{heading}`"
    return found[1]


def options_of(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert isinstance(found, click.Command)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_told(name: str) -> None:
    told = section(name)

    own = options_of(command(name)) - options_of(main)
    assert {option for option in own if f"`{option}" not in told} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_told_that_is_not_there(name: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)", section(name), re.M)

    assert set(rows) - options_of(command(name)) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(name: str) -> None:
    assert command(name).help
    assert COMMANDS[name].help.endswith(".")


def test_common_options_are_told_once() -> None:
    told = section("Options of every command")

    assert {option for option in options_of(main) if f"`{option}" not in told} == set()


def test_what_is_coming_is_told() -> None:
    told = section("Not available yet")

    assert {name for name in LATER if f"`{name}`" not in told} == set()
