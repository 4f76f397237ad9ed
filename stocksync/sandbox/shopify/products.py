"""What the shop sells and where it keeps it: products, variants, inventory items, locations."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SHOPIFY = "shopify"


class Policy(StrEnum):
    """What an online checkout does when a variant has run out."""

    DENY = "DENY"
    CONTINUE = "CONTINUE"


@dataclass(slots=True, kw_only=True)
class Location:
    """A place that holds units."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    fulfils_online: bool = True
    fulfilment_service: bool = False


@dataclass(slots=True, kw_only=True)
class Item:
    """What is counted; a variant sells it. `manager` is None where nobody counts."""

    id: int
    sku: str | None
    created_at: datetime
    updated_at: datetime
    tracked: bool = True
    service: str = SHOPIFY  # another handle: a third party counts it

    @property
    def manager(self) -> str | None:
        """Return who counts, as order lines tell it."""
        return self.service if self.tracked else None


@dataclass(slots=True, kw_only=True)
class Product:
    """A page of the shop with its variants."""

    id: int
    title: str
    created_at: datetime
    updated_at: datetime
    status: str = "ACTIVE"
    vendor: str = "Acme"
    variants: list["Variant"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Variant:
    """What a shopper picks; several variants may share one item, and then its SKU."""

    id: int
    product: Product
    item: Item
    title: str
    created_at: datetime
    updated_at: datetime
    barcode: str | None = None
    price_cents: int = 1000
    policy: Policy = Policy.DENY
    requires_components: bool = False  # a bundle: it has no number of its own
    gift_card: bool = False

    @property
    def sku(self) -> str | None:
        """Return the SKU, which is the item's."""
        return self.item.sku
