"""How the list of orders sees them: by a search index that may be some seconds behind."""

from datetime import datetime, timedelta

from stocksync.sandbox.shopify.orders import Order

VERSIONS_KEPT = 16


class OrderIndex:
    """Remembers when each order changed; what it does not know yet is not listed."""

    def __init__(self) -> None:
        self._noted: dict[int, list[tuple[datetime, datetime]]] = {}

    def note(self, order: Order, now: datetime) -> None:
        """Note that an order changed."""
        kept = self._noted.setdefault(order.id, [])
        kept.append((now, order.updated_at))
        del kept[:-VERSIONS_KEPT]

    def updated_at(self, order: Order, now: datetime, lag_s: float) -> datetime | None:
        """Return the date of the version that the index knows, in whole seconds."""
        known = None
        for noted_at, updated_at in self._noted.get(order.id, ()):
            if noted_at + timedelta(seconds=lag_s) <= now:
                known = updated_at
        return None if known is None else known.replace(microsecond=0)
