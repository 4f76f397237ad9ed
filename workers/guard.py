"""Runs one foreign command that knows nothing of our lifeline, and ends with it.

`python -m workers.guard command arguments...`
"""

import os
import signal
import subprocess
import sys
from types import FrameType

from workers import lifeline


def main(command: list[str]) -> int:
    """Run the command to its end; a SIGTERM for us is one for it. Return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What else we inherited goes on to it: the lock on the data folder is held for as
    # long as one process of a crashed run still lives.
    with subprocess.Popen(command, close_fds=False) as child:  # noqa: S603 the supervisor's own

        def end(number: int, frame: FrameType | None) -> None:
            child.terminate()

        signal.signal(signal.SIGTERM, end)
        lifeline.hold()
        code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(main(sys.argv[1:]))
