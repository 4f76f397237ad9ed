"""The recorded day while processes are killed: nothing lost, nothing twice."""

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest
import redis
from rich.console import Console

from stocksync.cli.replay import Ground, play_day
from stocksync.doorbell import embedded_redis_url
from stocksync.lab import replay
from stocksync.lab.private import Private
from stocksync.lab.replay import Tally
from stocksync.lab.tape import Tape

pytestmark = pytest.mark.long


def test_a_day_survives_the_death_of_every_process_and_an_emptied_queue(
    private: Private, day: Tape
) -> None:
    fires = Fires(private)

    verdict = play_day(
        Console(quiet=True),
        Ground(
            url=private.url,
            merchant=private.merchant,
            channel=replay.SHOP,
            system=private.system,
        ),
        day,
        repeat=2,
        shuffle=1,
        meanwhile=fires.maybe,
    )

    assert verdict.differences == []
    assert (verdict.pending, verdict.parked) == (0, 0)
    assert fires.lit == [
        "web worker",
        "apply",
        "valkey emptied",
        "clock",
        "web",
        "valkey",
        "supervisor",
    ]


class Fires:
    """Kills one thing after another while a day is played, each at its own moment."""

    def __init__(self, private: Private) -> None:
        self.private = private
        self.lit: list[str] = []
        self.plan: list[tuple[int, str, Callable[[], None]]] = [
            (150, "web worker", self._web_worker),
            (300, "apply", lambda: self._kill("apply")),
            (450, "valkey emptied", self._empty_queue),
            (600, "clock", lambda: self._kill("clock")),
            (750, "web", lambda: self._kill("web")),
            (900, "valkey", lambda: self._kill_named("valkey-server", "valkey")),
            (1050, "supervisor", self._supervisor),
        ]

    def maybe(self, tally: Tally) -> None:
        """Light the next fire when its moment has come."""
        if self.plan and tally.sent >= self.plan[0][0]:
            _, name, light = self.plan.pop(0)
            light()
            self.lit.append(name)

    def _family(self) -> list[psutil.Process]:
        assert self.private.process is not None
        family: list[psutil.Process] = psutil.Process(self.private.process.pid).children(
            recursive=True
        )
        return family

    def _kill(self, role: str) -> None:
        """SIGKILL the process that plays a role, once it is there."""
        found = self._await(lambda one: role in _words(one) and "workers" in " ".join(_words(one)))
        found.kill()

    def _kill_named(self, *names: str) -> None:
        self._await(lambda one: any(name in " ".join(_words(one)) for name in names)).kill()

    def _web_worker(self) -> None:
        """Kill the one of granian's processes that answers requests."""
        main = self._await(lambda one: "web" in _words(one) and bool(one.children()))
        main.children(recursive=True)[-1].kill()

    def _empty_queue(self) -> None:
        redis.from_url(embedded_redis_url(self.private.environ["STOCKSYNC_STATE"])).flushall()

    def _supervisor(self) -> None:
        """Kill `up` itself; all it started must end with it; then start it again."""
        assert self.private.process is not None
        family = self._family()
        os.kill(self.private.process.pid, signal.SIGKILL)
        self.private.process.wait()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
        self.private.start()

    def _await(self, wanted: Callable[[psutil.Process], bool]) -> psutil.Process:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for one in self._family():
                try:
                    if wanted(one):
                        return one
                except psutil.Error:
                    continue
            time.sleep(0.05)
        raise AssertionError("the process to be killed never appeared")


def _words(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words
