"""Everything that stands in one shop; whoever uses it holds the shop's lock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from stocksync.sandbox.agenda import Agenda
from stocksync.sandbox.shopify.catalogue import Catalogue, Ids
from stocksync.sandbox.shopify.happenings import Act, Listener
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.order_index import OrderIndex
from stocksync.sandbox.shopify.orders import Order
from stocksync.sandbox.shopify.products import Item, Location
from stocksync.sandbox.shopify.record import Log
from stocksync.sandbox.shopify.stockroom import Level, Stockroom


class Refusal(Exception):
    """Raised when people ask for what the shop does not do; nothing was changed."""


@dataclass(slots=True, kw_only=True)
class House:
    """The shop's things, without its doors."""

    name: str
    domain: str
    shop_id: int
    ids: Ids
    clock: Callable[[], datetime]
    knobs: Knobs
    listener: Listener
    agenda: Agenda = field(default_factory=Agenda)
    log: Log = field(default_factory=Log)
    catalogue: Catalogue = field(default_factory=Catalogue)
    stockroom: Stockroom = field(default_factory=Stockroom)
    orders: dict[int, Order] = field(default_factory=dict)
    order_index: OrderIndex = field(default_factory=OrderIndex)

    def act(self) -> Act:
        """Begin an act."""
        return Act(self.clock())

    def tell(self, act: Act) -> None:
        """End an act: all that it changed is told."""
        act.tell(self.listener)

    def touch(self, order: Order, act: Act, *topics: str) -> None:
        """Let an order have changed."""
        order.updated_at = act.at
        self.order_index.note(order, act.at)
        for topic in (*topics, "orders/updated"):
            act.add(topic, order)

    def level(self, item: Item, location: Location, act: Act, *, active: bool = True) -> Level:
        """Return a level; where the item was never stocked there, it is from now on."""
        there = self.stockroom.find(item, location)
        if there is not None:
            return there
        made = Level(
            id=self.ids.new("level"),
            item=item,
            location=location,
            created_at=act.at,
            updated_at=act.at,
            active=active,
        )
        self.stockroom.add(made)
        if active:
            act.add("inventory_levels/connect", made)
        return made
