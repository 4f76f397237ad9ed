"""Partial answers: data in which one thing is null, and the error that says so."""

from collections.abc import Iterator
from typing import Any

# Objects that the schema lets be null, wherever they stand.
NULLABLE = frozenset(
    {"variant", "inventoryLevel", "order", "bulkOperation", "refund", "fulfillment"}
)
Path = list[str | int]


def make_hole(answer: dict[str, Any]) -> None:
    """Take one thing out of the data: of a list of nodes the last, else what may be null."""
    data = answer["data"]
    if data is None:
        return
    for path in _candidates(data, [], top=True):
        here = data
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = None
        error = {
            "message": "Internal error. Looks like something went wrong on our end.",
            "path": path,
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
        answer["errors"] = [*answer.get("errors", []), error]
        return


def _candidates(here: Any, path: Path, *, top: bool = False) -> Iterator[Path]:
    if isinstance(here, list):
        for place, one in enumerate(here):
            yield from _candidates(one, [*path, place])
        return
    if not isinstance(here, dict):
        return
    for name, value in here.items():
        if top and isinstance(value, list) and value:
            yield [*path, name, len(value) - 1]
        elif isinstance(value, dict) and (name in NULLABLE or (top and "userErrors" in value)):
            yield [*path, name]
    for name, value in here.items():
        yield from _candidates(value, [*path, name])
