"""A REST call taken apart, and the lists that answer it."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from stocksync.sandbox.woocommerce.errors import RestError, invalid

PER_PAGE_MAX = 100
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call: its route below `wc/v3`, its query and its JSON body."""

    method: str
    route: str
    args: Mapping[str, str]
    body: Any

    @property
    def writes(self) -> bool:
        """Return whether it changes anything."""
        return self.method in WRITING

    @property
    def is_batch(self) -> bool:
        """Return whether it is a batch."""
        return self.route.endswith("/batch") and self.writes

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the body as an object; the query stands in for a body that is none."""
        return self.body if isinstance(self.body, dict) else dict(self.args)

    def flag(self, name: str) -> bool:
        """Return whether a switch of the query or body is on."""
        told = self.args.get(name, self.fields.get(name, ""))
        return str(told).lower() in ("1", "true", "yes")

    def words(self, name: str) -> list[str] | None:
        """Return a list given with commas; None where it is not given."""
        told = self.args.get(name)
        return None if told is None else [one.strip() for one in told.split(",") if one.strip()]

    def ids(self, name: str) -> list[int] | None:
        """Return a list of ids; None where it is not given."""
        words = self.words(name)
        if words is None:
            return None
        if not all(one.isascii() and one.isdigit() for one in words):
            raise invalid(name, f"{name}[0] is not of type integer.")
        return [int(one) for one in words]

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number within its limits."""
        told = self.args.get(name)
        if told is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", told):
            raise invalid(name, f"{name} is not of type integer.")
        if not low <= int(told) <= high:
            raise invalid(name, f"{name} must be between {low} (inclusive) and {high} (inclusive)")
        return int(told)

    def choice(self, name: str, default: str, known: Sequence[str]) -> str:
        """Return one of the known words."""
        told = self.args.get(name, default)
        if told not in known:
            raise invalid(name, f"{name} is not one of {', '.join(known)}.")
        return told

    def moment(self, name: str) -> datetime | None:
        """Return a time; the shop's own zone is UTC, so `dates_are_gmt` changes nothing."""
        told = self.args.get(name)
        if told is None:
            return None
        try:
            at = datetime.fromisoformat(told)
        except ValueError as e:
            raise invalid(name, "Invalid date.") from e
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a route answers; `body` is the JSON, before `_fields`."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    per_page: int
    offset: int | None

    @classmethod
    def of(cls, asked: Asked) -> "Page":
        """Read it from the query, within the shop's limits."""
        told = asked.args.get("offset")
        return cls(
            number=asked.number("page", 1, 1, 10**9),
            per_page=asked.number("per_page", 10, 1, PER_PAGE_MAX),
            offset=None if told is None else asked.number("offset", 0, 0, 10**9),
        )

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the rows of this page."""
        first = (self.number - 1) * self.per_page if self.offset is None else self.offset
        return rows[first : first + self.per_page]

    def headers(self, total: int, address: str) -> dict[str, str]:
        """Return how many there are, and where the neighbours stand."""
        pages = math.ceil(total / self.per_page)
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        links = []
        if self.number > 1:
            links.append((min(self.number - 1, max(pages, 1)), "prev"))
        if self.number < pages:
            links.append((self.number + 1, "next"))
        if links:
            join = "&" if "?" in address else "?"
            headers["Link"] = ", ".join(
                f'<{address}{join}page={number}>; rel="{rel}"' for number, rel in links
            )
        return headers


def only(body: Any, names: Iterable[str] | None) -> Any:
    """Keep the named fields. A nested name finds its way into objects, never into lists."""
    if names is None:
        return body
    wanted = list(names)
    if isinstance(body, list):
        return [only(one, wanted) for one in body]
    kept: dict[str, Any] = {}
    for name in wanted:
        head, _, rest = name.partition(".")
        if head not in body:
            continue
        if not rest:
            kept[head] = body[head]
        elif isinstance(body[head], dict):
            kept[head] = {**kept.get(head, {}), **only(body[head], [rest])}
    return kept


def batch_of(asked: Asked, batch_max: int) -> dict[str, list[Any]]:
    """Return the items of a batch by what is to be done, or raise the shop's 413."""
    parts = {name: asked.fields.get(name) or [] for name in ("create", "update", "delete")}
    for name, items in parts.items():
        if not isinstance(items, list):
            raise invalid(name, f"{name} is not of type array.")
    if sum(len(items) for items in parts.values()) > batch_max:
        raise RestError(
            "woocommerce_rest_request_entity_too_large",
            f"Unable to accept more than {batch_max} items for this request.",
            413,
        )
    return parts


def whole(name: str, told: Any) -> int:
    """Read a whole number as the shop does: text is welcome, a fraction is not."""
    refused = invalid(name, f"{name} is not of type integer.")
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        raise refused
    try:
        number = float(told)
    except ValueError as e:
        raise refused from e
    if not math.isfinite(number) or not number.is_integer():
        raise refused
    return int(number)
