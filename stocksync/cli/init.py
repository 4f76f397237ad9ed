"""init: write a first config, and say what to do next."""

import os
import re
from pathlib import Path

import click

from stocksync.cli.asking import Asked, installation_options
from stocksync.cli.saying import Refused, answer, talk
from stocksync.config import ConfigRefused, first_config, parse

_VARIABLE = re.compile(r"^[^#\n]*\{env: ([A-Za-z0-9_]+)\}", re.MULTILINE)


@click.command()
@installation_options
@click.pass_obj
def init(asked: Asked) -> None:
    """Write a first config, a shop and a till, and say what to do next.

    The file is CONFIG/stocksync.yaml; one that is there is never overwritten. `--merchant`
    names the business.
    """
    file = Path(asked.config_folder) / "stocksync.yaml"
    name = asked.merchant or "my-shop"
    text = first_config(name)
    _check_name(text, file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Refused(
            f"{file} is there already and is left as it is; check it with: stocksync check"
        ) from None
    except OSError as e:
        raise Refused(f"{file} cannot be written ({e.strerror}); name another --config") from None
    answer(str(file))
    unset = [name for name in _VARIABLE.findall(text) if name not in os.environ]
    talk(f"Wrote {file}. What is next:")
    talk("  1. put your shop's address and time zone into it, or delete a channel you have not")
    if unset:
        talk(f"  2. set the secrets in the environment: {', '.join(unset)}")
    talk("  3. stocksync check")
    talk("  4. stocksync up")


def _check_name(text: str, file: Path) -> None:
    try:
        parse(text.encode(), file, os.environ)
    except ConfigRefused as e:
        for mistake in e.mistakes:
            if mistake.path == "merchant":
                raise Refused(f"--merchant: {mistake.text}") from None
