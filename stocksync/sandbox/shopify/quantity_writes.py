"""Clients set and adjust numbers: all rules first, then all pairs or none."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stocksync.sandbox.shopify.api_errors import ApiError, user_error
from stocksync.sandbox.shopify.happenings import Act
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.products import Item, Location
from stocksync.sandbox.shopify.record import Refusal, Write
from stocksync.sandbox.shopify.shelf_views import ShelfViews, View, gid, moment
from stocksync.sandbox.shopify.stockroom import ON_HAND, State

MOST = 1_000_000_000
REASONS = frozenset(
    {
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    }
)
ADJUSTABLE = frozenset(State) - {State.COMMITTED}
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One number that a call wants to change."""

    place: Path  # in the input: input, quantities, 0
    item_gid: str
    location_gid: str
    expected: int | None
    to: int | None = None
    delta: int | None = None
    document: str | None = None


class QuantityWrites:
    """Writes what clients ask for. The caller holds the shop's lock."""

    def __init__(self, house: House, shelves: ShelfViews) -> None:
        self._house = house
        self._shelves = shelves
        # Called for each pair when the call has arrived, before its number is looked at.
        self.race_hook: Callable[[str | None, str], object] | None = None

    def set(self, told: Mapping[str, Any], key: str) -> View:
        """Set `available` or `on_hand` of pairs."""
        pairs = _pairs(told, "quantities", "InventoryQuantityInput")
        name = told["name"]
        errors = []
        if name not in (State.AVAILABLE, ON_HAND):
            said = "The quantity name must be either 'available' or 'on_hand'."
            errors.append(user_error(said, ("input", "name"), "INVALID_NAME"))
        errors += _about_call(told)
        errors += _about_doubles(pairs)
        for pair in pairs:
            errors += _about_bounds(pair, name, pair.to or 0)
        return self._write(pairs, name, told, key, errors)

    def adjust(self, told: Mapping[str, Any], key: str) -> View:
        """Change numbers by so much, whatever they are."""
        pairs = _pairs(told, "changes", "InventoryChangeInput")
        name = told["name"]
        errors = []
        if name not in ADJUSTABLE:
            said = "The specified quantity name is invalid."
            errors.append(user_error(said, ("input", "name"), "INVALID_QUANTITY_NAME"))
        errors += _about_call(told)
        for pair in pairs:
            where = (*pair.place, "ledgerDocumentUri")
            if name == State.AVAILABLE and pair.document is not None:
                said = "A ledger document URI is not allowed when adjusting available."
                errors.append(user_error(said, where, "INVALID_AVAILABLE_DOCUMENT"))
            if name != State.AVAILABLE and name in ADJUSTABLE and pair.document is None:
                said = "A ledger document URI is required except when adjusting available."
                errors.append(user_error(said, where, "INVALID_QUANTITY_DOCUMENT"))
        return self._write(pairs, name, told, key, errors)

    def _write(
        self,
        pairs: Sequence[Pair],
        name: str,
        told: Mapping[str, Any],
        key: str,
        errors: list[Mapping[str, Any]],
    ) -> View:
        found = [self._found(pair, errors) for pair in pairs]
        if self.race_hook is not None:
            for there in found:
                if there is not None:
                    self.race_hook(there[0].sku, there[1].name)
        if not errors:
            for pair, there in zip(pairs, found, strict=True):
                if there is not None:
                    errors += self._about_numbers(pair, there, name)
        if errors:
            self._refuse(pairs, errors, key)
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        act = self._house.act()
        changes: list[View] = []
        for pair, there in zip(pairs, found, strict=True):
            if there is not None:
                changes += self._apply(pair, there, name, key, act)
        self._house.tell(act)
        return {"inventoryAdjustmentGroup": self._group(changes, told, act), "userErrors": []}

    def _found(self, pair: Pair, errors: list[Mapping[str, Any]]) -> tuple[Item, Location] | None:
        catalogue = self._house.catalogue
        item = _by_gid(catalogue.items, "InventoryItem", pair.item_gid)
        location = _by_gid(catalogue.locations, "Location", pair.location_gid)
        if item is None:
            said = "The specified inventory item could not be found."
            where = (*pair.place, "inventoryItemId")
            errors.append(user_error(said, where, "INVALID_INVENTORY_ITEM"))
        elif any(one.requires_components for one in catalogue.selling(item)):
            said = "The specified inventory item is not allowed to be adjusted via API."
            where = (*pair.place, "inventoryItemId")
            errors.append(user_error(said, where, "NON_MUTABLE_INVENTORY_ITEM"))
        if location is None:
            said = "The specified location could not be found."
            errors.append(user_error(said, (*pair.place, "locationId"), "INVALID_LOCATION"))
        return None if item is None or location is None else (item, location)

    def _about_numbers(
        self, pair: Pair, there: tuple[Item, Location], name: str
    ) -> list[Mapping[str, Any]]:
        level = self._house.stockroom.find(*there)
        now = 0 if level is None else level.quantity(name)
        if pair.expected is not None and pair.expected != now:
            named = self._house.knobs.stale_field
            return [
                user_error(
                    "The change from quantity does not match the quantity that is stored.",
                    (*pair.place, named) if named else None,
                    "CHANGE_FROM_QUANTITY_STALE",
                )
            ]
        return [] if pair.delta is None else _about_bounds(pair, name, now + pair.delta)

    def _apply(
        self, pair: Pair, there: tuple[Item, Location], name: str, key: str, act: Act
    ) -> list[View]:
        # A pair that was never stocked takes its number and does not sell it.
        level = self._house.level(*there, act, active=False)
        before = level.quantity(name)
        if pair.to is not None:
            delta = self._house.stockroom.set(level, name, pair.to, act)
        else:
            delta = pair.delta or 0
            self._house.stockroom.adjust(level, State(name), delta, act)
        blind = pair.expected is None and pair.to is not None
        self._house.log.wrote(
            Write(
                at=act.at,
                sku=level.item.sku,
                item_id=level.item.id,
                location_id=level.location.id,
                name=name,
                before=before,
                after=before + delta,
                expected=pair.expected,
                relative=pair.to is None,
                lost=level.unread if blind else 0,
                key=key,
            )
        )
        level.unread = 0
        moved = [name] if name == State.INCOMING else [name, ON_HAND]
        if name == ON_HAND:
            moved = [str(State.AVAILABLE), ON_HAND]
        if delta == 0:
            return []
        return [
            {
                "name": one,
                "delta": delta,
                "quantityAfterChange": None,
                "ledgerDocumentUri": pair.document,
                "item": lambda _: self._shelves.item(level.item),
                "location": lambda _: self._shelves.location(level.location),
            }
            for one in moved
        ]

    def _group(self, changes: list[View], told: Mapping[str, Any], act: Act) -> View | None:
        if not changes:
            return None
        return {
            "__typename": "InventoryAdjustmentGroup",
            "id": gid("InventoryAdjustmentGroup", self._house.ids.new("group")),
            "createdAt": moment(act.at),
            "reason": told["reason"],
            "referenceDocumentUri": told.get("referenceDocumentUri"),
            "changes": lambda _, **asked: _only(changes, asked.get("quantityNames")),
        }

    def _refuse(self, pairs: Sequence[Pair], errors: Sequence[Mapping[str, Any]], key: str) -> None:
        for error in errors:
            field = error["field"] or ()
            for pair in pairs:
                if tuple(field[:3]) == pair.place:
                    self._house.log.refusals.append(
                        Refusal(
                            at=self._house.clock(),
                            item=pair.item_gid,
                            location=pair.location_gid,
                            code=error["code"],
                            key=key,
                        )
                    )


