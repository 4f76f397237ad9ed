"""What happens at a till: it sells, takes back, counts, and tells of it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random

from stocksync.sandbox.clockwork import Clockwork, utc_now
from stocksync.sandbox.till import signing
from stocksync.sandbox.till.book import Book, Entry
from stocksync.sandbox.till.knobs import Knobs
from stocksync.sandbox.till.levels import Levels
from stocksync.sandbox.till.outbox import Outbox

Amounts = Mapping[str, int | str | Decimal]


class Floor(Clockwork):
    """The shop floor. Where no location is named, the first one is meant."""

    def __init__(
        self,
        name: str,
        *,
        webhook_secret: str,
        locations: Sequence[str] = ("main",),
        seed: int = 1,
        clock: Callable[[], datetime] = utc_now,
        knobs: Knobs | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.knobs = knobs or Knobs()
        self._clock = clock
        self._locations = tuple(locations)
        self._lock = threading.RLock()
        self._levels = Levels(self.knobs, self._locations)
        self._book = Book(name, "register-1")
        chance = Random(seed)  # noqa: S311 mishaps are no secrets
        self._outbox = Outbox(signing.key_of(webhook_secret), self.knobs, chance)
        self._untold: list[Entry] = []

    def put(
        self, units: Amounts, location: str | None = None, *, last_sequence: int | None = None
    ) -> None:
        """Show these numbers, as if somebody typed them in; no event tells of it."""
        place = location or self._locations[0]
        with self._lock:
            for sku, quantity in units.items():
                shown = Decimal(quantity)
                self._levels.put(sku, place, shown, self._clock(), last_sequence)

    def shows(self, sku: str, location: str | None = None) -> Decimal:
        """Return the number that a SKU shows; 0 if it was never here."""
        with self._lock:
            return self._levels.quantity(sku, location or self._locations[0])

    def last_sequence(self, sku: str, location: str | None = None) -> int:
        """Return the number of the last write that a SKU took."""
        with self._lock:
            return self._levels.last_sequence(sku, location or self._locations[0])

    def sell(
        self,
        units: Amounts,
        location: str | None = None,
        *,
        tell: bool = True,
        below_zero: bool = False,
    ) -> str | None:
        """Sell, and return the number of the receipt; None if it does not show enough.

        Without `tell` nobody hears of it until `tell_all`, or until somebody asks.
        """
        place, sold = location or self._locations[0], _units(units)
        with self._lock:
            enough = all(self._levels.quantity(sku, place) >= much for sku, much in sold.items())
            if not enough and not below_zero:
                return None
            entry = self._book.sale(sold, place, self._clock())
            self._moved(entry, {sku: -much for sku, much in sold.items()}, place, tell=tell)
            return str(entry.event["data"]["receipt_id"])

    def void(self, receipt: str, *, tell: bool = True) -> None:
        """Undo a receipt; its units stand on the shelf again."""
        with self._lock:
            place, sold = self._book.sold_in(receipt)
            self._moved(self._book.void(receipt, self._clock()), sold, place, tell=tell)

    def take_back(
        self,
        receipt: str | None,
        units: Amounts,
        *,
        restock: bool | None = None,
        tell: bool = True,
    ) -> None:
        """Take goods back, with their receipt or without; only with `restock` it shows them again.

        Without a receipt they stand at the first location.
        """
        with self._lock:
            place, back = self._locations[0], _units(units)
            if receipt is not None:
                place, _ = self._book.sold_in(receipt)
            entry = self._book.goods_back(receipt, back, place, self._clock(), restock=restock)
            self._moved(entry, back if restock else {}, place, tell=tell)

    def count(self, units: Amounts, location: str | None = None, *, tell: bool = True) -> None:
        """Count the shelf: it shows these numbers from now on."""
        place, counted = location or self._locations[0], _units(units)
        with self._lock:
            entry = self._book.counted(counted, place, self._clock())
            by = {sku: much - self._levels.quantity(sku, place) for sku, much in counted.items()}
            self._moved(entry, by, place, tell=tell)

    def receive(self, units: Amounts, location: str | None = None, *, tell: bool = True) -> None:
        """Take goods in."""
        place, came = location or self._locations[0], _units(units)
        with self._lock:
            entry = self._book.received(came, place, self._clock())
            self._moved(entry, came, place, tell=tell)

    def adjust(
        self, units: Amounts, reason: str, location: str | None = None, *, tell: bool = True
    ) -> None:
        """Correct the shelf, up or down."""
        place, by = location or self._locations[0], _units(units)
        with self._lock:
            entry = self._book.adjusted(by, reason, place, self._clock())
            self._moved(entry, by, place, tell=tell)

    def truth(self) -> Mapping[tuple[str, str], Decimal]:
        """Return what each receipt or document took of each SKU; below 0 it put units back.

        Counts are not among them.
        """
        with self._lock:
            return self._book.taken()

    def tell_all(self) -> None:
        """Send what was kept quiet so far."""
        with self._lock:
            for entry in self._untold:
                self._outbox.post(entry, self._clock())
            self._untold.clear()

    def _moved(self, entry: Entry, by: Mapping[str, Decimal], location: str, *, tell: bool) -> None:
        for sku, much in by.items():
            self._levels.move(sku, location, much, self._clock())
        if tell:
            self._outbox.post(entry, self._clock())
        else:
            self._untold.append(entry)


def _units(units: Amounts) -> dict[str, Decimal]:
    return {sku: Decimal(much) for sku, much in units.items()}
