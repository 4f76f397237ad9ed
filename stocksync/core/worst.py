"""Worst: how many units could be oversold now, if every channel sold out before hearing from us.

A component of a bundle is exposed by its own listings, and by each bundle's times its count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stocksync.core import gate
from stocksync.core.listing import ListingKey
from stocksync.core.names import Sku
from stocksync.core.plan import Goods


class Exposed(NamedTuple):
    """The most that one listing may still sell unheard; `unlimited` if it sells below zero."""

    key: ListingKey
    sku: Sku
    units: int
    unlimited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """One SKU of which too much could be sold: by how much, and by which listings.

    `exposed` are in units of this SKU, also those of a bundle that holds it.
    """

    sku: Sku
    units: int
    sellable: int
    exposed: tuple[Exposed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst case of a merchant. `units` is None if a listing without limit bounds nothing.

    `short` are the SKUs behind the number, the largest first.
    """

    units: int | None
    short: tuple[Short, ...]
    unlimited: tuple[Exposed, ...]


def weigh(
    exposed: Iterable[Exposed], bundles: Mapping[Sku, Goods], sellable: Mapping[Sku, int]
) -> Worst:
    """Return what could be oversold of each SKU; one that nobody counted has nothing to sell."""
    by_sku: dict[Sku, list[Exposed]] = defaultdict(list)
    unlimited = []
    for one in exposed:
        if one.unlimited:
            unlimited.append(one)
        for sku, each in bundles.get(one.sku, ((one.sku, 1),)):
            by_sku[sku].append(one if each == 1 else one._replace(units=one.units * each))
    short = []
    for sku, mine in by_sku.items():
        units = gate.worst_case((one.units for one in mine), sellable.get(sku, 0))
        if units:
            here = sellable.get(sku, 0)
            named = tuple(one for one in mine if one.units > 0)
            short.append(Short(sku=sku, units=units, sellable=here, exposed=named))
    short.sort(key=lambda one: (-one.units, one.sku))
    total = None if unlimited else sum(one.units for one in short)
    return Worst(units=total, short=tuple(short), unlimited=tuple(unlimited))