def _only(changes: list[View], names: list[str] | None) -> list[View]:
    return [one for one in changes if names is None or one["name"] in names]


def _pairs(told: Mapping[str, Any], listed: str, kind: str) -> list[Pair]:
    if any("changeFromQuantity" not in one for one in told[listed]):
        raise ApiError(
            "INVALID_FIELD_ARGUMENTS",
            f"{kind} must include the following argument: changeFromQuantity.",
        )
    return [
        Pair(
            place=("input", listed, str(place)),
            item_gid=one["inventoryItemId"],
            location_gid=one["locationId"],
            expected=one["changeFromQuantity"],
            to=one.get("quantity"),
            delta=one.get("delta"),
            document=one.get("ledgerDocumentUri"),
        )
        for place, one in enumerate(told[listed])
    ]


def _about_call(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = []
    if told["reason"] not in REASONS:
        said = "The specified reason is invalid."
        errors.append(user_error(said, ("input", "reason"), "INVALID_REASON"))
    document = told.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        said = "The specified reference document is invalid."
        where = ("input", "referenceDocumentUri")
        errors.append(user_error(said, where, "INVALID_REFERENCE_DOCUMENT"))
    return errors


def _about_doubles(pairs: Sequence[Pair]) -> list[Mapping[str, Any]]:
    times = Counter((one.item_gid, one.location_gid) for one in pairs)
    said = "The combination of inventoryItemId and locationId must be unique."
    code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    return [
        user_error(said, (*one.place, "locationId"), code)
        for one in pairs
        if times[one.item_gid, one.location_gid] > 1
    ]


def _about_bounds(pair: Pair, name: str, number: int) -> list[Mapping[str, Any]]:
    where = (*pair.place, "quantity" if pair.delta is None else "delta")
    if name == ON_HAND and number < 0:
        said = "The quantity can't be negative."
        return [user_error(said, where, "INVALID_QUANTITY_NEGATIVE")]
    if number > MOST:
        said = f"The quantity can't be higher than {MOST:,}."
        return [user_error(said, where, "INVALID_QUANTITY_TOO_HIGH")]
    if number < -MOST or (number < 0 and pair.delta is not None and name != State.AVAILABLE):
        said = f"The quantity can't be lower than {-MOST:,}."
        return [user_error(said, where, "INVALID_QUANTITY_TOO_LOW")]
    return []


def _by_gid(things: Mapping[int, Any], kind: str, told: str) -> Any | None:
    start = gid(kind, 0)[:-1]
    number = told.removeprefix(start)
    if not told.startswith(start) or not number.isdecimal():
        return None
    return things.get(int(number))
