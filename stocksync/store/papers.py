"""Papers and their lines: what is booked of each, locked before it is changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
)

from stocksync.core.account import PaperId, PaperState
from stocksync.core.facts import PaperKind
from stocksync.core.lines import BookedLine
from stocksync.core.names import ChannelName, LineId, ListingId, MerchantName, PaperKey, Sku
from stocksync.core.plan import Unmapped
from stocksync.core.versions import Standing
from stocksync.store import shapes, sql
from stocksync.store.tables import lines, listings, papers, skus

_STATES = sql.lockable(
    select(papers.c.key, papers.c.state)
    .where(
        papers.c.merchant == sql.MERCHANT,
        papers.c.channel == sql.CHANNEL,
        papers.c.kind == sql.KIND,
        sql.among(papers.c.key),
    )
    .order_by(papers.c.key)
)
_LINES = (
    select(lines)
    .where(
        lines.c.merchant == sql.MERCHANT,
        lines.c.channel == sql.CHANNEL,
        lines.c.kind == sql.KIND,
        sql.among(lines.c.key),
    )
    .order_by(lines.c.key, lines.c.line)
)


def lock(
    tx: Connection, merchant: MerchantName, ids: Iterable[PaperId], now: datetime
) -> dict[PaperId, PaperState]:
    """Lock these papers, made where they are missing, and return them with their lines."""
    wanted = sorted(set(ids))
    sql.make_room(
        tx,
        papers,
        [
            {
                "merchant": merchant,
                "channel": channel,
                "kind": kind,
                "key": key,
                "state": b"",
                "rebook_at": None,
                "changed_at": now,
            }
            for channel, kind, key in wanted
        ],
    )
    states: dict[PaperId, PaperState] = {}
    for (channel, kind), keys in _by_kind(wanted).items():
        asked = {"of_merchant": merchant, "of_channel": channel, "of_kind": kind}
        for key, text in sql.each(tx, _STATES[sql.is_sqlite(tx)], keys, **asked):
            states[PaperId(channel, kind, PaperKey(key))] = shapes.paper_state(text)
    _add_lines(tx, merchant, states)
    return states


def standings(
    tx: Connection, merchant: MerchantName, channel: ChannelName, orders: Iterable[PaperKey]
) -> dict[PaperKey, Standing]:
    """Return which body stands for each of these orders, without a lock."""
    found: dict[PaperKey, Standing] = {}
    asked = {"of_merchant": merchant, "of_channel": channel, "of_kind": PaperKind.ORDER}
    for key, text in sql.each(tx, _STATES[True], orders, **asked):
        standing = shapes.paper_state(text).standing
        if standing is not None:
            found[PaperKey(key)] = standing
    return found


def open_since(
    tx: Connection, merchant: MerchantName, channel: ChannelName, moment: datetime, most: int
) -> list[PaperKey]:
    """Return orders with units on the shelf that nobody has told of since a moment."""
    mine = and_(
        papers.c.merchant == lines.c.merchant,
        papers.c.channel == lines.c.channel,
        papers.c.kind == lines.c.kind,
        papers.c.key == lines.c.key,
    )
    # From the lines that are open, which are few: an order stays for ever.
    statement = (
        select(papers.c.key, papers.c.changed_at)
        .select_from(lines.join(papers, mine))
        .where(lines.c.merchant == merchant, lines.c.channel == channel)
        .where(lines.c.committed > literal_column("0"), lines.c.kind == PaperKind.ORDER)
        .where(papers.c.changed_at < moment)
        .distinct()
        .order_by(papers.c.changed_at, papers.c.key)
        .limit(most)
    )
    return [PaperKey(row[0]) for row in tx.execute(statement)]


def save(
    tx: Connection,
    merchant: MerchantName,
    states: Mapping[PaperId, PaperState],
    now: datetime,
) -> None:
    """Write back papers that this transaction has locked, with their lines."""
    sql.upsert(
        tx,
        papers,
        [
            {
                "merchant": merchant,
                "channel": paper.channel,
                "kind": paper.kind,
                "key": paper.key,
                "state": shapes.paper_text(state),
                "rebook_at": state.rebook_at(now),
                "changed_at": now,
            }
            for paper, state in sorted(states.items(), key=lambda told: told[0])
        ],
    )
    sql.upsert(
        tx,
        lines,
        [
            _line_row(merchant, paper, line, now)
            for paper, state in sorted(states.items(), key=lambda told: told[0])
            for line in state.lines.values()
        ],
        first="parked_at",
    )


def to_rebook(
    tx: Connection,
    merchant: MerchantName,
    channels: Collection[ChannelName],
    now: datetime,
    most: int,
) -> list[PaperId]:
    """Return orders that the clock alone has changed by now, the oldest first."""
    statement = (
        select(papers.c.channel, papers.c.kind, papers.c.key)
        .where(papers.c.merchant == merchant, papers.c.rebook_at <= now)
        .where(papers.c.channel.in_(channels))
        .order_by(papers.c.rebook_at)
        .limit(most)
    )
    return [paper_id(row) for row in tx.execute(statement)]


def mappable(
    tx: Connection,
    merchant: MerchantName,
    channels: Collection[ChannelName],
    folding: Collection[ChannelName],
    bundles: Collection[Sku],
) -> list[PaperId]:
    """Return papers with a parked line whose goods are known by now.

    By the listing's owner, or by SKU text, whatever its case on a `folding` channel. A
    line whose name fits several SKUs waits for one that fits exactly.
    """
    asked = {
        "merchant": merchant,
        "channels": list(channels),
        "folding": list(folding),
        "bundles": list(bundles),
    }
    return [paper_id(row) for row in tx.execute(_MAPPABLE, asked)]


def with_parked_lines(tx: Connection, merchant: MerchantName) -> list[PaperId]:
    """Return every paper that has a parked line."""
    statement = (
        select(lines.c.channel, lines.c.kind, lines.c.key)
        .where(lines.c.merchant == merchant, lines.c.parked_code.is_not(None))
        .distinct()
    )
    return [paper_id(row) for row in tx.execute(statement)]


def read_lines(tx: Connection, merchant: MerchantName) -> Iterator[tuple[PaperId, BookedLine]]:
    """Yield every booked line of a merchant, with its paper."""
    statement = select(lines).where(lines.c.merchant == merchant)
    for row in tx.execution_options(yield_per=1000).execute(statement):
        yield paper_id(row), _line(row)


def paper_id(row: Any) -> PaperId:
    """Return which paper a row belongs to."""
    return PaperId(ChannelName(row.channel), PaperKind(row.kind), PaperKey(row.key))


def _by_kind(wanted: list[PaperId]) -> dict[tuple[ChannelName, PaperKind], list[PaperKey]]:
    groups: dict[tuple[ChannelName, PaperKind], list[PaperKey]] = defaultdict(list)
    for channel, kind, key in wanted:
        groups[channel, kind].append(key)
    return groups


def _add_lines(tx: Connection, merchant: MerchantName, states: dict[PaperId, PaperState]) -> None:
    for (channel, kind), keys in _by_kind(sorted(states)).items():
        asked = {"of_merchant": merchant, "of_channel": channel, "of_kind": kind}
        for row in sql.each(tx, _LINES, keys, **asked):
            states[paper_id(row)].lines[LineId(row.line)] = _line(row)


def _line(row: Row[Any]) -> BookedLine:
    line = BookedLine(
        line=LineId(row.line),
        sku_text=row.sku_text,
        listing=None if row.listing is None else ListingId(row.listing),
        named_by=row.named_by,
        sku=None if row.sku is None else Sku(row.sku),
        committed=row.committed,
        gone=row.gone,
        beyond=row.beyond,
        soft=row.soft,
        parked=None if row.parked_code is None else Unmapped(code=row.parked_code, text=row.parked),
    )
    return shapes.read_booked(line, row.booked)


def _line_row(
    merchant: MerchantName, paper: PaperId, line: BookedLine, now: datetime
) -> dict[str, Any]:
    return {
        "merchant": merchant,
        "channel": paper.channel,
        "kind": paper.kind,
        "key": paper.key,
        "line": line.line,
        "sku_text": line.sku_text,
        "listing": line.listing,
        "named_by": line.named_by,
        "sku": line.sku,
        "committed": line.committed,
        "gone": line.gone,
        "beyond": line.beyond,
        "soft": line.soft,
        "booked": shapes.booked_text(line),
        "parked_code": line.parked.code if line.parked else None,
        "parked": line.parked.text if line.parked else None,
        "parked_at": now if line.parked else None,
        "folded": line.sku_text.casefold() if line.parked and line.sku_text else None,
    }


def _mappable() -> Select[Any]:
    merchant = bindparam("merchant", type_=String())
    entry, owner = listings.alias(), listings.alias()
    by_ids = (
        select(case((owner.c.listing.is_not(None), owner.c.sku_text), else_=entry.c.sku_text))
        .select_from(
            entry.outerjoin(
                owner,
                (owner.c.merchant == entry.c.merchant)
                & (owner.c.channel == entry.c.channel)
                & (owner.c.listing == entry.c.owner),
            )
        )
        .where(
            entry.c.merchant == lines.c.merchant,
            entry.c.channel == lines.c.channel,
            entry.c.listing == lines.c.listing,
        )
        .correlate(lines)  # also inside the query of it below
        .scalar_subquery()
    )
    # One look-up in an index for each parked line: most wait for months.
    by_text = exists().where(skus.c.merchant == merchant, skus.c.sku == lines.c.sku_text)
    by_fold = exists().where(skus.c.merchant == merchant, skus.c.folded == lines.c.folded)
    owned = exists().where(skus.c.merchant == merchant, skus.c.sku == by_ids)
    by_listing = and_(
        lines.c.listing.is_not(None), or_(owned, by_ids.in_(bindparam("bundles", expanding=True)))
    )
    unknown = or_(
        by_text,
        by_listing,
        and_(lines.c.channel.in_(bindparam("folding", expanding=True)), by_fold),
    )
    ambiguous = or_(by_listing, and_(lines.c.listing.is_(None), by_text))
    return (
        select(lines.c.channel, lines.c.kind, lines.c.key)
        .where(
            lines.c.merchant == merchant, lines.c.channel.in_(bindparam("channels", expanding=True))
        )
        .where(lines.c.parked_code.is_not(None))  # or SQLite would look at every line there is
        .where(
            or_(
                and_(lines.c.parked_code == "unknown-sku", unknown),
                and_(lines.c.parked_code == "ambiguous-sku", ambiguous),
            )
        )
        .distinct()
    )


_MAPPABLE = _mappable()
"""Built once: every sweep asks it."""
