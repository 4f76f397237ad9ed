"""`python -m workers up|web|apply|push|clock`: the entry point of every process."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from workers import environment, lifeline, logs
from workers.refusal import REFUSED, is_sentence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one process to its end and return its exit code: 2 if it was refused, with the reason."""
    asked = _parser().parse_args(arguments)
    if asked.process != "valkey":  # its guard will
        lifeline.hold()
    logs.set_up(asked.process)
    try:
        return _run(asked)
    except Exception as e:
        if not is_sentence(e):
            traceback.print_exc()
            return 1
        sys.stderr.write(f"{e}\n")
        return REFUSED


def _run(asked: argparse.Namespace) -> int:
    # Each process imports only what it needs: the supervisor stays small and starts fast.
    process: str = asked.process
    match process:
        case "up":
            from workers.stopping import Stop
            from workers.up import up

            return up(asked.host, asked.port, Stop())
        case "web":
            from workers import web

            web.preload()
            lifeline.wait_at_gate()
            web.serve(asked.host, asked.port)
        case "apply" | "push":
            from workers import jobs, queue
            from workers.stopping import Stop

            jobs.system()  # a refused config is told now, not at the first bell
            return queue.serve(process, environment.redis_url(), Stop())
        case "clock":
            from workers import clock, jobs
            from workers.stopping import Stop

            stop = Stop()
            jobs.system()
            clock.Clock(
                clock.Lease(jobs.take_lease, jobs.give_lease_back),
                merchants=jobs.merchants,
                overdue=jobs.overdue,
                drain=jobs.drain,
                calling=jobs.calling,
                ring_for=jobs.ring_for,
                call=jobs.call,
            ).run(stop.wait)
        case "migrate":
            from workers.migrate import migrate

            migrate()
        case "valkey":
            from workers import embedded

            embedded.become(environment.data_dir())
        case _:
            raise AssertionError(process)  # the parser lets no other through
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    processes = parser.add_subparsers(dest="process", required=True, metavar="PROCESS")
    for name, what in (
        ("up", "everything: the door, workers, clock and embedded servers"),
        ("web", "the door and the pages"),
    ):
        one = processes.add_parser(name, help=what)
        one.add_argument("--host", default=os.environ.get("STOCKSYNC_HOST") or "127.0.0.1")
        one.add_argument("--port", type=_port, default=8080)
    for name, what in (
        ("apply", "turns deliveries into stock"),
        ("push", "brings every channel to show what it should"),
        ("clock", "does what no bell announced"),
        ("migrate", "brings the database to the newest version"),
        ("valkey", "the private Valkey of the data folder"),
    ):
        processes.add_parser(name, help=what)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
