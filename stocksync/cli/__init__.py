"""The command line: `stocksync COMMAND`. Answers on stdout, talk on stderr."""

import logging
from importlib import import_module
from typing import Any, NamedTuple

import click

from stocksync.cli.asking import installation_options


class Entry(NamedTuple):
    """Where a command lives, and the line that `stocksync --help` says of it."""

    target: str
    help: str


COMMANDS = {
    "init": Entry("stocksync.cli.init:init", "Write a first config."),
    "check": Entry("stocksync.cli.check:check", "Name every mistake in the config at once."),
    "up": Entry("stocksync.cli.up:up", "Start everything; Ctrl-C stops it cleanly."),
    "demo": Entry("stocksync.cli.demo:demo", "Two shops and a till sell one pool, live."),
    "import": Entry("stocksync.cli.linking:import_", "Take the first stock from a channel."),
    "link": Entry("stocksync.cli.linking:link_", "Match another channel with our SKUs."),
    "go-live": Entry("stocksync.cli.go_live:go_live", "Let numbers be written to a channel."),
    "stock": Entry("stocksync.cli.stock:stock", "Show what stands where."),
    "listings": Entry("stocksync.cli.listings:listings", "Show what every listing should show."),
    "why": Entry("stocksync.cli.why:why", "Explain the figures of one SKU."),
    "count": Entry("stocksync.cli.count:count", "Book what a person counted on the shelf."),
    "status": Entry("stocksync.cli.status:status", "Show what waits, and how channels are heard."),
    "doctor": Entry("stocksync.cli.doctor:doctor", "Look at all that must be right for syncing."),
    "pull": Entry("stocksync.cli.pull:pull", "Fetch orders that we may have missed, now."),
    "push": Entry("stocksync.cli.push:push", "Write what differs to the channels, now."),
    "reconcile": Entry("stocksync.cli.reconcile:reconcile", "Read what the channels show, now."),
    "parked": Entry("stocksync.cli.parked:parked", "Show what waits for a person, and retry it."),
    "settle": Entry("stocksync.cli.settle:settle", "Wait until nothing is open any more."),
    "sandbox": Entry("stocksync.cli.sandbox:sandbox", "Serve shops and tills to try things on."),
    "replay": Entry("stocksync.cli.replay:replay", "Play a recorded day, compare with the truth."),
}
"""Every command by name. Its module is imported when it is first asked for."""

LATER = frozenset(
    ("incidents", "holds", "incoming", "feeds", "peak", "alerts", "report", "whatif", "drill")
)
"""Commands that a coming feature brings."""


class Commands(click.Group):
    """The commands of `COMMANDS`, imported late, their failures told in sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or return None if there is none of this name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant, or say which one may have been."""
        name = args[0]
        if name in LATER:
            raise click.UsageError(f"`{name}` is not available yet", ctx)
        if name not in COMMANDS and name[:1].isalnum():
            from stocksync.config.mistakes import did_you_mean  # not needed when all is well

            near = did_you_mean(name, COMMANDS)
            raise click.UsageError(f"there is no command `{name}`{near}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a person can mend is said in a sentence, without a traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as e:
            from stocksync.cli.failing import in_words  # imports the database's words

            told = in_words(e)
            if told is None:
                raise
            raise told from e


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stocksync")
@installation_options
def main() -> None:
    """Keep one true stock figure for a merchant who sells the same units in several places."""
    # What a process would log, a command says itself, or it is none of its user's concern.
    logging.getLogger("stocksync").addHandler(logging.NullHandler())
