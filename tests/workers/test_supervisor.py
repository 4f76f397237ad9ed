"""The supervisor, with processes that do nothing but live."""

import os
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

from tests.workers.conftest import Play
from tests.workers.waiting import alive, below, until


def test_a_killed_process_is_started_again_and_its_orphan_ended_first(
    tmp_path: Path, play: Play
) -> None:
    play("tests.workers.play", "supervise", str(tmp_path))
    (first,) = until(lambda: _sleepers(tmp_path))
    orphan = _orphan(tmp_path, first)

    os.kill(first, signal.SIGKILL)

    (second,) = until(lambda: _sleepers(tmp_path) - {first})
    assert alive([first, orphan]) == []
    assert alive([second]) == [second]


def test_a_foreign_program_is_started_again_when_its_guard_is_killed(
    tmp_path: Path, play: Play
) -> None:
    supervisor = play("tests.workers.play", "supervise", str(tmp_path))
    guard, foreign = until(lambda: _guard_and_foreign(supervisor.pid))

    os.kill(guard, signal.SIGKILL)

    again = until(lambda: _other(_guard_and_foreign(supervisor.pid), guard))
    assert alive([foreign]) == []
    assert len(alive(again)) == 2


def test_a_program_that_dies_at_once_is_held_back_ever_longer(tmp_path: Path, play: Play) -> None:
    supervisor = play("tests.workers.play", "supervise", str(tmp_path))

    seen: set[int] = set()
    moments = []
    for _ in range(4):
        (pid,) = until(lambda: _sleepers(tmp_path) - seen)
        moments.append(time.monotonic())
        seen.add(pid)
        os.kill(pid, signal.SIGKILL)

    assert supervisor.poll() is None
    gaps = [late - early for early, late in pairwise(moments)]
    assert gaps[0] >= 0.2
    assert gaps[1] >= 0.4
    assert gaps[2] >= 0.8


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, play: Play) -> None:
    supervisor, family = _family(tmp_path, play)

    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(5) == 0
    assert alive(family) == []


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path, play: Play) -> None:
    supervisor, family = _family(tmp_path, play)

    supervisor.kill()

    until(lambda: alive(family) == [], seconds=8)


def _family(folder: Path, play: Play) -> tuple[subprocess.Popen[str], list[int]]:
    supervisor = play("tests.workers.play", "supervise", str(folder))
    (own,) = until(lambda: _sleepers(folder))
    guard, foreign = until(lambda: _guard_and_foreign(supervisor.pid))
    family = [own, _orphan(folder, own), guard, foreign]
    assert alive(family) == family
    return supervisor, family


def _sleepers(folder: Path) -> set[int]:
    return {int(path.suffix[1:]) for path in folder.glob("own.[0-9]*")}


def _orphan(folder: Path, pid: int) -> int:
    return int((folder / f"own.{pid}").read_text().split()[1])


def _guard_and_foreign(supervisor: int) -> tuple[int, int] | None:
    for pid, command in below(supervisor).items():
        foreign = list(below(pid))
        if "workers.guard" in command and foreign:
            return pid, foreign[0]
    return None


def _other(found: tuple[int, int] | None, known: int) -> tuple[int, int] | None:
    return found if found and found[0] != known else None
