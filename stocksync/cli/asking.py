"""What every command may be asked: which config, which data, which merchant."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Asked:
    """The installation a command is about. What nobody named comes from the environment."""

    config: str | None = None
    data: str | None = None
    merchant: str | None = None

    def environ(self) -> dict[str, str]:
        """Return the environment with what was asked written over it."""
        named = {"STOCKSYNC_CONFIG": self.config, "STOCKSYNC_STATE": self.data}
        return {**os.environ, **{key: value for key, value in named.items() if value is not None}}

    @property
    def config_folder(self) -> str:
        """Return the folder that holds the config."""
        return self.environ().get("STOCKSYNC_CONFIG") or "config"


def installation_options(command: F) -> F:
    """Add --config, --data and --merchant, which mean the same before and after a command."""
    for name, metavar, said in (
        ("--merchant", "NAME", "Which merchant, where there are several."),
        ("--data", "DIR", "What this host keeps (default: $STOCKSYNC_STATE or ./var)."),
        ("--config", "DIR", "The merchants' files (default: $STOCKSYNC_CONFIG or ./config)."),
    ):
        add = click.option(name, metavar=metavar, help=said, expose_value=False, callback=_keep)
        command = add(command)
    return command


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
)


def _keep(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if ctx.obj is None:
        ctx.obj = Asked()
    if value is None or option.name is None:
        return
    if not value:
        raise click.BadParameter("is empty; name one, or leave the option out")
    setattr(ctx.obj, option.name, value)
