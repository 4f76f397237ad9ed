"""Numbers into the shop, each only over the number that we believe it shows.

One call a batch, under the batch's key. What the call says wrong of one pair means that none
of its pairs was written: those that it does not name are for later, under a key of their own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from stocksync.channels.base import Batch, Ended, Outcome, Write
from stocksync.channels.errors import Refused, Unknown
from stocksync.channels.shopify import gids
from stocksync.channels.shopify.api import Api, user_errors, words_of
from stocksync.channels.shopify.documents import LIST_MAX, SET
from stocksync.core.units import written

FIELD: Final = "inventorySetQuantities"
REASON: Final = "correction"
_MOST = 1_000_000_000
_STALE = "CHANGE_FROM_QUANTITY_STALE"
_WAYS_OUT = {
    "INVALID_INVENTORY_ITEM": "it is not in the shop any more; read the catalogue again",
    "INVALID_LOCATION": "its location is not in the shop any more; correct `locations`",
    "NON_MUTABLE_INVENTORY_ITEM": "it is a bundle of others and keeps no number of its own; "
    "delete its mapping",
}


class Writer:
    """Writes batches to one shop, in units of 10^-decimals."""

    def __init__(self, api: Api, *, decimals: int) -> None:
        self._api = api
        self._decimals = decimals

    def push(self, batch: Batch) -> Sequence[Ended]:
        """Write the numbers; one ending for each. `CallError` only if it holds for all of them.

        The same batch gives the same bytes under the same key, so that it may be sent again.
        """
        unfit = [odd for odd in map(self._unfit, batch.writes) if odd is not None]
        kept_out = {one.listing for one in unfit}
        fit = [
            (one, level)
            for one in batch.writes
            if one.target.listing not in kept_out
            and (level := gids.level_of(one.target.listing)) is not None
        ]
        now = [one for one, _ in fit[:LIST_MAX]]
        if not now:
            return unfit
        variables = {
            "input": {
                "name": "available",
                "reason": REASON,
                "referenceDocumentUri": f"gid://stocksync/Push/{batch.key}",
                "quantities": [self._quantity(one, level) for one, level in fit[:LIST_MAX]],
            }
        }
        errors = user_errors(self._api.run(SET, variables, key=batch.key), FIELD)
        ended = self._judged(now, errors) if errors else [self._confirmed(one) for one in now]
        later = [_ending(one, Outcome.LATER) for one, _ in fit[LIST_MAX:]]
        return [*unfit, *ended, *later]

    def _quantity(self, write: Write, level: gids.Level) -> dict[str, Any]:
        return {
            "inventoryItemId": gids.gid("InventoryItem", level.item),
            "locationId": gids.gid("Location", level.location),
            "quantity": self._whole(_number(write)),
            "changeFromQuantity": self._whole(write.expected),
        }

    def _unfit(self, write: Write) -> Ended | None:
        """Return how a write ends that the shop could not even be asked for."""
        listing = write.target.listing
        if gids.level_of(listing) is None:
            return _ending(
                write, Outcome.REFUSED, f"{listing} is no item at a location; map its levels"
            )
        for units in (_number(write), write.expected):
            told = Decimal(units).scaleb(-self._decimals)
            if told != told.to_integral_value() or abs(told) > _MOST:
                number = written(units, self._decimals)
                words = f"Shopify counts in whole numbers and cannot show {number}"
                return _ending(write, Outcome.REFUSED, words)
        return None

    def _whole(self, units: int) -> int:
        return int(Decimal(units).scaleb(-self._decimals))

    def _confirmed(self, write: Write) -> Ended:
        number = _number(write)
        return Ended(listing=write.target.listing, outcome=Outcome.CONFIRMED, shown=number)

    def _judged(
        self, writes: Sequence[Write], errors: Sequence[Mapping[str, Any]]
    ) -> Sequence[Ended]:
        codes = {str(one.get("code")) for one in errors}
        if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
            raise Unknown("in-progress", f"{self._api.host} still works on this very push")
        if "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in codes:
            # Whatever went under this key before may have been written.
            raise Unknown("key-reused", f"{self._api.host} knows this key with other numbers")
        if "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in codes:
            words = "an earlier try was turned away, most likely over another number"
            return [_ending(one, Outcome.STALE, words) for one in writes]
        stale, refused = set[int](), dict[int, Mapping[str, Any]]()
        for error in errors:
            at = _index(error, len(writes))
            if error.get("code") == _STALE:
                stale |= set(range(len(writes))) if at is None else {at}
            elif at is not None:
                refused[at] = error
            else:
                raise Refused(str(error.get("code")), f"{self._api.host}: {words_of(error)}")
        named = {at: _stale(writes[at]) for at in stale}
        named |= {at: _refused(writes[at], error) for at, error in refused.items()}
        return [named[at] if at in named else _late(one) for at, one in enumerate(writes)]


def _index(error: Mapping[str, Any], count: int) -> int | None:
    """Return which pair an error is about, or None if it does not say; one pair needs no name."""
    field = error.get("field")
    path = [str(part) for part in field] if isinstance(field, list) else []
    if path[:2] == ["input", "quantities"] and len(path) > 2:
        at = int(path[2]) if re.fullmatch(r"[0-9]{1,4}", path[2]) else count
        if at < count:
            return at
    return 0 if count == 1 else None


def _refused(write: Write, error: Mapping[str, Any]) -> Ended:
    code = str(error.get("code"))
    way_out = _WAYS_OUT.get(code, "settle that in the shop, or delete its mapping")
    words = f"the shop refuses {write.target.listing}: {words_of(error)} ({code}); {way_out}"
    return _ending(write, Outcome.REFUSED, words)


def _stale(write: Write) -> Ended:
    words = "it shows another number than we believed"
    return replace(_ending(write, Outcome.STALE, words), kept=True)


def _late(write: Write) -> Ended:
    words = "another number of its call could not be written"
    return replace(_ending(write, Outcome.LATER, words), judged=False)


def _number(write: Write) -> int:
    return max(0, write.number)


def _ending(write: Write, outcome: Outcome, words: str = "") -> Ended:
    return Ended(listing=write.target.listing, outcome=outcome, words=words)
