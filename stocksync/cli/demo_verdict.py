"""How a demo ended: the figures, and whether the books agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stocksync.cli.saying import Column, FoundWrong, answer, answer_table, many
from stocksync.core.names import ChannelName, Sku
from stocksync.flow.pace import percentile
from stocksync.lab.street import Difference, Street

_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One channel at the end; `lags_s` are from booked to confirmed, the newest."""

    channel: ChannelName
    sold: int
    cancelled: int
    calls: int
    lags_s: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it ended. `left` is what is not at rest, in words."""

    channels: Sequence[Ended]
    refused: int
    worst: int
    oversold: Mapping[Sku, int]
    adopted: Mapping[Sku, int]
    left: Sequence[str]
    parked: int
    differences: Sequence[Difference]

    @property
    def wrong(self) -> list[str]:
        """Return everything that is not as promised, a line each; nothing if all is well."""
        told = [f"not settled: {one}" for one in self.left]
        if self.parked:
            told.append(f"{many(self.parked, 'delivery', 'deliveries')} parked")
        told += [
            f"the books disagree: {one.what}: {one.theirs} in theirs, {one.ours} in ours"
            for one in self.differences
        ]
        return told


def judge(
    street: Street,
    left: Sequence[str],
    calls_before: Mapping[ChannelName, int],
    worst: int,
) -> Verdict:
    """Compare everybody's books, once the shoppers are gone."""
    lags_s = street.lags_s()
    return Verdict(
        channels=[
            Ended(
                channel=name,
                sold=street.sold[name],
                cancelled=street.cancelled[name],
                calls=street.calls(name) - calls_before[name],
                lags_s=lags_s[name],
            )
            for name in street.channels
        ],
        refused=street.refused,
        worst=worst,
        oversold={sku: -units for sku, units in street.pool().items() if units < 0},
        adopted=street.adopted(),
        left=left,
        parked=street.parked(),
        differences=street.compare(),
    )


def conclude(verdict: Verdict) -> None:
    """Say how it ended on stdout; `FoundWrong` names what disagrees."""
    _say_channels(verdict.channels)
    sold = sum(one.sold for one in verdict.channels)
    calls = sum(one.calls for one in verdict.channels)
    lags_s = [lag for one in verdict.channels for lag in one.lags_s]
    answer("")
    per_sale = f", {calls / sold:.1f} for each unit sold" if sold else ""
    answer(f"{many(sold, 'unit')} sold; {many(verdict.refused, 'shopper')} found too little")
    answer(f"{many(calls, 'call')} to the channels{per_sale}")
    if lags_s:
        half, most = percentile(lags_s, 0.5), percentile(lags_s, 0.99)
        answer(f"from booked to confirmed elsewhere: p50 {half:.1f} s, p99 {most:.1f} s")
    answer(f"largest worst case: {verdict.worst} units, if every channel had sold out unheard")
    for sku, units in verdict.adopted.items():
        answer(f"a number typed into a shop was adopted: {units:+d} {sku}")
    answer(_oversold(verdict.oversold))
    if verdict.wrong:
        more = len(verdict.wrong) - _NAMED
        rest = [f"... and {more} more"] if more > 0 else []
        raise FoundWrong("\n".join([*verdict.wrong[:_NAMED], *rest]))
    answer("Every channel shows what it should, and nothing is pending.")
    answer("The shops' order books and the till's sales agree with the ledger to the unit.")


def _say_channels(channels: Sequence[Ended]) -> None:
    columns = [
        Column("channel", whole=True),
        Column("sold", is_number=True),
        Column("cancelled", is_number=True),
        Column("calls", is_number=True),
        Column("per unit", is_number=True),
        Column("p50", is_number=True),
        Column("p99", is_number=True),
    ]
    rows = []
    for one in channels:
        each = f"{one.calls / one.sold:.1f}" if one.sold else "-"
        lags = (percentile(one.lags_s, share) for share in (0.5, 0.99))
        told = ("-" if lag is None else f"{lag:.1f} s" for lag in lags)
        rows.append([one.channel, str(one.sold), str(one.cancelled), str(one.calls), each, *told])
    answer_table(columns, rows)


def _oversold(oversold: Mapping[Sku, int]) -> str:
    if not oversold:
        return "Nothing was oversold."
    named = ", ".join(f"{units} {sku}" for sku, units in sorted(oversold.items()))
    return (
        f"{many(sum(oversold.values()), 'unit')} oversold ({named}): two shoppers bought the same "
        "unit in two shops before either could know. A shared pool does not forbid that; each is "
        "booked, and an incident of exactly that size is open."
    )
