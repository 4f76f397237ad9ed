"""What processes cost: the seconds of the machine that each took, and the memory each holds."""

import contextlib
from collections.abc import Callable, Iterable, Mapping

import psutil

_WORDS = ("up", "web", "apply", "push", "clock", "worker")


def cpu_s(roots: Iterable[int]) -> dict[str, float]:
    """Return the processor time of these processes and all below them, by what each is."""
    found: dict[str, float] = {}
    for name, _, seconds in _each(roots, _seconds):
        found[name] = found.get(name, 0.0) + seconds
    return found


def memory_mb(roots: Iterable[int]) -> dict[str, float]:
    """Return the resident memory of the largest process of each kind, in megabytes."""
    found: dict[str, float] = {}
    for name, _, megabytes in _each(roots, lambda one: one.memory_info().rss / 2**20):
        found[name] = max(found.get(name, 0.0), megabytes)
    return found


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what was spent in between, by what it is."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def shares(spent_s: Mapping[str, float], passed_s: float) -> str:
    """Return in words how much of one core each took, the hungriest first."""
    told = sorted(spent_s.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {seconds / passed_s:.0%}" for name, seconds in told if seconds > 0)


def _seconds(one: psutil.Process) -> float:
    times = one.cpu_times()
    # Children that ended count too: a job that forks is gone before anybody looks.
    return float(times.user + times.system + times.children_user + times.children_system)


def _each(
    roots: Iterable[int], ask: Callable[[psutil.Process], float]
) -> list[tuple[str, int, float]]:
    found: list[tuple[str, int, float]] = []
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            above = psutil.Process(root)
            for one in (above, *above.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    found.append((_name(one), one.pid, ask(one)))
    return found


def _name(one: psutil.Process) -> str:
    words = one.cmdline()
    told = " ".join((one.name(), *words[:6]))
    if "postgres" in told:
        return "postgres"
    if "workers.guard" in told or "valkey" in told:
        return "valkey"
    return next((word for word in _WORDS if word in words), one.name())
