"""What a sound event means for stock: one paper, with a key that every copy of it shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stocksync.channels.base import Delivery, Setting
from stocksync.channels.errors import Unreadable
from stocksync.channels.till import moments, shape
from stocksync.channels.till.settings import TillSettings
from stocksync.core import facts, skew
from stocksync.core.names import LineId, PaperKey
from stocksync.core.texts import clean

APPROVED = "x-approved"
"""Set to "yes" on a parked delivery that a person let through though it is old."""

_PARTS = {
    "sale.completed": facts.ReceiptPart.SALE,
    "sale.voided": facts.ReceiptPart.VOID,
    "return.completed": facts.ReceiptPart.RETURN,
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """One sound event beside what is needed to understand it."""

    kind: str
    data: Mapping[str, Any]
    delivery: Delivery
    setting: Setting
    settings: TillSettings

    def paper(self) -> facts.Fact:
        """Return the paper that this event tells of."""
        when = moments.read(self.data["occurred_at"], self.settings.zone)
        self._check_age(when)
        common: dict[str, Any] = {
            "key": PaperKey("/".join(_escaped(part) for part in self._key_parts(when))),
            "revision": int(self.data.get("revision", 1)),
            "location": self._text("location"),
            "lines": tuple(self._lines()),
            **self._moment(when),
        }
        match self.kind:
            case "stock.counted":
                return facts.Counted(**common, whole=self._text("scope") == "location")
            case "stock.received":
                return facts.Received(**common)
            case "stock.adjusted":
                return facts.Adjusted(**common)
            case "transfer":
                return self._transfer(common)
            case _:
                return facts.TillReceipt(**common, part=_PARTS[self.kind])

    def _transfer(self, common: Mapping[str, Any]) -> facts.Transferred:
        expected = self._text("expected_at")
        return facts.Transferred(
            **{**common, "location": self._text("from_location")},
            to_location=str(self._text("to_location")),
            stage=facts.Stage(self._text("stage") or facts.Stage.COMPLETED),
            expected_at=moments.read(expected, self.settings.zone).at if expected else None,
        )

    def _check_age(self, when: moments.Moment) -> None:
        oldest = self.delivery.received_at - timedelta(days=self.settings.max_age_days)
        if when.at >= oldest or self.delivery.headers.get(APPROVED) == "yes":
            return
        raise Unreadable(
            "too-old",
            f"happened at {when.at.isoformat()}, more than max_age_days "
            f"({self.settings.max_age_days}) before it came; approve it to book it",
        )

    def _moment(self, when: moments.Moment) -> dict[str, Any]:
        """Return when it happened on our clock, by this delivery's own stamp."""
        received_at = self.delivery.received_at
        at, late = skew.correct(when.at, self.delivery.stated_at, received_at)
        ambiguous = when.doubt if at + when.doubt <= received_at else facts.EXACT
        ahead = when.at - received_at > timedelta(seconds=self.settings.tolerance_seconds)
        notes = [
            self._remark(),
            "time_ambiguous: the local hour came twice, the first was taken" if ambiguous else "",
            f"clock_ahead: the till said {when.at.isoformat()}" if ahead else "",
        ]
        return {
            "occurred_at": at,
            "said_at": when.at,
            "doubt": max(ambiguous, late),
            "note": "; ".join(filter(None, notes)),
        }

    def _remark(self) -> str:
        match self.kind:
            case "return.completed" if original := self._text("original_receipt_id"):
                return f"return of receipt {original}"
            case "stock.received" if order := self._text("po_number"):
                return f"purchase order {order}"
            case "stock.adjusted":
                return str(self._text("reason"))
            case _:
                return ""

    def _key_parts(self, when: moments.Moment) -> Iterator[str]:
        """Yield the parts of the key; one that is absent is empty, so no two keys run together."""
        scope = self.settings.receipt_scope
        if self.kind == "transfer":
            # Its stages are told by two shops on different days: only this stays the same.
            if "location" in scope:
                yield self._text("from_location") or ""
            yield self._text("document_id") or ""
            return
        for part in scope:
            yield self._text(part) or ""
        # A void after midnight is of yesterday's receipt: the till may say of when.
        sold = self._text("original_occurred_at") if self.kind == "sale.voided" else None
        day = (moments.read(sold, self.settings.zone) if sold else when).day
        match self.settings.receipt_reset:
            case "daily":
                yield day.isoformat()
            case "yearly":
                yield f"{day.year:04}"
            case "never":
                pass
        yield next(
            text for name in ("receipt_id", "count_id", "document_id") if (text := self._text(name))
        )

    def _lines(self) -> Iterator[facts.PaperLine]:
        lines = self.data.get("lines", ())
        for line, line_id in zip(lines, self._line_ids(lines), strict=True):
            quantity = shape.quantity(line["quantity"]) or Decimal(0)
            units = quantity.scaleb(self.setting.decimals)
            trouble = self._trouble(quantity)
            yield facts.PaperLine(
                line=line_id,
                sku=self._sku(line),
                units=0 if trouble else int(units),
                restock=self._restock(line, quantity),
                trouble=trouble,
            )

    def _line_ids(self, lines: Sequence[Mapping[str, Any]]) -> list[LineId]:
        """Return an id for each line: its own, else its place; repeats are numbered.

        The lines of a void stand at places of their own, so they are named by SKU.
        """
        own = [_cleaned(line.get("line_id")) for line in lines]
        used = {one for one in own if one}
        seen: set[str] = set()
        ids = []
        for place, (line, mine) in enumerate(zip(lines, own, strict=True), start=1):
            base = mine or (f"sku:{self._sku(line)}" if self.kind == "sale.voided" else str(place))
            told, copy = base, 1
            while told in seen or (told in used and told != mine):
                copy += 1
                told = f"{base}#{copy}"
            seen.add(told)
            ids.append(LineId(told))
        return ids

    def _sku(self, line: Mapping[str, Any]) -> str:
        barcode = _cleaned(line.get("barcode"))
        if self.settings.sku_match == "barcode" and barcode:
            return barcode
        sku = line["sku"]
        return clean(sku) if isinstance(sku, str) else str(sku)

    def _restock(self, line: Mapping[str, Any], quantity: Decimal) -> bool:
        handed_back = self.kind == "return.completed" or quantity < 0
        if not handed_back:
            return True
        told = line.get("restock")
        return told if isinstance(told, bool) else self.settings.returns.restock_default

    def _trouble(self, quantity: Decimal) -> str | None:
        finest = Decimal(1).scaleb(-self.setting.decimals)
        if quantity % finest:
            return f"{quantity} is finer than {finest:f}, the smallest quantity of this merchant"
        if quantity >= 0 or self.kind in ("sale.completed", "sale.voided", "stock.adjusted"):
            return None
        if self.kind == "stock.counted":
            return f"{quantity} was counted; nothing on a shelf is less than 0"
        return f"{quantity} in a {self.kind}; send what goes the other way as stock.adjusted"

    def _text(self, name: str) -> str | None:
        return _cleaned(self.data.get(name))


def read(
    event: Mapping[str, Any], delivery: Delivery, setting: Setting, settings: TillSettings
) -> facts.Fact:
    """Return the paper that a sound event tells of, or raise `Unreadable` if it is too old."""
    return _Reader(event["type"], event["data"], delivery, setting, settings).paper()


def _cleaned(value: Any) -> str | None:
    return clean(value) or None if isinstance(value, str) else None


def _escaped(part: str) -> str:
    # As in a JSON pointer: a slash inside a number must not look like the next part.
    return part.replace("~", "~0").replace("/", "~1")
