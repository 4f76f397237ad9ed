"""What the till of these tests sends, and what it has done to the shelf."""

from typing import Any

from tests.channels.till.cast import event

MORNING = "2026-11-27T10:00:00Z"


def sale(receipt: str, *lines: tuple[Any, Any], at: str = MORNING, **data: Any) -> dict[str, Any]:
    """Return a receipt; without lines it sold one red mug."""
    sold = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or (("MUG-RED", 1),)]
    return event(receipt_id=receipt, occurred_at=at, lines=sold, location="main", **data)


def count(name: str, sku: str, units: int, at: str = MORNING, **data: Any) -> dict[str, Any]:
    """Return a count of one SKU."""
    lines = [{"sku": sku, "quantity": units}]
    told = {"count_id": name, "occurred_at": at, "lines": lines, "location": "main", **data}
    return event("stock.counted", **told)


def transfer(stage: str, units: int) -> dict[str, Any]:
    """Return one stage of a transfer of red mugs from main to north."""
    lines = [{"sku": "MUG-RED", "quantity": units}]
    return event("transfer", stage=stage, occurred_at=MORNING, lines=lines)
