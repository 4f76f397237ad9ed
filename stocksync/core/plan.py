"""What the accounting needs to know of one channel: its places, and how it names goods."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from stocksync.core.ledger import Ledger
from stocksync.core.names import ChannelName, ListingId, LocationName, MerchantName, Sku
from stocksync.core.places import Location, LocationKind
from stocksync.core.rules import Rules

Goods = tuple[tuple[Sku, int], ...]
"""What one unit of a line takes from the shelf: itself, or the components of a bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a channel's units come from and go back to, resolved from the config.

    `names` maps the channel's own words for places to ours; `fold` lets SKUs match
    whatever their case. With `shadow` its numbers are decided and shown, and never written.
    """

    channel: ChannelName
    location: LocationName
    sells_from: tuple[Location, ...]
    places: Mapping[LocationName, Location]
    names: Mapping[str, LocationName] = field(default_factory=dict)
    fold: bool = False
    shadow: bool = False

    def place(self, text: str | None) -> LocationName | None:
        """Return our location for the channel's word, or None if nobody mapped it."""
        if text is None:
            return self.location
        if text in self.names:
            return self.names[text]
        known = LocationName(text)
        return known if known in self.places else None

    def shown_at(self, location: LocationName | None) -> tuple[Location, ...]:
        """Return the places whose units a listing shows: all, or one where each counts apart.

        Units of places that the channel has no word for are shown with those of its own place,
        or of the first that it has a word for.
        """
        if location is None:
            return self.sells_from
        apart = set(self.names.values())
        homes = [self.location, *(place.name for place in self.sells_from), *sorted(apart)]
        home = next((name for name in homes if name in apart), None)
        others = (place for place in self.sells_from if place.name not in apart)
        mine = [self.places[location]] if location in self.places else []
        return (*mine, *others) if location == home else tuple(mine)

    def is_own(self, location: LocationName) -> bool:
        """Return whether this is our own shelf; a place that the config dropped is not."""
        place = self.places.get(location)
        return place is not None and place.kind is LocationKind.OWN

    def split(self, ledger: Ledger, sku: Sku, units: int) -> list[tuple[LocationName, int]]:
        """Return where `units` come from: each place up to what it may offer, then the first own.

        A supplier's number is believed only as far as its trust goes (DESIGN 4, 6).
        """
        taken: dict[LocationName, int] = {}
        left = units
        for place in self.sells_from:
            if left <= 0:
                break
            offered = self._offer(ledger, sku, place)
            if offered > 0:
                taken[place.name] = min(offered, left)
                left -= taken[place.name]
        if left > 0:
            first = next((p.name for p in self.sells_from if self.is_own(p.name)), self.location)
            taken[first] = taken.get(first, 0) + left
        return list(taken.items())

    @staticmethod
    def _offer(ledger: Ledger, sku: Sku, place: Location) -> int:
        free = max(0, ledger.shelf(sku, place.name).free)
        if place.kind is LocationKind.OWN:
            return free
        return int((Decimal(free) * place.trust).to_integral_value(ROUND_FLOOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Why a line cannot be booked yet, and what would help."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One listing as the catalogue knows it: its SKU text and whose number it draws on.

    `levels` are several listings of which nobody knows which one a sale took from.
    """

    sku: str | None
    owner: ListingId
    levels: tuple[ListingId, ...] = ()


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """The part of the merchant's goods that one transaction touches.

    `sold` are the SKUs as which listings are tracked: what they show, whatever they are called.
    """

    known: frozenset[Sku]
    folded: Mapping[str, tuple[Sku, ...]]
    listings: Mapping[tuple[ChannelName, ListingId], Entry]
    bundles: Mapping[Sku, Goods]
    sold: Mapping[tuple[ChannelName, ListingId], Sku] = field(default_factory=dict)

    def find(self, plan: Plan, listing: ListingId | None, text: str | None) -> Sku | Unmapped:
        """Return the SKU of a line: by the channel's ids, then by its SKU text.

        A variation that draws on its parent's stock is the parent's SKU. What a listing shows and
        what its orders take is one SKU: one that was renamed sells what it sold until it is
        matched anew.
        """
        sold = self._sold(plan, listing)
        return sold if sold is not None else self.named(plan, listing, text)

    def named(self, plan: Plan, listing: ListingId | None, text: str | None) -> Sku | Unmapped:
        """Return the SKU that the channel names; if nobody knows it, what was sold until now."""
        for candidate in self._texts(plan, listing, text):
            found = self._by_text(plan, candidate)
            if not isinstance(found, Unmapped) or found.code == "ambiguous-sku":
                return found
        sold = self._sold(plan, listing)
        if sold is not None:
            return sold
        if text is None:
            return Unmapped(
                code="unknown-sku",
                text="the line names no product; map it by importing the channel's catalogue",
            )
        return Unmapped(
            code="unknown-sku",
            text=f"SKU {text} is unknown; count it (stocksync count '{text}=QTY') or mend the shop",
        )

    def goods(self, sku: Sku) -> Goods:
        """Return what one unit of this SKU takes from the shelf."""
        return self.bundles.get(sku, ((sku, 1),))

    def _texts(self, plan: Plan, listing: ListingId | None, text: str | None) -> list[str]:
        texts: list[str] = []
        if listing is not None:
            entry = self.listings.get((plan.channel, listing))
            if entry is not None:
                owner = self.listings.get((plan.channel, entry.owner), entry)
                texts.extend(t for t in (owner.sku,) if t)
        if text is not None:
            texts.append(text)
        return texts

    def _sold(self, plan: Plan, listing: ListingId | None) -> Sku | None:
        entry = None if listing is None else self.listings.get((plan.channel, listing))
        owners = () if entry is None else (entry.owner, *entry.levels)
        found = (self.sold.get((plan.channel, owner)) for owner in owners)
        return next((sku for sku in found if sku in self.known or sku in self.bundles), None)

    def _by_text(self, plan: Plan, text: str) -> Sku | Unmapped:
        exact = Sku(text)
        if exact in self.known or exact in self.bundles:
            return exact
        if plan.fold:
            alike = self.folded.get(text.casefold(), ())
            if len(alike) == 1:
                return alike[0]
            if alike:
                names = ", ".join(alike)
                return Unmapped(
                    code="ambiguous-sku",
                    text=f"SKU {text} fits {names}; write it with its exact letters",
                )
        return Unmapped(code="unknown-sku", text="")


OFFICE = ChannelName("@office")
"""The merchant's own hand: counts and adjustments booked by command, not by a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far the numbers typed into one channel may go before a person looks (None: far).

    More than `zero_share` of its SKUs to zero, more than `skus_in_10m` SKUs in ten minutes,
    more than `units_a_day` units of one SKU a day are an incident (BELIEF, Edits 4).
    """

    zero_share: Decimal | None = None
    skus_in_10m: int | None = None
    units_a_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One merchant as the accounting sees it, resolved from the config.

    `public_url` is where its channels reach us, without a slash at its end; None: they
    cannot, and are polled only.
    """

    name: MerchantName
    places: Mapping[LocationName, Location]
    plans: Mapping[ChannelName, Plan]
    bundles: Mapping[Sku, Goods] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    public_url: str | None = None
    decimals: int = 0
    digest: str = ""

    def chains(self) -> dict[LocationName, str]:
        """Return a name for each group of locations between which channels may choose."""
        group = {name: name for name in self.places}
        for plan in self.plans.values():
            names = {group[place.name] for place in plan.sells_from} | {group[plan.location]}
            first = min(names, default=LocationName(""))
            group = {name: first if told in names else told for name, told in group.items()}
        return {name: str(told) for name, told in group.items()}
