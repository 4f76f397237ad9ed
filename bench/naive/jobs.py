"""The jobs: book one sale, and tell one channel of one sale."""

import os
import time
from collections.abc import Sequence
from functools import cache

import orjson
import psycopg
import requests
from redis import Redis
from rq import Queue

from stocksync.sandbox.till import signing

SCHEMA = """
CREATE TABLE stock (sku text PRIMARY KEY, units bigint NOT NULL);
CREATE TABLE sales (number bigint PRIMARY KEY);
CREATE TABLE listings (channel text, sku text, shown bigint NOT NULL, PRIMARY KEY (channel, sku));
"""


@cache
def queue() -> Queue:
    """Return the one queue."""
    return Queue("naive", connection=Redis.from_url(os.environ["REDIS_URL"]))


def channels() -> dict[str, str]:
    """Return the address of every channel."""
    found: dict[str, str] = orjson.loads(os.environ["NAIVE_CHANNELS"])
    return found


def sale(body: str) -> None:
    """Book one sale, each line under a lock of its own; then have every channel told."""
    order = orjson.loads(body)
    lines = sorted((line["sku"], line["quantity"]) for line in order["line_items"])
    with psycopg.connect(os.environ["NAIVE_DATABASE"]) as db:
        known = "INSERT INTO sales VALUES (%s) ON CONFLICT DO NOTHING RETURNING number"
        if db.execute(known, [order["id"]]).fetchone() is None:
            return
        for sku, units in lines:
            (left,) = db.execute(
                "SELECT units FROM stock WHERE sku = %s FOR UPDATE", [sku]
            ).fetchone() or (0,)
            db.execute("UPDATE stock SET units = %s WHERE sku = %s", [left - units, sku])
    for channel in channels():
        queue().enqueue(push, channel, [sku for sku, _ in lines])


def push(channel: str, skus: Sequence[str]) -> None:
    """Write what is left of these goods to one channel; the lock keeps an older number out."""
    with psycopg.connect(os.environ["NAIVE_DATABASE"]) as db:
        items = []
        for sku in skus:
            mine = [channel, sku]
            db.execute("SELECT 1 FROM listings WHERE channel = %s AND sku = %s FOR UPDATE", mine)
            (units,) = db.execute("SELECT units FROM stock WHERE sku = %s", [sku]).fetchone() or (
                0,
            )
            items.append((sku, units))
        _tell(channel, items)
        for sku, units in items:
            shown = "UPDATE listings SET shown = %s WHERE channel = %s AND sku = %s"
            db.execute(shown, [units, channel, sku])


def _tell(channel: str, items: Sequence[tuple[str, int]]) -> None:
    moment = time.time_ns()
    key = f"naive_{moment}_{os.getpid()}"
    told = {
        "type": "stock.levels",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {
            "batch_id": key,
            "channel": channel,
            "if_mismatch": "force",
            "items": [_item(sku, units, moment // 1000) for sku, units in items],
        },
    }
    body = orjson.dumps(told)
    signed = signing.headers(signing.key_of(os.environ["NAIVE_SECRET"]), key, moment // 10**9, body)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, **signed}
    answer = requests.post(f"{channels()[channel]}/stock", body, headers=headers, timeout=10)
    answer.raise_for_status()


def _item(sku: str, units: int, sequence: int) -> dict[str, object]:
    return {
        "sku": sku,
        "location": "main",
        "quantity": str(units),
        "expected_previous": None,
        "sequence": sequence,
        "as_of": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
