"""Run the measurements one after the other; one that fails is told, and the others are kept."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from bench import apply, calls, delay, door, memory, road
from bench.rows import Measured, Outcome, Size

MEASUREMENTS: Mapping[str, Callable[[Size], Measured]] = {
    "door": door.measure,
    "apply": apply.measure,
    "calls": calls.measure,
    "delay": delay.measure,
    "road": road.measure,
    "memory": memory.measure,
}
"""Every measurement by its name, in the order in which they run."""


def run(
    names: Sequence[str],
    size: Size,
    show: Callable[[str], object],
    measurements: Mapping[str, Callable[[Size], Measured]] = MEASUREMENTS,
) -> Iterator[Outcome]:
    """Yield how each of these measurements ended; after an interruption no other begins."""
    for name in names:
        show(name)
        began = time.monotonic()
        try:
            measured = measurements[name](size)
        except KeyboardInterrupt:
            yield Outcome(name=name, failed="interrupted", took_s=time.monotonic() - began)
            return
        except Exception as error:
            failed = f"{type(error).__name__}: {error}"
            yield Outcome(name=name, failed=failed, took_s=time.monotonic() - began)
        else:
            yield Outcome(name=name, measured=measured, took_s=time.monotonic() - began)


def save(file: Path, outcomes: Sequence[Outcome]) -> None:
    """Write all rows that were measured, as JSON."""
    rows = [row.plain() for one in outcomes if one.measured for row in one.measured.rows]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")
