"""Setting a till's numbers: the bytes of a push, and what each answer makes of its writes."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stocksync.channels import http
from stocksync.channels.base import Batch, Ended, Outcome, Write
from stocksync.channels.errors import Unknown
from stocksync.channels.till import jsontext, shape
from stocksync.channels.till.caller import WORDS_MAX
from stocksync.channels.till.listings import split
from stocksync.core import units
from stocksync.core.names import ChannelName
from stocksync.core.offers import Status
from stocksync.core.texts import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """Writes pushes for one till, and reads its answers. `compares`: it looks before it sets."""

    channel: ChannelName
    decimals: int
    compares: bool

    def body(self, batch: Batch) -> bytes:
        """Return the bytes of a push: the same ones for the same batch, at every try."""
        moment = written(batch.sent_at)
        items = [self._item(write, moment) for write in batch.writes]
        return push_body(self.channel, batch.key, moment, items)

    def endings(self, batch: Batch, answer: http.Answer) -> Sequence[Ended]:
        """Return how each write ended, or raise `Unknown` if nothing can be read from it."""
        reply = _reply(batch, answer)
        if reply is None:
            return [_ended(write, Outcome.ACCEPTED) for write in batch.writes]
        told = _by_sku(reply)
        return [self._ending(write, told) for write in batch.writes]

    def _item(self, write: Write, moment: str) -> dict[str, Any]:
        location, sku = split(write.target.listing)
        item: dict[str, Any] = {
            "sku": sku,
            "location": location,
            "quantity": units.written(write.number, self.decimals),
            "expected_previous": units.written(write.expected, self.decimals),
            "sequence": write.sequence,
            "as_of": moment,
        }
        return item if write.status is None else {**item, "status": _word(write.status)}

    def _ending(self, write: Write, told: Mapping[str, Sequence[Mapping[str, Any]]]) -> Ended:
        location, sku = split(write.target.listing)
        mine = [
            one for one in told.get(clean(sku), ()) if _location(one) in (None, clean(location))
        ]
        if len(mine) != 1:
            count = "no result" if not mine else f"{len(mine)} results"
            return _ended(write, Outcome.UNKNOWN, words=f"the answer holds {count} for it")
        return self._judged(write, mine[0])

    def _judged(self, write: Write, result: Mapping[str, Any]) -> Ended:
        name = result.get("result")
        try:
            before, shown = self._number(result, "previous"), self._number(result, "current")
        except ValueError as e:
            return _ended(write, Outcome.UNKNOWN, words=f"the answer says {name}, and {e}")
        match name:
            case "applied" if self.compares and before not in (None, write.expected):
                words = "it was set over another number than the expected one; write cas: false"
                return _ended(write, Outcome.UNKNOWN, shown, words)
            case "unchanged" if self.compares and write.number != write.expected:
                # It shows what we want, by units that we have not heard of.
                words = "it showed this number already"
                return _ended(write, Outcome.STALE, shown, words, kept=True)
            case "applied" | "unchanged":
                return _ended(write, Outcome.CONFIRMED, shown)
            case "mismatch_kept":
                return _ended(write, Outcome.STALE, shown, name, kept=True)
            case "mismatch_lowered" | "stale":
                return _ended(write, Outcome.STALE, shown, name)
            case "unknown_sku" | "unknown_location" | "rejected":
                return _ended(write, Outcome.REFUSED, shown, _refusal(write, name, result))
            case _:
                words = "the answer holds no result that we know"
                return _ended(write, Outcome.UNKNOWN, words=words)

    def _number(self, result: Mapping[str, Any], name: str) -> int | None:
        told = result.get(name)
        if told is None:
            return None
        quantity = shape.quantity(told)
        number = None if quantity is None else quantity.scaleb(self.decimals)
        if number is None or number != int(number):
            raise ValueError(f"`{name}` is no quantity of this merchant")
        return int(number)


def push_body(
    channel: ChannelName,
    key: str,
    moment: str,
    items: Sequence[Mapping[str, Any]],
    **more: bool,
) -> bytes:
    """Return the bytes of a push of the contract."""
    data = {
        "batch_id": key,
        "channel": channel,
        "if_mismatch": "lower",
        **more,
        "items": items,
    }
    told = {"type": "stock.levels", "timestamp": moment, "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def written(moment: datetime) -> str:
    """Return a moment as the contract writes it, in whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _reply(batch: Batch, answer: http.Answer) -> Mapping[str, Any] | None:
    """Return what was replied, None if it was only accepted, or raise `Unknown`."""
    if answer.status in (202, 204) or not answer.body.strip():
        return None
    try:
        reply = jsontext.read(answer.body, answer.headers.get("content-type", ""))
    except jsontext.Malformed as e:
        raise Unknown("unreadable", f"the till answered {answer.status}, and that is {e}") from None
    if not isinstance(reply, dict):
        raise Unknown("unreadable", f"the till answered {answer.status} with no object of results")
    if reply.get("batch_id", batch.key) != batch.key:
        raise Unknown("other-batch", f"the till answered {answer.status} for another batch")
    if reply.get("results") is None:
        return None
    if not isinstance(reply["results"], list):
        raise Unknown("unreadable", "the `results` that the till answered are no list")
    return reply


def _by_sku(reply: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    told = defaultdict(list)
    for result in reply["results"]:
        sku = result.get("sku") if isinstance(result, dict) else None
        if isinstance(sku, str):
            told[clean(sku)].append(result)
    return told


def _location(result: Mapping[str, Any]) -> Any:
    told = result.get("location")
    return clean(told) if isinstance(told, str) else told


def _ended(
    write: Write,
    outcome: Outcome,
    shown: int | None = None,
    words: str = "",
    *,
    kept: bool = False,
) -> Ended:
    listing = write.target.listing
    return Ended(listing=listing, outcome=outcome, shown=shown, words=words, kept=kept)


def _refusal(write: Write, name: str, result: Mapping[str, Any]) -> str:
    location, sku = split(write.target.listing)
    told = result.get("detail")
    said = f": {' '.join(told.split())[:WORDS_MAX]}" if isinstance(told, str) and told else ""
    match name:
        case "unknown_sku":
            return f"the till knows no SKU {sku} at {location}{said}; add it there"
        case "unknown_location":
            return f"the till knows no location {location}{said}; correct push_location"
        case _:
            return f"the till rejects {sku} at {location}{said}; settle that in the till"


def _word(status: Status) -> str:
    match status:
        case Status.IN_STOCK:
            return "in_stock"
        case Status.SHIPS_IN:
            return "external_warehouse"
        case Status.ON_ITS_WAY:
            return "in_transit"
        case Status.PREORDER:
            return "pre_order"
        case Status.OUT:
            return "out_of_stock"
