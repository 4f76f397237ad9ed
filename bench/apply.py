"""Order lines applied a second by one worker, beside plain SQL that writes the very same rows.

100,000 SKUs, each listed in another channel as well: a batch of orders is read from the inbox,
booked, and the other channel's numbers are decided. The plain side has no logic and reads nothing:
it is handed the finished rows, and writes them in as many batches of as many orders.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, insert, literal, select, update

from bench import goods, orders
from bench.pairs import Pairs
from bench.places import Kind, fresh
from bench.rows import Bars, Mark, Measured, Row, Size, Wrong
from bench.trade import merchant_of
from stocksync import wiring
from stocksync.channels.base import Channel, Delivery
from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, ListingId, MerchantName, Sku
from stocksync.core.plan import Trade
from stocksync.flow import activate, apply
from stocksync.flow.receive import arrival_of
from stocksync.store import inbox, sql, tables
from stocksync.store.inbox import State
from stocksync.store.session import Database

MARK = Mark(text="at least 1/3", bound=1 / 3)
MARK_VIRAL = Mark(text="not slower", bound=1.0)
AGAINST = "plain batched SQL, the same rows and no logic"
SKUS = 100_000
_UNITS = 1_000_000
_ORDERS = {Size.QUICK: 600, Size.FULL: 3000}
_ROUNDS = {Size.QUICK: 3, Size.FULL: 5}
_BATCH = apply.BATCH_MOST
_PLAIN = MerchantName("plain")
_WEB, _OUTLET = ChannelName("web"), ChannelName("outlet")
_CHANNELS = """\
  web: {kind: woocommerce, webhook_secret: {env: SHOP_SIGNS}, location: shelf}
  outlet:
    kind: woocommerce
    webhook_secret: {env: SHOP_SIGNS}
    url: "http://127.0.0.1:9"
    key: {env: SHOP_KEY}
    secret: {env: SHOP_SECRET}
    allow_private: true
    allow_insecure: true
    location: shelf
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """The worker's own means, and the orders it is given."""

    database: Database
    trade: Trade
    channels: Mapping[ChannelName, Channel]
    book: orders.Book
    taken: list[orders.Order] = field(default_factory=list)


def measure(size: Size) -> Measured:
    """Apply orders over all SKUs and over one, and write the same rows plainly, by turns."""
    rows: list[Row] = []
    bars: dict[str, float] = {}
    for kind in Kind:
        with _opened(kind) as bench:
            spread: list[float] = []
            plain: list[float] = []
            viral: list[float] = []
            for _ in range(_ROUNDS[size]):
                some = bench.book.take(_ORDERS[size])
                spread.append(_applied(bench, some))
                plain.append(_written(bench, some))
                viral.append(_applied(bench, _of_one(bench.book.take(_ORDERS[size]))))
            _check(bench)
        against_plain = Pairs(ours=spread, theirs=plain)
        against_spread = Pairs(ours=viral, theirs=spread)
        viral_name, unit = f"order lines of one viral SKU, {kind}", "a second"
        rows += [
            against_plain.row(f"order lines applied, {kind}", unit, AGAINST, MARK),
            against_spread.row(viral_name, unit, "spread", MARK_VIRAL),
        ]
        bars[f"plain SQL, {kind}"] = against_plain.against
        bars[f"applied, {kind}"] = against_plain.value
        bars[f"one viral SKU, {kind}"] = against_spread.value
    facts = [
        f"{SKUS:,} SKUs in two channels; {_ORDERS[size]:,} orders of {orders.LINES} lines a round, "
        f"batches of at most {_BATCH} orders, one process.",
    ]
    picture = Bars(title="Order lines booked", unit="a second", bars=bars)
    return Measured(rows=rows, facts=facts, picture=picture)


@contextmanager
def _opened(kind: Kind) -> Iterator[_Bench]:
    merchant = merchant_of(_CHANNELS)
    trade, channels = wiring.trade(merchant), wiring.channels(merchant)
    now, skus = datetime.now(UTC), orders.skus(SKUS)
    units = dict.fromkeys(skus, _UNITS)
    listings = {_OUTLET: {sku: ListingId(str(10 + at)) for at, sku in enumerate(skus)}}
    cursors = {_OUTLET: channels[_OUTLET].cursor_at(now)}
    with fresh(kind) as url:
        database = Database(url)
        try:
            activate.activate(database, trade, now)
            goods.open_trade(database, trade, units, listings, cursors, now)
            with database.begin() as tx:  # the plain side has shelves and listings of its own
                for table in (tables.stock, tables.beliefs):
                    names = [column.name for column in table.columns if column.name != "merchant"]
                    same = [table.c[name] for name in names]
                    mine = select(literal(_PLAIN), *same).where(table.c.merchant == trade.name)
                    tx.execute(insert(table).from_select(["merchant", *names], mine))
            database.analyze()
            book = orders.Book(skus=skus)
            yield _Bench(database=database, trade=trade, channels=channels, book=book)
        finally:
            database.close()


