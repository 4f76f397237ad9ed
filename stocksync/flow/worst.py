"""Worst: gather what every channel may still sell, and what there is to sell (DESIGN 1.4)."""

from collections import Counter, defaultdict
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.names import LocationName, Sku
from stocksync.core.places import Lent, Location, LocationKind, lent_units
from stocksync.core.plan import OFFICE, Trade
from stocksync.core.worst import Worst, weigh
from stocksync.flow import offers
from stocksync.store import supply, views


def worst_case(tx: Connection, trade: Trade, now: datetime) -> Worst:
    """Return how many units could be oversold right now, and why."""
    exposed = [one for one in views.exposures(tx, trade.name) if one.key.channel in trade.plans]
    return weigh(exposed, trade.bundles, _sellable(tx, trade, now))


def _sellable(tx: Connection, trade: Trade, now: datetime) -> Counter[Sku]:
    """Return what all channels together may sell: own shelves, and what suppliers are worth.

    What a shop keeps for an unpaid checkout is still in the number that it shows.
    """
    places = _places(trade)
    own: Counter[Sku] = Counter()
    lent: dict[Sku, list[Lent]] = defaultdict(list)
    for sku, name, free, as_of in supply.everywhere(tx, trade.name):
        place = places.get(name)
        if place is None:
            continue
        match place.kind:
            case LocationKind.OWN:
                own[sku] += free
            case LocationKind.SUPPLIER:
                lent[sku].append(Lent.of(place, free, as_of, now))
    held = supply.held(tx, trade.name)
    soft = supply.soft_of(tx, trade.name, offers.sold_with(trade, held)) if held else {}
    for (_, sku, name), kept in soft.items():
        own[sku] += kept if name in places else 0
    return Counter(
        {sku: max(0, own[sku]) + lent_units(lent.get(sku, ()), 0) for sku in {*own, *lent}}
    )


def _places(trade: Trade) -> dict[LocationName, Location]:
    """Return every place that a channel sells from."""
    return {
        place.name: place
        for name, plan in trade.plans.items()
        if name != OFFICE
        for place in plan.sells_from
    }
