"""The web process: granian, and in its worker the application of `stocksync.web`."""

import multiprocessing
import os
import signal
import threading
from importlib import import_module
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from workers import logs

APPLICATION = "workers.web:create"
THREADS = 64
"""More than there are cores: most of them wait for the same commit."""
STOP_S = 3


def create() -> Any:
    """Return the application, once this process is set up as a granian worker."""
    become_worker()
    return import_module("stocksync.web").create()


def become_worker() -> None:
    """Log as the others do, and end with the main process.

    Granian leaves its worker alone when the main process is killed, and that orphan
    would go on answering beside the next one.
    """
    logs.set_up("web", apart=True)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def preload() -> None:
    """Import the application here, if granian's workers are forks: they then start at once."""
    if multiprocessing.get_start_method() == "fork":
        import_module("stocksync.web")


def serve(host: str, port: int, application: str = APPLICATION) -> None:
    """Serve until SIGTERM; a worker that dies is replaced at once."""
    MPServer(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=STOP_S,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "loggers": {"_granian": {"propagate": True}}},
    ).serve()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)
