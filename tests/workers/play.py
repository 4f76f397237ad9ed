"""Processes that the tests start: `python -m tests.workers.play ROLE ARGUMENTS...`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from workers import lifeline, logs, queue, web
from workers.stopping import Stop
from workers.supervisor import Program, Supervisor


def supervise(folder: str) -> None:
    """Keep two sleepers alive: one of our own, and a foreign one behind a guard."""
    stop = Stop()
    supervisor = Supervisor(stop)
    supervisor.add(Program(name="own", command=_play("sleeper", folder, "own")))
    guarded = (sys.executable, "-m", "workers.guard", "sleep", "1000")
    supervisor.add(Program(name="foreign", command=guarded, outlives=True))
    while not supervisor.wait(1):
        pass
    supervisor.end()


def sleeper(folder: str, name: str) -> None:
    """Start an orphan-to-be, tell both ids, sleep."""
    lifeline.hold()
    with subprocess.Popen(["/bin/sleep", "1000"]) as child:
        told = Path(folder) / f"{name}.tmp"
        told.write_text(f"{os.getpid()} {child.pid}")
        told.rename(Path(folder) / f"{name}.{os.getpid()}")
        time.sleep(1000)


def supervise_worker(url: str) -> None:
    """Keep one worker of the bell `apply` alive."""
    stop = Stop()
    supervisor = Supervisor(stop)
    supervisor.add(Program(name="apply-1", command=_play("work", url)))
    while not supervisor.wait(1):
        pass
    supervisor.end()


def work(url: str) -> None:
    """Be that worker."""
    lifeline.hold()
    logs.set_up("apply")
    sys.exit(queue.serve("apply", url, Stop()))


def door(port: str) -> None:
    """Serve the small application below as the web process does."""
    lifeline.hold()
    logs.set_up("web")
    web.serve("127.0.0.1", int(port), "tests.workers.play:application")


def application() -> object:
    """Return an application that tells the id of the process it runs in."""
    web.become_worker()

    def answer(environ: Mapping[str, object], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]

    return answer


def _play(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.workers.play", *arguments)


ROLES = {
    "supervise": supervise,
    "sleeper": sleeper,
    "supervise_worker": supervise_worker,
    "work": work,
    "door": door,
}

if __name__ == "__main__":
    role: Callable[..., None] = ROLES[sys.argv[1]]  # type: ignore[assignment]
    role(*sys.argv[2:])
