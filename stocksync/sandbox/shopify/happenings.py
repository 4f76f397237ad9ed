"""What happened in the shop, told to whoever delivers it.

Subjects by topic: `orders/create|updated|cancelled` an Order; `orders/edited` an OrderEdit;
`refunds/create` a Refund; `fulfillments/create|update` a Fulfilment;
`fulfillment_orders/moved` a FulfilmentOrder; `inventory_levels/*` a Level;
`inventory_items/*` an Item; `products/*` a Product; `locations/*` a Location;
`app/uninstalled` and `app/scopes_update` an App; `bulk_operations/finish` a BulkOperation.
They are the live things: a body built later shows them as they are then.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stocksync.sandbox.shopify.products import Product


class Listener(Protocol):
    """Hears of everything; called while the shop's lock is held."""

    def new_id(self) -> str:
        """Return an id for an act."""

    def happened(self, topic: str, subject: object, event_id: str) -> None:
        """Take note of one topic of one act."""


@dataclass(slots=True)
class Act:
    """The topics of one act, each once for a subject, in order; all share one event id."""

    at: datetime
    topics: list[tuple[str, object]] = field(default_factory=list)

    def add(self, topic: str, subject: object) -> None:
        """Tell a topic of a subject."""
        if not any(topic == there and subject is one for there, one in self.topics):
            self.topics.append((topic, subject))

    def sold(self, product: Product) -> None:
        """Tell the noise that every sale makes."""
        self.add("products/update", product)

    def tell(self, listener: Listener) -> None:
        """Tell all of it."""
        event_id = listener.new_id()
        for topic, subject in self.topics:
            listener.happened(topic, subject, event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The shop as the app's own topics tell of it."""

    shop_id: int
    shop_name: str
    scopes: tuple[str, ...]
    primary_location_id: int
