"""up: become the supervisor of everything that one host runs."""

import os
import sys

import click

from stocksync.cli.asking import Asked, installation_options


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="Where the door and the pages listen.",
)
@click.option("--host", metavar="ADDRESS", help="(default: $STOCKSYNC_HOST or 127.0.0.1)")
@installation_options
@click.pass_obj
def up(asked: Asked, port: int, host: str | None) -> None:
    """Start the door, the workers, the clock and the embedded servers.

    Ctrl-C stops them cleanly.
    """
    listen = ["--port", str(port), *(["--host", host] if host else [])]
    # A folder `workers` where this is called from must not be taken for ours.
    environ = {**asked.environ(), "PYTHONSAFEPATH": "1"}
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-m", "workers", "up", *listen]
    # This process becomes the supervisor: signals and the exit code need no passing on.
    os.execve(sys.executable, command, environ)  # noqa: S606 our own interpreter, no shell
