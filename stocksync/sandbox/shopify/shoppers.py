"""Who may buy what, and which locations are to ship it."""

from dataclasses import dataclass

from stocksync.sandbox.dice import Dice
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.products import Location, Policy, Variant
from stocksync.sandbox.shopify.stockroom import Level


class OutOfStock(Exception):
    """The shop sends a shopper away."""

    def __init__(self, sku: str, left: int) -> None:
        super().__init__(f"only {left} of {sku} can be bought")
        self.sku = sku
        self.left = left


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line that somebody asks for; without a variant it is a custom line."""

    variant: Variant | None
    units: int
    title: str
    price_cents: int = 1000


class Shoppers:
    """Looks at the shelves for people who buy online."""

    def __init__(self, house: House, dice: Dice) -> None:
        self._house = house
        self._dice = dice

    def check(self, wanted: list[Wanted]) -> None:
        """Raise `OutOfStock` for what online shoppers may not buy."""
        asked: dict[int, int] = {}
        for one in wanted:
            if one.variant is not None:
                item = one.variant.item
                asked[item.id] = asked.get(item.id, 0) + one.units
        for one in wanted:
            if one.variant is not None:
                self._check(one.variant, asked[one.variant.item.id])

    def routes(self, variant: Variant, units: int) -> list[tuple[Location, int]]:
        """Return which locations ship a line: one that has it all, else several."""
        levels = self._sellable(variant) or self._any(variant)
        if not levels:
            return [(self._first_location(), units)]
        for level in levels:
            if level.available >= units:
                return [(level.location, units)]
        found = []
        left = units
        for level in levels:
            taken = max(0, min(left, level.available))
            if taken:
                found.append((level.location, taken))
                left -= taken
        if left and found:  # nobody has the rest: the first oversells
            location, taken = found[0]
            found[0] = (location, taken + left)
        return found or [(levels[0].location, units)]

    def _check(self, variant: Variant, units: int) -> None:
        if not variant.item.tracked or variant.policy is Policy.CONTINUE:
            return
        left = sum(max(0, level.available) for level in self._sellable(variant))
        if left >= units or self._dice.falls(self._house.knobs.oversell):
            return
        sku = variant.sku or ""
        self._house.log.refused[sku] += units
        raise OutOfStock(sku, left)

    def _sellable(self, variant: Variant) -> list[Level]:
        return [
            level
            for level in self._house.stockroom.of(variant.item)
            if level.active and level.location.active and level.location.fulfils_online
        ]

    def _any(self, variant: Variant) -> list[Level]:
        return [one for one in self._house.stockroom.of(variant.item) if one.location.active]

    def _first_location(self) -> Location:
        locations = self._house.catalogue.locations.values()
        return next((one for one in locations if one.active), next(iter(locations)))
