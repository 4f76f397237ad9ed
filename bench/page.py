"""The page of the numbers: its table, facts and pictures are made by a run, the rest is kept."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import plots
from bench.rows import Outcome, Row

BEGIN, END = "<!-- made by make bench: begin -->", "<!-- made by make bench: end -->"
"""What stands between these two lines is replaced; what was found and tried stands around it."""
_HEAD = """\
# Performance

"""


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| row | measured | against | ratio | mark | met |", "|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        told = f"{ratio} ({row.spread})" if ratio else row.spread
        measured = f"{number(row.value)} {row.unit}"
        met = "yes" if row.met else "**no**"
        cells = (row.name, measured, row.against or "", told, row.mark.text, met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a value with as many digits as it is worth."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def write(file: Path, outcomes: Sequence[Outcome], machine: Sequence[str], how: str) -> None:
    """Put a run's numbers into the page, and its pictures beside it."""
    pictures = file.with_suffix("")
    parts = [BEGIN, "", f"Measured {how}", "", *(f"- {line}" for line in machine), ""]
    parts += [table(row for one in outcomes if one.measured for row in one.measured.rows), ""]
    for one in outcomes:
        if one.measured is None:
            parts += [f"`{one.name}` was not measured: {one.failed}", ""]
            continue
        if one.measured.picture is not None:
            picture = pictures / f"{one.name}.svg"
            plots.save(one.measured.picture, picture)
            parts += [f"![{one.measured.picture.title}]({pictures.name}/{picture.name})", ""]
        parts += [*(f"- {fact}" for fact in one.measured.facts), ""]
    made = "\n".join([*parts, END])
    before, _, rest = (file.read_text(encoding="utf-8") if file.exists() else _HEAD).partition(
        BEGIN
    )
    after = rest.partition(END)[2] or "\n"
    file.write_text(before + made + after, encoding="utf-8")
