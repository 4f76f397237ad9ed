"""What a file says, as values that remember their lines."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stocksync.config.mistakes import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value: as it was written, and what it means."""

    line: int
    text: str
    value: str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    line: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Keys with their values; `key_lines` says where each key stands."""

    line: int
    entries: dict[str, "Node"] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Node = Scalar | Items | Table


def plain(node: Node) -> Any:
    """Return the values without their lines."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Table():
            return {key: plain(value) for key, value in node.entries.items()}


def found(node: Node, trail: Trail) -> Node | None:
    """Return what stands at a trail below a node, or None."""
    here: Node | None = node
    for step in trail:
        if isinstance(here, Table) and isinstance(step, str):
            here = here.entries.get(step)
        elif isinstance(here, Items) and isinstance(step, int) and step < len(here.items):
            here = here.items[step]
        else:
            return None
    return here


def line_of(node: Node, trail: Trail) -> int:
    """Return the line of the last step of a trail that the file holds."""
    line, here = node.line, node
    for step in trail:
        below = found(here, (step,))
        if below is None:
            break
        line = (
            here.key_lines[step]
            if isinstance(here, Table) and isinstance(step, str)
            else below.line
        )
        here = below
    return line


def table_at(node: Node, *trail: str | int) -> Table:
    """Return the table at a trail, or an empty one: for looking across what may be wrong."""
    here = found(node, trail)
    return here if isinstance(here, Table) else Table(line=node.line)


def items_at(node: Node, *trail: str | int) -> tuple[Node, ...]:
    """Return the items of the list at a trail, or none: for looking across what may be wrong."""
    here = found(node, trail)
    return here.items if isinstance(here, Items) else ()
