"""Keeps the processes of one host alive, and leaves none behind."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workers import lifeline
from workers.refusal import REFUSED
from workers.stopping import Stop

GRACE_S = 5.0
BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 10.0
HEALTHY_S = 10.0
"""A process that lived this long was well; its next start is not held back."""
GONE_S = 1.0
LOOK_S = 1.0
"""How often to look even if no signal came: one may have been swallowed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to keep running. `outlives` ends after all that do not: others need it to end well."""

    name: str
    command: tuple[str, ...]
    outlives: bool = False


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_s: float = 0.0
    again_at: float = 0.0
    code: int | None = None


class Supervisor:
    """Starts programs, each in a session of its own, and starts them again when they end.

    Every child inherits the read end of a pipe whose write end only we hold
    (`workers.lifeline`), and the descriptors in `inherit`.
    """

    def __init__(self, stop: Stop, *, inherit: Sequence[int] = ()) -> None:
        self._stop = stop
        self._lifeline, self._held = os.pipe()
        self._gate, self._closed = os.pipe()
        self._inherit = (self._lifeline, self._gate, *inherit)
        self._children: list[_Child] = []

    @property
    def stopping(self) -> bool:
        """Whether somebody asked us to stop."""
        return self._stop.asked

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        child = _Child(program)
        self._children.append(child)
        self._start(child)

    def open_gate(self) -> None:
        """Let go on who waits in `lifeline.wait_at_gate`, now and from now on."""
        os.close(self._closed)
        self._closed = -1

    def once(self, command: Sequence[str]) -> int | None:
        """Run a command to its end, tending the others; return its exit code, None if stopped."""
        process = self._spawn(command)
        while process.poll() is None:
            if self.wait(LOOK_S):
                _kill_group(process)
                process.wait()
                return None
        return process.returncode

    def wait(self, seconds: float) -> bool:
        """Sleep, tending the programs; return whether to stop. Wake early when something ends."""
        due = [c.again_at for c in self._children if c.process is None]
        until_due = min(due, default=float("inf")) - time.monotonic()
        stopping = self._stop.wait(min(seconds, until_due))
        if not stopping:
            for child in self._children:
                self._tend(child)
        return stopping

    def refused(self) -> bool:
        """Return whether a program said that it cannot start as things are; it told why itself."""
        return any(child.code == REFUSED for child in self._children)

    def end(self) -> None:
        """End everything, those that outlive the others last. Nothing of it is left after."""
        for last in (False, True):
            self._end([child for child in self._children if child.program.outlives is last])
        for fd in (self._held, self._lifeline, self._gate, self._closed):
            if fd >= 0:
                os.close(fd)

    def _end(self, children: Sequence[_Child]) -> None:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            # To the leader alone: granian would replace a worker that ended before it was told.
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + GRACE_S
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in running:
            _kill_group(process)
            process.wait()

    def _tend(self, child: _Child) -> None:
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            # What it started itself must not answer beside its successor.
            _kill_group(child.process)
            self._note_end(child, code)
        if child.process is None and time.monotonic() >= child.again_at:
            self._start(child)

    def _note_end(self, child: _Child, code: int) -> None:
        now = time.monotonic()
        lived_s = now - child.started_at
        grown_s = min(BACKOFF_MAX_S, 2 * child.wait_s or BACKOFF_FIRST_S)
        child.wait_s = BACKOFF_FIRST_S if lived_s >= HEALTHY_S else grown_s
        child.again_at = now + child.wait_s
        child.process = None
        child.code = code
        facts = {"program": child.program.name, "code": code, "lived_s": lived_s}
        log.warning("process ended", extra={**facts, "again_in_s": child.wait_s})

    def _start(self, child: _Child) -> None:
        child.started_at = time.monotonic()
        try:
            child.process = self._spawn(child.program.command)
        except OSError as e:  # no memory or no process left: for now
            log.warning(
                "process not started", extra={"program": child.program.name, "error": str(e)}
            )
            self._note_end(child, -1)
            return
        log.debug(
            "process started", extra={"program": child.program.name, "pid": child.process.pid}
        )

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 our own programs
            command,
            env={
                **os.environ,
                lifeline.VARIABLE: str(self._lifeline),
                lifeline.GATE_VARIABLE: str(self._gate),
            },
            pass_fds=self._inherit,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process's group, and see it gone, within reason."""
    deadline = time.monotonic() + GONE_S
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)  # raises when nobody is left
            time.sleep(0.005)
