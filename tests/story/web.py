"""What the web shop of these tests sends, and what is booked of it."""

from typing import Any

from tests.channels.woocommerce.shop import line, order
from tests.story import effect
from tests.story.house import House

MUG: dict[str, Any] = {"product": 10, "sku": "MUG-RED"}
LAMP: dict[str, Any] = {"product": 11, "sku": "LAST-LAMP"}


def mugs(
    status: str, taken: str | None = "3", *, at: str = "10:30:00", put_back: str | None = None
) -> dict[str, Any]:
    """Return order 41, made of one line for 3 mugs, as it was at a time of this morning."""
    one = line(7, quantity=3, taken=taken, put_back=put_back, **MUG)
    return order(status, one, date_modified_gmt=f"2026-11-27T{at}")


def product(number: int | None, **other: Any) -> dict[str, Any]:
    """Return the body of the simple product MUG-RED, showing this number."""
    return {
        "id": 10,
        "type": "simple",
        "parent_id": 0,
        "sku": "MUG-RED",
        "manage_stock": number is not None,
        "stock_quantity": number,
        "date_modified_gmt": "2026-11-27T10:30:00",
        "status": "publish",
        **other,
    }


def unpaid(status: str, at: str, taken: str | None = None) -> dict[str, Any]:
    """Return the same order while, or after, its shopper stands at the payment step."""
    return mugs(status, taken=taken, at=at) | {"created_via": "checkout"}


def free(house: House) -> dict[str, int]:
    """Apply what waits, and return what can be sold."""
    house.work()
    told: dict[str, int] = effect.standing(house)["available"]
    return told


def booked(house: House, paper: str = "order 41") -> dict[str, Any]:
    """Return what is booked of each line of an order."""
    told: dict[str, Any] = effect.standing(house)["papers"][paper]
    return told
