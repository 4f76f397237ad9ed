"""`up`: everything one host needs, started in one go and ended in one go."""

import contextlib
import errno
import fcntl
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from workers import environment
from workers.refusal import REFUSED, Refusal
from workers.stopping import Stop
from workers.supervisor import LOOK_S, Program, Supervisor

LEFTOVERS_S = 10.0
"""What a crashed run left behind ends within its own grace; then it is stuck."""
ASK_VALKEY_S = 1.0
"""A Valkey still there by then lost its guard too, and is asked to end."""
SLOW_S = 30.0
HEAD_START_S = 1.0
POLL_S = 0.03

log = logging.getLogger(__name__)


def up(host: str, port: int, stop: Stop) -> int:
    """Run everything until asked to stop. Return the exit code, or raise `Refusal`."""
    os.umask(0o077)
    if os.geteuid() == 0:
        log.warning("stocksync runs as root; a user of its own is safer")
    with claimed(environment.data_dir(), stop) as lock:
        _check_free(host, port)
        supervisor = Supervisor(stop, inherit=(lock,))
        try:
            return _run(supervisor, host, port)
        finally:
            supervisor.end()


@contextlib.contextmanager
def claimed(folder: Path, stop: Stop) -> Iterator[int]:
    """Be the only `up` of a data folder. Yield a lock that every child is to inherit.

    The first lock is ours alone and tells whether another `up` runs. The second is held
    by whatever a crashed one left behind, for as long as that lives.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        children = os.open(folder / "children.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise Refusal(
            f"the data folder {folder} cannot be used ({e.strerror}); name another with --data"
        ) from None
    try:
        if not _locked(ours):
            who = os.pread(ours, 20, 0).decode("ascii", "replace").strip()
            raise Refusal(
                f"stocksync is already up on the data folder {folder} (process {who}); "
                "stop it first, or name another folder with --data"
            )
        os.ftruncate(ours, 0)
        os.pwrite(ours, f"{os.getpid()}\n".encode(), 0)
        _outwait(children, folder, stop)
        yield children
    finally:
        os.close(children)
        os.close(ours)


def _outwait(lock: int, folder: Path, stop: Stop) -> None:
    """Wait for what a crashed run left behind: most of it ends by itself at once."""
    if _locked(lock):
        return
    log.warning("processes of a run that crashed were still there", extra={"folder": str(folder)})
    stuck_at = time.monotonic() + LEFTOVERS_S
    ask_at = time.monotonic() + ASK_VALKEY_S
    while not _locked(lock):
        if time.monotonic() > ask_at:
            from workers import embedded  # heavy, and hardly ever needed

            embedded.end_leftover(folder)
            ask_at = stuck_at
        if time.monotonic() > stuck_at or stop.wait(0.05):
            raise Refusal(
                f"processes of an earlier run still use {folder}; end them "
                f"(`lsof {folder / 'children.lock'}` names them) and start again"
            )


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        if e.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        return False
    return True


def _check_free(host: str, port: int) -> None:
    """Raise `Refusal` if nobody can listen there; granian would only try again and again."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise Refusal(
                f"port {port} on {host} is in use by another program; "
                "stop that one, or choose another with --port"
            ) from None
        raise Refusal(
            f"nobody can listen on {host} port {port} ({e.strerror}); "
            "choose others with --host and --port"
        ) from None


def _run(supervisor: Supervisor, host: str, port: int) -> int:
    if environment.redis_is_ours():
        supervisor.add(Program(name="valkey", command=_ourselves("valkey"), outlives=True))
    # The door first: it imports while the database is brought up to date.
    listen = ("--host", host, "--port", str(port))
    supervisor.add(Program(name="web", command=_ourselves("web", *listen)))
    migrated = supervisor.once(_ourselves("migrate"))
    if migrated is None:
        return 0
    if migrated != 0:
        return REFUSED
    supervisor.open_gate()
    # Then the door has the machine to itself for a moment: rows can wait, senders cannot.
    answers = _door_answers(supervisor, host, port, HEAD_START_S)
    for number in range(environment.apply_workers()):
        supervisor.add(Program(name=f"apply-{number + 1}", command=_ourselves("apply")))
    for number in range(environment.push_workers()):
        supervisor.add(Program(name=f"push-{number + 1}", command=_ourselves("push")))
    supervisor.add(Program(name="clock", command=_ourselves("clock")))
    while not (answers or _door_answers(supervisor, host, port, SLOW_S)):
        if supervisor.stopping or supervisor.refused():
            return 0 if supervisor.stopping else REFUSED
        log.warning("the door did not answer yet", extra={"waited_s": SLOW_S})
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"stocksync is up on http://{shown}:{port}\n")
    sys.stderr.flush()
    while not supervisor.wait(LOOK_S):
        pass
    return 0


def _door_answers(supervisor: Supervisor, host: str, port: int, seconds: float) -> bool:
    """Wait for the door. Return False if it will not answer in time, or at all."""
    late_at = time.monotonic() + seconds
    while not _answers(host, port):
        if supervisor.wait(POLL_S) or supervisor.refused() or time.monotonic() > late_at:
            return False
    return True


def _answers(host: str, port: int) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 met, not chosen
    request = f"GET /healthz HTTP/1.1\r\nHost: {near}:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((near, port), timeout=1) as line:
            line.sendall(request.encode())
            return line.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _ourselves(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "workers", *arguments)
