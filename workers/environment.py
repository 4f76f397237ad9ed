"""Where the processes find things: all from the environment, read when asked."""

import os
from pathlib import Path


def data_dir() -> Path:
    """Return the folder that holds what this host keeps."""
    return Path(os.environ.get("STOCKSYNC_STATE") or "var").resolve()


def redis_is_ours() -> bool:
    """Return whether nobody named a Redis, so that the private one is used."""
    return not os.environ.get("REDIS_URL")


def redis_url() -> str:
    """Return the address of the Redis in use."""
    from stocksync.doorbell import embedded_redis_url  # costs 0.2 s; the supervisor needs it never

    return os.environ.get("REDIS_URL") or embedded_redis_url(data_dir())


def apply_workers() -> int:
    """Return how many apply workers make sense: SQLite has one writer at a time."""
    return 2 if os.environ.get("DATABASE_URL", "").startswith("postgres") else 1


def push_workers() -> int:
    """Return how many workers call channels: two, so that a slow shop holds up only itself."""
    told = os.environ.get("STOCKSYNC_PUSH_WORKERS", "")
    return max(2, int(told)) if told.isdigit() else 2
