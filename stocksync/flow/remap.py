"""Remap: book parked lines again, with their own dates, when their mapping has appeared."""

from collections.abc import Sequence
from datetime import datetime

from stocksync.core.account import PaperId
from stocksync.core.plan import Trade
from stocksync.flow import books
from stocksync.store import papers
from stocksync.store.session import Database

MOST = 100
"""How many papers one transaction books again."""


def release(database: Database, trade: Trade, now: datetime) -> int:
    """Book every paper whose parked lines name goods that are known now; return how many."""
    folding = [name for name, plan in trade.plans.items() if plan.fold]
    with database.reading() as tx:
        ready = papers.mappable(tx, trade.name, folding)
    return rebook(database, trade, ready, now)


def release_all(database: Database, trade: Trade, now: datetime) -> int:
    """Book every paper with a parked line again: the config has changed what maps to what."""
    with database.reading() as tx:
        ready = papers.with_parked_lines(tx, trade.name)
    return rebook(database, trade, ready, now)


def rebook(database: Database, trade: Trade, ids: Sequence[PaperId], now: datetime) -> int:
    """Book papers again as they stand, some at a time; return how many that were."""
    mine = [paper for paper in ids if paper.channel in trade.plans]
    for start in range(0, len(mine), MOST):
        piece = mine[start : start + MOST]
        with database.begin() as tx:
            gathered = books.gather(tx, trade, [], now, also=piece)
            for paper in sorted(piece):
                gathered.books.rebook(paper, now)
            books.write(tx, trade, gathered, now)
    return len(mine)
