"""Numbers into the shop, and what its answer says of each of them."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stocksync.channels.base import Batch, Ended, Outcome, Write
from stocksync.channels.errors import CallError, Refused, Unknown
from stocksync.channels.woocommerce import bodies, products
from stocksync.channels.woocommerce.api import Api, error_of
from stocksync.channels.woocommerce.pace import Pace
from stocksync.core.units import written

SPREAD = timedelta(seconds=20)
"""How long after its first call a batch may begin another one; the rest is for later."""

_GONE = frozenset(
    {"woocommerce_rest_product_invalid_id", "woocommerce_rest_product_variation_invalid_id"}
)
_MOVED = "woocommerce_rest_invalid_product_id"
_READ_AGAIN = "read the catalogue again, or delete its mapping"


class Writer:
    """Writes batches to one shop, in calls of a size that it bears."""

    def __init__(
        self,
        api: Api,
        *,
        decimals: int,
        by_delta: bool,
        most: int,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._decimals = decimals
        self._by_delta = by_delta
        self._pace = Pace(most)
        self._seconds = seconds

    def push(self, batch: Batch) -> Sequence[Ended]:
        """Write the numbers; one ending for each. `CallError` only if it holds for all of them.

        A batch takes several calls where it names variations of several products. A part that
        was refused took no effect, so it is halved and sent again at once.
        """
        unfit = [odd for odd in map(self._unfit, batch.writes) if odd is not None]
        kept_out = {one.listing for one in unfit}
        fit = [one for one in batch.writes if one.target.listing not in kept_out]
        waiting, ended = deque(self._calls(fit)), list[Ended]()
        began = self._seconds()
        while waiting:
            path, writes = waiting.popleft()
            later = [one for _, rest in waiting for one in rest]
            if ended and self._seconds() - began > SPREAD.total_seconds():
                ended += _all(Outcome.LATER, [*writes, *later])
                break
            try:
                ended += self._call(path, writes)
            except CallError as e:
                self._pace.failed(e)
                if isinstance(e, Refused) and e.code in _GONE:
                    ended += [_gone(one) for one in writes]
                elif len(writes) == len(batch.writes):
                    raise
                elif isinstance(e, Refused) and len(writes) == 1:
                    ended += _all(Outcome.REFUSED, writes, e.detail)
                elif isinstance(e, Refused):
                    half = len(writes) // 2
                    waiting.extendleft([(path, writes[half:]), (path, writes[:half])])
                elif isinstance(e, Unknown):
                    ended += _all(Outcome.UNKNOWN, writes, e.detail)
                    ended += _all(Outcome.LATER, later, e.detail)
                    break
                elif ended:
                    ended += _all(Outcome.LATER, [*writes, *later], e.detail)
                    break
                else:
                    raise
        return [*unfit, *ended]

    def _calls(self, writes: Sequence[Write]) -> Iterator[tuple[str, list[Write]]]:
        by_path: defaultdict[str, list[Write]] = defaultdict(list)
        for one in writes:
            parent = one.target.parent
            path = "products/batch" if parent is None else f"products/{parent}/variations/batch"
            by_path[path].append(one)
        for path, some in by_path.items():
            size = self._pace.size
            yield from ((path, some[at : at + size]) for at in range(0, len(some), size))

    def _call(self, path: str, writes: Sequence[Write]) -> list[Ended]:
        answer = self._api.write("POST", path, {"update": [self._item(one) for one in writes]})
        rows = answer.get("update") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise Unknown("odd-answer", "the shop answered a batch without saying what it updated")
        self._pace.answered()
        told = {str(row.get("id")): row for row in rows if isinstance(row, dict)}
        return [self._ended(one, told.get(one.target.listing)) for one in writes]

    def _item(self, write: Write) -> dict[str, int]:
        entry = int(write.target.listing)
        if self._by_delta:
            return {"id": entry, "inventory_delta": self._whole(_number(write) - write.expected)}
        return {"id": entry, "stock_quantity": self._whole(_number(write))}

    def _unfit(self, write: Write) -> Ended | None:
        """Return how a write ends that the shop could not even be asked for."""
        ids = (write.target.listing, write.target.parent)
        if not all(one is None or (one.isascii() and one.isdecimal()) for one in ids):
            return _refused(write, f"{write.target.listing} is no id of WooCommerce")
        change = write.expected if self._by_delta else 0
        units = Decimal(_number(write) - change).scaleb(-self._decimals)
        if units != units.to_integral_value():
            number = written(_number(write), self._decimals)
            return _refused(write, f"WooCommerce counts in whole numbers and cannot show {number}")
        return None

    def _whole(self, units: int) -> int:
        return int(Decimal(units).scaleb(-self._decimals))

    def _ended(self, write: Write, row: Mapping[str, Any] | None) -> Ended:
        if row is None:
            return _ending(write, Outcome.UNKNOWN, "the shop's answer does not name it")
        if row.get("error") is not None:
            return _failed(write, row["error"])
        product = bodies.product(row)
        managed, listing = product["manage_stock"], write.target.listing
        if managed == "parent":
            return _refused(
                write,
                f"{listing} sells from the stock of its parent {write.target.parent}, which takes "
                f"the number; {_READ_AGAIN}",
            )
        if managed is False or (managed is True and row.get("stock_quantity") is None):
            return _refused(
                write,
                f"the shop keeps no number for {listing}; switch on its stock management there "
                "(Inventory > Track stock quantity), or delete its mapping",
            )
        shown = products.level(product, self._decimals)
        if shown is None or not (self._by_delta or shown == _number(write)):
            now = "something else" if shown is None else written(shown, self._decimals)
            sent = written(_number(write), self._decimals)
            words = f"the shop was told {sent} for {listing} and answered with {now}"
            return _ending(write, Outcome.UNKNOWN, words)
        return Ended(listing=listing, outcome=Outcome.CONFIRMED, shown=shown)


def _number(write: Write) -> int:
    return max(0, write.number)


def _failed(write: Write, error: Any) -> Ended:
    code, words = error_of(error)
    data = error.get("data") if isinstance(error, dict) else None
    status = data.get("status") if isinstance(data, dict) else data
    listing = write.target.listing
    if code in _GONE:
        return _gone(write)
    if code == _MOVED:
        return _refused(
            write,
            f"{listing} is a variation in the shop, and we took it for a product; {_READ_AGAIN}",
        )
    said = f"the shop said of {listing}: {words or code or 'an error without words'}"
    surely_not = isinstance(status, int) and 400 <= status < 500
    return _ending(write, Outcome.REFUSED if surely_not else Outcome.UNKNOWN, said)


def _gone(write: Write) -> Ended:
    return _refused(write, f"{write.target.listing} is not in the shop any more; {_READ_AGAIN}")


def _refused(write: Write, words: str) -> Ended:
    return _ending(write, Outcome.REFUSED, words)


def _all(outcome: Outcome, writes: Sequence[Write], words: str = "") -> list[Ended]:
    return [_ending(one, outcome, words) for one in writes]


def _ending(write: Write, outcome: Outcome, words: str) -> Ended:
    return Ended(listing=write.target.listing, outcome=outcome, words=words)
