"""How the shop writes JSON, byte for byte: these bytes are what it signs."""

import json
from datetime import datetime
from typing import Any

ALLOW = {"targetHints": {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}}


def php_json(body: Any) -> bytes:
    r"""Write JSON as PHP does: pure ASCII, and `\/` for every slash."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def moment(at: datetime | None) -> str | None:
    """Write a time as the shop does: whole seconds, no zone."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S")


class Home:
    """Where the shop believes it lives."""

    def __init__(self, url: str) -> None:
        self.url = url

    def at(self, path: str) -> str:
        """Return the address of a route."""
        return f"{self.url}wp-json/wc/v3/{path}"

    def links(self, path: str, collection: str) -> dict[str, Any]:
        """Return the links that every body ends with."""
        return {
            "self": [{"href": self.at(path), **ALLOW}],
            "collection": [{"href": self.at(collection)}],
        }
