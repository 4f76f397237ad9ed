"""The language of search: terms with AND and OR; a field that nobody knows filters nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from stocksync.sandbox.shopify.asking import Asking

_TERM = re.compile(
    r"""\s*(?:(?P<or>OR\b)|(?P<and>AND\b)
    |(?P<field>\w+):(?P<op>>=|<=|>|<|)(?:'(?P<quoted>(?:\\.|[^'\\])*)'
      |"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\s'"]+))
    |(?P<word>\S+))""",
    re.VERBOSE,
)

# Whether one thing meets a term: its comparison and its value.
Meets = Callable[[str, str], bool]


def matcher(
    query: str | None, known: frozenset[str], asking: Asking
) -> Callable[[Mapping[str, Meets]], bool]:
    """Return what tells whether a thing with these fields is found."""
    groups: list[list[tuple[str, str, str]]] = [[]]
    for match in _TERM.finditer(query or ""):
        if match["or"]:
            groups.append([])
        elif match["field"]:
            if match["field"] not in known:
                asking.warnings.append(match["field"])
                continue
            value = match["quoted"] if match["quoted"] is not None else match["double"]
            bare = match["bare"] or ""
            text = bare if value is None else re.sub(r"\\(.)", r"\1", value)
            groups[-1].append((match["field"], match["op"], text))

    def found(fields: Mapping[str, Meets]) -> bool:
        return any(all(fields[name](op, value) for name, op, value in group) for group in groups)

    return found


def by_moment(moment: datetime) -> Meets:
    """Return the field of a time, which is compared in whole seconds."""

    def meets(op: str, value: str) -> bool:
        try:
            other = datetime.fromisoformat(value)
        except ValueError:
            return True  # a date that cannot be read filters nothing
        other = other if other.tzinfo is not None else other.replace(tzinfo=UTC)
        return {
            ">=": moment >= other,
            "<=": moment <= other,
            ">": moment > other,
            "<": moment < other,
        }.get(op, moment == other)

    return meets


def by_text(text: str | int) -> Meets:
    """Return a field that is equal or is not."""
    return lambda _, value: str(text).casefold() == value.casefold()
