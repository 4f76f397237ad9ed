"""Threads that begin at the same moment, and what became of each."""

import threading
from collections.abc import Callable, Sequence


def at_once(works: Sequence[Callable[[threading.Barrier], None]]) -> list[Exception]:
    """Run them all together; each gets a barrier to meet the others at. Return what they raised."""
    barrier = threading.Barrier(len(works))
    raised: list[Exception] = []

    def run(work: Callable[[threading.Barrier], None]) -> None:
        try:
            work(barrier)
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised
