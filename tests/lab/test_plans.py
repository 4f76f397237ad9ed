"""What is asked all day finds its rows by an index, however many goods a merchant has."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from stocksync.lab.hour import play

LARGE = ("beliefs", "skus", "stock", "listings", "lines", "papers", "inbox", "movements")
"""Tables that grow with the goods or with the time."""
FEW = (
    "beliefs_reading",
    "beliefs_due",
    "beliefs_check",
    "inbox_state",
    "lines_parked",
    "lines_open",
)
"""Indexes that hold, or sort first, only what is open."""
WHOLE = (
    r"SELECT DISTINCT beliefs\.sku",  # the rules have changed: all is decided again
    r"SELECT listings\..*ORDER BY listings\.listing$",  # a channel is linked, or looked over
    r"SELECT beliefs\..*channel = \?( ORDER BY|$)",  # the same
    r"SELECT beliefs\.listing .*check_at > \?",  # the same
    r"SELECT \(SELECT min",  # asked where time is simulated only
)
"""What may look at everything, because that is what it is for."""


@contextmanager
def plans() -> Iterator[dict[str, list[str]]]:
    """Note how SQLite finds the rows of every statement that is asked meanwhile."""
    found: dict[str, list[str]] = {}

    def note(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        shape = " ".join(re.sub(r"\((\?, )+\?\)", "(?)", statement).split())
        if shape in found or not re.match("SELECT|UPDATE|DELETE", statement):
            return
        one = parameters[0] if many else parameters
        rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", one)
        found[shape] = [row[3] for row in rows]

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def looks_at_all(step: str) -> bool:
    """Return whether a step of a plan looks at every row of a merchant or channel."""
    told = re.match(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?(?: \((.*)\))?", step)
    if told is None or told[2] not in LARGE or told[3] in FEW:
        return False
    keys = set(re.findall(r"(\w+)[=<>]", told[4] or ""))
    return keys <= {"merchant", "channel", "kind"}


def test_no_statement_of_an_hour_looks_at_every_row() -> None:
    with plans() as found:
        play(3, sales=6, typed=1)

    told = {
        statement: steps
        for statement, steps in found.items()
        if any(map(looks_at_all, steps)) and not re.match("|".join(WHOLE), statement)
    }
    assert len(found) > 40
    assert told == {}
