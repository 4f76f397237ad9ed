"""The whole catalogue in one go: the shop writes a file of all variants, and we fetch it.

The file has one object a line; the levels of a variant may stand far from it, and name their
item themselves. A part of a file is worth nothing: whatever failed, another one is asked for.
"""

import json
import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from stocksync.channels.base import Preparing
from stocksync.channels.errors import CallError, Refused, Shut, Transient
from stocksync.channels.http import Http
from stocksync.channels.shopify.api import Api, user_errors, words_of
from stocksync.channels.shopify.documents import BULK_IMPORT, BULK_POLL, BULK_START

FILE_MAX: Final = 512 * 1024 * 1024
PAGE: Final = 250
_DOWNLOAD_S = 600.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)
_PATIENCE = timedelta(hours=1)
"""So long a file is waited for; the shop itself gives up after days."""
_TRIES = 3
_COUNT = re.compile(r"[0-9]{1,18}")
_BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One inventory item of the catalogue, the variants that share it, and its levels.

    All are as the shop wrote them; inactive levels are not among them.
    """

    item: Mapping[str, Any]
    variants: Sequence[Mapping[str, Any]]
    levels: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A catalogue as it was around `created_at`: orders changed since may not be in it."""

    created_at: datetime
    rows: Sequence[Row]

    def pages(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, some at a time."""
        for at in range(0, len(self.rows), PAGE):
            yield self.rows[at : at + PAGE]


class Importer:
    """Fetches the catalogue of one shop."""

    def __init__(
        self,
        api: Api,
        *,
        allow_private: bool,
        allow_insecure: bool,
        file_max: int = FILE_MAX,
        sleep: Callable[[float], None] = time.sleep,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._allow_private, self._allow_insecure = allow_private, allow_insecure
        self._file_max = file_max
        self._sleep = sleep
        self._seconds = seconds

    def run(self) -> Imported:
        """Have the file written, wait for it and read it. Or `CallError`."""
        steps = self.steps()
        while True:
            try:
                next(steps)
            except StopIteration as ended:
                imported: Imported = ended.value
                return imported

    def steps(self) -> Generator[Preparing, None, Imported]:
        """Do the same, and yield how far the shop is before each pause."""
        trouble: CallError = Transient("bulk-failed", f"{self._api.host} wrote no catalogue")
        for _ in range(_TRIES):
            operation_id = yield from self._started()
            operation = yield from self._finished(operation_id)
            created_at = _moment(operation.get("createdAt"))
            match operation.get("status"), operation.get("errorCode"):
                case "COMPLETED", _:
                    try:
                        rows = _rows(self._downloaded(operation))
                        return Imported(created_at=created_at, rows=rows)
                    except Transient as e:
                        trouble = e
                case "FAILED", "ACCESS_DENIED":
                    raise Shut(
                        "no-scope",
                        f"{self._api.host} may not write us its catalogue; give the app the "
                        "scopes read_products and read_inventory",
                    )
                case status, code:
                    said = f"its list of the catalogue ended as {status} {code or ''}".rstrip()
                    trouble = Transient("bulk-failed", f"{self._api.host}: {said}")
        raise trouble

    def _started(self) -> Generator[Preparing, None, str]:
        """Begin an operation, as soon as the shop lets one more run; return its id."""
        for pause in self._pauses():
            said = self._api.run(BULK_START, {"q": BULK_IMPORT.text})
            errors = user_errors(said, "bulkOperationRunQuery")
            if not errors:
                told = said.data["bulkOperationRunQuery"].get("bulkOperation")
                if isinstance(told, dict) and isinstance(told.get("id"), str):
                    return str(told["id"])
                raise Transient("odd-answer", f"{self._api.host} began a list without an id")
            codes = {one.get("code") for one in errors}
            if not codes <= _BUSY:
                words = "; ".join(words_of(one) for one in errors[:3])
                raise Refused("bulk-refused", f"{self._api.host} lists no catalogue: {words}")
            log.info("bulk operation waits for others", extra={"host": self._api.host})
            yield Preparing(objects=0)
            self._sleep(pause)
        raise Transient("bulk-busy", f"{self._api.host} is busy with other bulk operations")

    def _finished(self, operation_id: str) -> Generator[Preparing, None, Mapping[str, Any]]:
        """Wait until an operation is over, and return how it ended."""
        for pause in self._pauses():
            told = self._api.run(BULK_POLL, {"id": operation_id}).data.get("bulkOperation")
            if not isinstance(told, dict):
                raise Transient("bulk-failed", f"{self._api.host} has lost {operation_id}")
            if told.get("status") not in ("CREATED", "RUNNING", "CANCELING"):
                return told
            objects = _count(told.get("objectCount"))
            facts = {"host": self._api.host, "objects": objects}
            log.info("catalogue is being listed", extra=facts)
            yield Preparing(objects=objects)
            self._sleep(pause)
        raise Transient("bulk-slow", f"{self._api.host} lists its catalogue for too long")

    def _pauses(self) -> Iterator[float]:
        """Yield growing pauses until patience is over."""
        began, pause = self._seconds(), _FIRST_PAUSE
        while self._seconds() - began < _PATIENCE.total_seconds():
            yield pause.total_seconds()
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _downloaded(self, operation: Mapping[str, Any]) -> bytes:
        """Return the file; `Transient` if its link is not good any more."""
        url = operation.get("url")
        if not isinstance(url, str):
            if str(operation.get("objectCount")) not in ("0", "None"):
                raise Transient("odd-file", f"{self._api.host} listed objects into no file")
            return b""  # an empty catalogue has no file
        parts = urlsplit(url)
        try:
            http = Http(
                f"{parts.scheme}://{parts.netloc}",
                allow_private=self._allow_private,
                allow_insecure=self._allow_insecure,
                read_s=_DOWNLOAD_S,
                body_max=self._file_max,
                sleep=self._sleep,
            )
        except ValueError as e:
            raise Shut(
                "odd-link", f"{self._api.host} keeps its file at an address that {e}"
            ) from None
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            return http.get(path).body
        except Refused as e:
            if e.code == "answer-too-large":
                raise
            raise Transient("link-expired", f"the link to the catalogue: {e.detail}") from None
        except Shut as e:
            if e.code != "denied":
                raise
            raise Transient("link-expired", f"the link to the catalogue: {e.detail}") from None


def _rows(body: bytes) -> Sequence[Row]:
    """Return the items of a file in its order, each with its variants and levels."""
    items: dict[Any, Mapping[str, Any]] = {}
    variants: defaultdict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    levels: defaultdict[Any, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            told = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as e:
            raise Transient("odd-file", "a line of the catalogue's file is cut") from e
        kind = _kind(told)
        item = told.get("inventoryItem" if kind == "ProductVariant" else "item") if kind else None
        if not isinstance(item, dict):
            continue
        item_id = item.get("id")
        if kind == "ProductVariant":
            items.setdefault(item_id, item)
            variants[item_id].append(told)
        elif kind == "InventoryLevel":
            levels[item_id][told["id"]] = told  # once below each variant of the item
    return [
        Row(item=item, variants=tuple(variants[name]), levels=tuple(levels[name].values()))
        for name, item in items.items()
    ]


def _kind(told: Any) -> str:
    name = told.get("id") if isinstance(told, dict) else None
    parts = name.split("/") if isinstance(name, str) else []
    return parts[3] if len(parts) > 4 else ""


def _count(told: Any) -> int:
    """Return a count, which the API writes as text; 0 if it is none."""
    return int(told) if isinstance(told, str) and _COUNT.fullmatch(told) else 0


def _moment(told: Any) -> datetime:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError) as e:
        raise Transient("odd-answer", "a bulk operation does not say when it began") from e
    return at.astimezone(UTC)
