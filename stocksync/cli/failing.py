"""Failures that a person can mend, in words."""

import click

from stocksync.channels.errors import CallError
from stocksync.cli.saying import FoundWrong, Refused
from stocksync.config import ConfigRefused
from stocksync.doorbell import WrongRedisUrl
from stocksync.flow.office import Unbooked
from stocksync.store.configs import Outdated
from stocksync.store.session import AWAY, Unfit, explain


def in_words(error: Exception) -> click.ClickException | None:
    """Return what to say of an error and how to exit, or None if it is a fault of ours."""
    match error:
        case ConfigRefused() | WrongRedisUrl():
            return Refused(str(error))
        case Unfit() | Unbooked() | Outdated() | CallError():
            return FoundWrong(str(error))
        case _ if isinstance(error, AWAY):
            return FoundWrong(explain(error))
        case _:
            return None
