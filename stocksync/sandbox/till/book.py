"""What happened at a till, as the events that it tells of: receipts, counts, corrections."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

Units = Mapping[str, Decimal]
_TAKING = {"sale.completed": 1, "return.completed": -1, "stock.received": -1, "stock.adjusted": -1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, with the moment at which the till wrote it down."""

    id: str
    at: datetime
    event: Mapping[str, Any]

    def body(self) -> bytes:
        """Return the event as it is sent: the same bytes at every try."""
        return json.dumps(self.event, ensure_ascii=False, separators=(",", ":")).encode()


class Book:
    """Every event of one till, oldest first; none is ever changed."""

    def __init__(self, till: str, register: str) -> None:
        self._till = till
        self._register = register
        self._entries: list[Entry] = []
        self._receipts: dict[str, tuple[str, Units]] = {}
        self._numbers = count(1)

    def sale(self, units: Units, location: str, now: datetime) -> Entry:
        """Write down a receipt."""
        number = self._number("R")
        self._receipts[number] = (location, units)
        return self._write("sale.completed", now, self._receipt(number, location), units)

    def void(self, receipt: str, now: datetime) -> Entry:
        """Write down that a receipt is undone, wholly."""
        location, _ = self._receipts[receipt]
        return self._write("sale.voided", now, self._receipt(receipt, location))

    def goods_back(
        self,
        receipt: str | None,
        units: Units,
        location: str,
        now: datetime,
        *,
        restock: bool | None,
    ) -> Entry:
        """Write down what a buyer brought back, and whether it stands on the shelf again."""
        data = self._receipt(self._number("R"), location)
        if receipt is not None:
            data |= {"original_receipt_id": receipt}
        entry_lines = {} if restock is None else {"restock": restock}
        return self._write("return.completed", now, data, units, entry_lines)

    def counted(self, units: Units, location: str, now: datetime) -> Entry:
        """Write down what a person counted."""
        data = {"count_id": self._number("C"), "scope": "listed", "location": location}
        return self._write("stock.counted", now, data, units)

    def received(self, units: Units, location: str, now: datetime) -> Entry:
        """Write down goods that came in."""
        data = {"document_id": self._number("GR"), "location": location}
        return self._write("stock.received", now, data, units)

    def adjusted(self, units: Units, reason: str, location: str, now: datetime) -> Entry:
        """Write down a correction, up or down."""
        data = {"document_id": self._number("ADJ"), "reason": reason, "location": location}
        return self._write("stock.adjusted", now, data, units)

    def sold_in(self, receipt: str) -> tuple[str, Units]:
        """Return where a receipt was written, and its units."""
        return self._receipts[receipt]

    def taken(self) -> dict[tuple[str, str], Decimal]:
        """Return what each receipt or document took of each SKU; below 0 it put units back."""
        found: dict[tuple[str, str], Decimal] = {}
        for entry in self._entries:
            data = entry.event["data"]
            number = data.get("receipt_id") or data.get("document_id", "")
            kind = entry.event["type"]
            if kind == "sale.voided":
                found = {key: much for key, much in found.items() if key[0] != number}
                continue
            for line in data["lines"] if kind in _TAKING else ():
                if kind != "return.completed" or line.get("restock"):
                    key, much = (number, line["sku"]), Decimal(line["quantity"])
                    found[key] = found.get(key, Decimal(0)) + _TAKING[kind] * much
        return found

    def since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield every event written down at a moment or later, each with its id."""
        for entry in self._entries:
            if entry.at >= moment:
                yield {"id": entry.id, **entry.event}

    def _receipt(self, number: str, location: str) -> dict[str, Any]:
        return {"receipt_id": number, "location": location, "register": self._register}

    def _number(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _write(
        self,
        kind: str,
        now: datetime,
        data: Mapping[str, Any],
        units: Units | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Entry:
        told: dict[str, Any] = {**data, "occurred_at": now.isoformat()}
        if units is not None:
            told["lines"] = [
                {"line_id": str(place), "sku": sku, "quantity": f"{quantity:f}", **(more or {})}
                for place, (sku, quantity) in enumerate(units.items(), start=1)
            ]
        event = {"type": kind, "timestamp": now.isoformat(timespec="seconds"), "data": told}
        entry = Entry(f"{self._till}_{len(self._entries) + 1:06}", now, event)
        self._entries.append(entry)
        return entry
