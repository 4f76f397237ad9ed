"""A recorded day of a shop: its deliveries, the state before them, and the truth after."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId


class UnreadableTape(Exception):
    """A tape or its start file cannot be used. The message names the file and the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One delivery as the shop sent it."""

    at: datetime
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A number that staff changed in the shop, by so many units."""

    at: datetime
    sku: str
    delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What stood in the shop before the day, and the secret that signs its deliveries.

    `products` are the entries of the catalogue as the shop's API would show them.
    """

    secret: str
    stock: Mapping[str, int]
    catalogue: Sequence[CatalogueEntry]
    products: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the shop's own books said when the day was over.

    `orders` gives the units taken per order and line; `gone` per deleted order and SKU. `shown`
    are its own numbers; `available` is what they would be without the orders that it deleted
    before it told of them.
    """

    shown: Mapping[str, int]
    available: Mapping[str, int]
    orders: Mapping[str, Mapping[str, int]]
    gone: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """A whole recorded day."""

    start: Start
    deliveries: Sequence[Recorded]
    edits: Sequence[Edit]
    truth: Truth


def read(file: Path, start_file: Path | None = None) -> Tape:
    """Read a tape and its start file (by default the one of the same name beside it)."""
    start = start_file or file.with_name(file.name.removesuffix(".gz").removesuffix(".jsonl"))
    if start_file is None:
        start = start.with_name(start.name + ".start.json")
    rows = _rows(file)
    if len(rows) < 2 or "final_orders" not in rows[-1]:
        raise UnreadableTape(
            f"{file}: its last line is not the truth of the day; is the file cut off?"
        )
    try:
        return Tape(
            start=_start(_json(start)),
            deliveries=[_recorded(row) for row in rows[:-1]],
            edits=[
                Edit(at=_moment(row["t"]), sku=row["sku"], delta=row["delta"])
                for row in rows[-1]["manual_edits"]
                if row["delta"]
            ],
            truth=_truth(rows[-1]),
        )
    except (KeyError, TypeError, ValueError) as e:
        raise UnreadableTape(f"{file} and {start} are no tape of a shop: {e!r}") from e


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as opened:
            return [json.loads(line) for line in opened]
    except (OSError, EOFError, ValueError) as e:
        raise UnreadableTape(f"{file} cannot be read as a gzipped tape: {e}") from e


def _json(file: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise UnreadableTape(f"{file} cannot be read; name the start file with --start: {e}") from e
    return told


def _start(told: dict[str, Any]) -> Start:
    products = told["products"]
    return Start(
        secret=told["webhook_secret"],
        stock=told["initial_stock"],
        catalogue=[
            CatalogueEntry(
                listing=ListingId(str(product["id"])),
                sku=sku,
                owner=ListingId(str(products[product["stock_owner"]]["id"])),
                managed=bool(product["manage_stock"]),
                parent=ListingId(str(product["parent_id"])) if product["parent_id"] else None,
            )
            for sku, product in products.items()
            if product["stock_owner"]
        ],
        products=[
            {
                "id": product["id"],
                "parent_id": product["parent_id"],
                "type": product["type"],
                "sku": sku,
                "manage_stock": product["manage_stock"],
                "stock_quantity": told["initial_stock"].get(product["stock_owner"]),
                "backorders": product["backorders"],
                "date_modified_gmt": "",
            }
            for sku, product in products.items()
        ],
    )


def _recorded(row: dict[str, Any]) -> Recorded:
    return Recorded(
        at=_moment(row["t"]), headers=row["headers"], body=row["raw_body"].encode("utf-8")
    )


def _truth(told: dict[str, Any]) -> Truth:
    orders, gone = {}, {}
    for key, order in told["final_orders"].items():
        if order["status"] == "GONE":
            gone[key] = _by_sku(order["held_when_deleted"])
        else:
            orders[key] = {str(line["line_id"]): line["reduced_stock"] for line in order["lines"]}
    return Truth(
        shown=told["final_stock"],
        available=told["expected_from_order_bodies"],
        orders=orders,
        gone=gone,
    )


def _by_sku(held: Sequence[tuple[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for sku, units in held:
        summed[sku] = summed.get(sku, 0) + units
    return summed


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