def _of_one(some: Sequence[orders.Order]) -> list[orders.Order]:
    viral = orders.skus(1)[0]
    return [orders.Order(number=one.number, lines=[(viral, 1)] * orders.LINES) for one in some]


def _applied(bench: _Bench, some: Sequence[orders.Order]) -> float:
    """Put these orders into the inbox, drain it, and return the lines a second of the drain."""
    _receive(bench, bench.trade.name, some)
    applied, began = 0, time.perf_counter()
    while True:
        done = apply.drain(
            bench.database, bench.trade, bench.channels, wiring.utc_now, lingers_most=0
        )
        applied += done.applied
        if not done.more:
            break
    passed_s = time.perf_counter() - began
    if applied != len(some):
        raise Wrong(f"{applied} of {len(some)} orders were applied")
    bench.taken.extend(some)
    return sum(len(order.lines) for order in some) / passed_s


def _receive(bench: _Bench, merchant: MerchantName, some: Sequence[orders.Order]) -> None:
    channel, now = bench.channels[_WEB], wiring.utc_now()
    told = {"x-wc-webhook-topic": orders.TOPIC, "content-type": "application/json"}
    kept = [
        arrival_of(merchant, _WEB, one)
        for order in some
        for one in channel.minimise(
            Delivery(body=order.body(), headers=dict(told), received_at=now)
        )
    ]
    with bench.database.begin() as tx:
        inbox.put(tx, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finished:
    """All rows that one batch of orders leaves behind, ready to be written."""

    inbox: Sequence[int]
    inserted: Mapping[str, Sequence[dict[str, Any]]]
    replaced: Mapping[str, Sequence[dict[str, Any]]]


def _written(bench: _Bench, some: Sequence[orders.Order]) -> float:
    """Write what these orders left behind once more, plainly; return the lines a second."""
    _receive(bench, _PLAIN, some)
    batches = list(_finished(bench, some))
    began = time.perf_counter()
    for batch in batches:
        with bench.database.begin() as tx:
            for name, rows in batch.inserted.items():
                tx.execute(insert(tables.metadata.tables[name]), rows)
            for name, rows in batch.replaced.items():
                sql.upsert(tx, tables.metadata.tables[name], rows)
            tx.execute(
                update(tables.inbox)
                .where(tables.inbox.c.merchant == _PLAIN, tables.inbox.c.id.in_(batch.inbox))
                .values(state=State.DONE, ended_at=wiring.utc_now())
            )
    return sum(len(order.lines) for order in some) / (time.perf_counter() - began)


def _finished(bench: _Bench, some: Sequence[orders.Order]) -> Iterator[_Finished]:
    with bench.database.reading() as tx:
        waiting = tables.inbox.c.state == State.PENDING
        rows = select(tables.inbox.c.id).where(tables.inbox.c.merchant == _PLAIN, waiting)
        ids = list(tx.execute(rows.order_by(tables.inbox.c.id)).scalars())

    def rows_of(table: Table, column: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        of_orders = table.c.merchant == bench.trade.name, table.c[column].in_(keys)
        with bench.database.reading() as tx:
            found = tx.execute(select(table).where(*of_orders)).mappings()
            return [{**row, "merchant": _PLAIN} for row in found]

    for start in range(0, len(some), _BATCH):
        batch = some[start : start + _BATCH]
        keys = [str(order.number) for order in batch]
        skus = sorted({sku for sku, _ in orders.all_lines(batch)})
        by_order = (tables.papers, tables.lines, tables.movements)
        by_sku = (tables.stock, tables.beliefs)
        yield _Finished(
            inbox=ids[start : start + _BATCH],
            inserted={table.name: rows_of(table, "key", keys) for table in by_order},
            replaced={table.name: rows_of(table, "sku", skus) for table in by_sku},
        )


def _check(bench: _Bench) -> None:
    """Raise `Wrong` unless the shelf lacks what was sold, and the channel should show the rest."""
    units = orders.sold(bench.taken)
    left = goods.left(bench.database, bench.trade)
    wrong = [sku for sku, free in left.items() if free != _UNITS - units.get(sku, 0)]
    with bench.database.reading() as tx:
        statement = select(tables.beliefs.c.sku, tables.beliefs.c.wanted)
        rows = tx.execute(statement.where(tables.beliefs.c.merchant == bench.trade.name))
        wrong += [Sku(sku) for sku, wanted in rows if wanted != left[Sku(sku)]]
        lines = select(tables.lines.c.line).where(tables.lines.c.kind == PaperKind.ORDER)
        booked = len(tx.execute(lines.where(tables.lines.c.merchant == bench.trade.name)).all())
    if wrong:
        raise Wrong(f"{len(wrong)} numbers are wrong, among them {wrong[0]}")
    if booked != sum(len(order.lines) for order in bench.taken):
        raise Wrong(f"{booked} lines are booked")
