"""How real sales ended: for people as a table, for programs as one JSON document."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from stocksync.cli import day
from stocksync.cli.retail_board import said
from stocksync.cli.saying import Column, answer, answer_json, answer_table, lasted, many
from stocksync.core.names import Sku
from stocksync.lab.retail_day import Ended, Town

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long it took: until everything was played, and from then until all was at rest."""

    playing_s: float
    settling_s: float


def tell(town: Town, ended: Ended, took: Took, *, as_json: bool) -> None:
    """Say how it ended."""
    oversold = {sku: -units for sku, units in ended.books.left.items() if units < 0}
    if as_json:
        answer_json(_document(town, ended, took, oversold))
        return
    _say_channels(town)
    tally = town.tally
    total_s = took.playing_s + took.settling_s
    answer("")
    answer(
        f"{many(tally.lines, 'line')} played in {lasted(took.playing_s)}, at rest after "
        f"{lasted(took.settling_s)} more: {tally.lines / total_s:.0f} lines a second"
    )
    answer(
        f"{many(tally.restocked, 'unit')} came back to their orders, {tally.without_receipt} to "
        f"the till without a receipt; {tally.written_off} were written off"
    )
    answer(f"{many(len(ended.books.parked), 'line')} parked: their SKUs are mapped to no goods")
    answer(_oversold(oversold))
    if ended.open.any:
        answer(f"not settled: {said(ended.open)}")
    if ended.differences:
        day.show_differences(Console(), list(ended.differences))
    else:
        answer("Every order line and every SKU is as the shops' own books say.")
    if ended.well:
        answer("Every channel shows what it should, and nothing is pending.")
    answer(f"ledger {ended.ledger}")


def _document(town: Town, ended: Ended, took: Took, oversold: dict[Sku, int]) -> dict[str, Any]:
    tally = town.tally
    return {
        "lines": tally.lines,
        "channels": {name: asdict(sold) for name, sold in tally.sold.items()},
        "restocked": tally.restocked,
        "without_receipt": tally.without_receipt,
        "written_off": tally.written_off,
        "parked": len(ended.books.parked),
        "oversold": oversold,
        "ledger": ended.ledger,
        "differences": [asdict(one) for one in ended.differences],
        "unsettled": said(ended.open) if ended.open.any else "",
        "playing_s": round(took.playing_s, 1),
        "settling_s": round(took.settling_s, 1),
    }


def _say_channels(town: Town) -> None:
    columns = [Column("channel", whole=True)]
    columns += [
        Column(title, is_number=True) for title in ("orders", "lines", "units", "refused", "calls")
    ]
    answer_table(
        columns,
        [
            [
                channel,
                *(str(n) for n in (sold.orders, sold.lines, sold.units, sold.refused)),
                str(town.street.calls(channel)),
            ]
            for channel, sold in town.tally.sold.items()
        ],
    )


def _oversold(oversold: dict[Sku, int]) -> str:
    if not oversold:
        return "Nothing was oversold."
    worst = sorted(oversold.items(), key=lambda one: (-one[1], one[0]))[:_NAMED]
    named = ", ".join(f"{units} {sku}" for sku, units in worst)
    more = len(oversold) - len(worst)
    rest = f" and {many(more, 'SKU')} more" if more else ""
    return (
        f"{many(sum(oversold.values()), 'unit')} short ({named}{rest}): sold in two shops before "
        "either could know, or written off after the last was sold; each is booked."
    )
