"""import and link: begin to keep a channel right, the first with its stock, others by SKU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from stocksync.cli import foreground
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, first_shop
from stocksync.cli.saying import FoundWrong, answer, answer_json, many, talk, visible
from stocksync.cli.sides import one_channel
from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import Sku
from stocksync.flow import link
from stocksync.flow.outgoing import Outgoing
from stocksync.flow.track import Matched
from stocksync.store import goods
from stocksync.wiring import utc_now

_NAMED = 10

_timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, max=86_400),
    default=600.0,
    show_default=True,
    metavar="S",
    help="Seconds to wait at most until every listing is read to certainty.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What linking a channel brought. `known` were counted before; their count stands."""

    matched: Matched
    orders: int
    booked: Sequence[Sku] = ()
    known: int = 0
    unsettled: int = 0

    @property
    def nameless(self) -> list[CatalogueEntry]:
        """Return the entries without a SKU."""
        return [one for one in self.matched.unknown if not one.sku]

    @property
    def unmatched(self) -> list[CatalogueEntry]:
        """Return the entries whose SKU is not one of ours."""
        return [one for one in self.matched.unknown if one.sku]


@click.command("import")
@click.argument("channel")
@_timeout_option
@json_option
@installation_options
@click.pass_obj
def import_(asked: Asked, channel: str, timeout: float, as_json: bool) -> None:
    """Take the first stock and catalogue from a channel: its numbers become the first count.

    What its open orders hold is added, since those parcels are still on the shelf. Goods that
    were counted before keep their count. Nothing is written to the channel before `go-live`.
    """
    _run(asked, channel, timeout, learn=True, as_json=as_json)


@click.command("link")
@click.argument("channel")
@_timeout_option
@json_option
@installation_options
@click.pass_obj
def link_(asked: Asked, channel: str, timeout: float, as_json: bool) -> None:
    """Match another channel with the goods that are known, by SKU.

    Its stock numbers are not believed: ours will be written there once it goes live.
    """
    _run(asked, channel, timeout, learn=False, as_json=as_json)


def _run(asked: Asked, channel: str, timeout: float, *, learn: bool, as_json: bool) -> None:
    with first_shop(asked, utc_now()) as here:
        one = one_channel(here, channel)
        found = _link(here, one, timeout, learn=learn)
        if as_json:
            answer_json(_plain(here, one, found, learn=learn))
        else:
            _say(one, found, learn=learn)
        if found.unsettled:
            again = "import" if learn else "link"
            raise FoundWrong(
                f"{many(found.unsettled, 'listing')} could not be read to certainty yet"
                + ("; those are not counted" if learn else "")
                + f"; go on with: stocksync {again} {one.name}"
            )


def _link(here: Shop, one: Outgoing, timeout: float, *, learn: bool) -> _Found:
    linking = link.Linking(one=one, learn=learn)
    orders = 0
    with foreground.progress() as bars:
        reading = bars.add_task("catalogue", total=None)
        for step in linking.run():
            bars.update(reading, description=step.doing, completed=step.done)
            orders = step.done if step.doing == "open orders" else orders
        matched = linking.matched
        assert matched is not None  # noqa: S101 it has run to its end
        checking = bars.add_task("checking", total=len(matched.known))

        def is_settled() -> bool:
            left = link.unsettled(one)
            bars.update(checking, completed=max(0, len(matched.known) - left))
            return left == 0

        foreground.work(here, [one], is_settled, timeout)
    booked: Sequence[Sku] = link.count_from(one, utc_now()) if learn else ()
    with here.database.reading() as tx:
        counted = goods.counted(tx, here.name, set(matched.known.values()))
    return _Found(
        matched=matched,
        orders=orders,
        booked=booked,
        known=len(counted - set(booked)),
        unsettled=link.unsettled(one),
    )


def _say(one: Outgoing, found: _Found, *, learn: bool) -> None:
    matched = found.matched
    listed = many(len(matched.known), "listing")
    answer(
        f"{one.name} is linked: {listed} of {many(len(set(matched.known.values())), 'SKU')}, "
        f"{many(found.orders, 'open order')}"
    )
    if learn:
        _say_counted(one, found)
    twins = [f"{visible(sku)} ({', '.join(ids)})" for sku, ids in sorted(matched.twice.items())]
    for names, what, way_out in (
        (
            [_name(e) for e in found.unmatched],
            ("SKU there that we do not know", "SKUs there that we do not know"),
            "count it here, or mend it there",
        ),
        (
            [f"entry {visible(e.listing)}" for e in found.nameless],
            ("entry without a SKU", "entries without a SKU"),
            "give each a SKU there",
        ),
        (
            [_name(e) for e in matched.unmanaged],
            ("entry that keeps no stock number", "entries that keep no stock number"),
            "let each keep one there; until then it sells without end",
        ),
        (
            twins,
            ("SKU that stands on several entries", "SKUs that stand on several entries"),
            "give each entry its own SKU there; until then no number is written to them",
        ),
    ):
        if names:
            answer(f"left out, {many(len(names), *what)}: {_some(names)}")
            talk(f"  {way_out}, then: stocksync link {one.name}")
    known = one.link()
    if not found.unsettled and known is not None and known.live_at is None:
        go = f"stocksync go-live {one.name}"
        talk(f"look at it: stocksync listings; let our numbers go out: {go}")


def _say_counted(one: Outgoing, found: _Found) -> None:
    place = one.plan.location
    if found.booked:
        answer(f"counted {many(len(found.booked), 'SKU')} at {place}, as {one.name} shows them")
    if found.known:
        stands = many(found.known, "SKU was", "SKUs were")
        answer(f"{stands} counted before, and that count stands")
    if not found.booked and found.known:
        talk(f"there was nothing to import; to match its entries again: stocksync link {one.name}")


def _name(entry: CatalogueEntry) -> str:
    return visible(entry.sku or f"entry {entry.listing}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _plain(here: Shop, one: Outgoing, found: _Found, *, learn: bool) -> dict[str, Any]:
    matched = found.matched
    told = {
        "merchant": here.name,
        "channel": one.name,
        "listings": len(matched.known),
        "skus": len(set(matched.known.values())),
        "open_orders": found.orders,
        "unknown": [e.sku for e in found.unmatched],
        "without_sku": [e.listing for e in found.nameless],
        "unmanaged": [e.sku or e.listing for e in matched.unmanaged],
        "duplicates": {sku: list(ids) for sku, ids in sorted(matched.twice.items())},
        "unsettled": found.unsettled,
    }
    return {**told, "counted": sorted(found.booked)} if learn else told
