"""Drains that come to a bad end: `python -m tests.flow.child ROLE URL`."""

import os
import signal
import sys

from stocksync.store.session import Database
from tests.flow.stall import House


class Ending(House):
    """A house whose worker ends, or freezes, between its note and its work."""

    number = signal.SIGKILL

    def ring(self) -> None:
        os.kill(os.getpid(), self.number)


class Freezing(Ending):
    """A worker that is stopped there, and may go on much later."""

    number = signal.SIGSTOP


ROLES = {"drain": House, "killed": Ending, "frozen": Freezing}

if __name__ == "__main__":
    house = ROLES[sys.argv[1]](Database(sys.argv[2]))
    print(house.drain().applied)  # noqa: T201 the answer of this program
