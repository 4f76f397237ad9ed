"""Remap: book parked lines again, with their own dates, when their mapping has appeared."""

import logging
from collections.abc import Sequence
from datetime import datetime

from stocksync.core.account import PaperId
from stocksync.core.plan import Trade
from stocksync.flow import books, late, redecide
from stocksync.store import configs, inbox, papers
from stocksync.store.session import Database, is_transient

log = logging.getLogger(__name__)

MAPPED_BY_CONFIG = ("unknown-location", "no-channel")
"""Why a whole delivery may wait for the config."""
MOST = 100
"""How many papers one transaction books again."""


def release(database: Database, trade: Trade, now: datetime) -> int:
    """Book every paper whose parked lines name goods that are known now; return how many."""
    folding = [name for name, plan in trade.plans.items() if plan.fold]
    with database.reading() as tx:
        ready = papers.mappable(tx, trade.name, list(trade.plans), folding, list(trade.bundles))
    return rebook(database, trade, ready, now)


def release_all(database: Database, trade: Trade, now: datetime) -> int:
    """Do again what a changed config may change: parked lines, whole deliveries, offers.

    Until all are done this stays unfinished, and the sweep does it again.
    """
    with database.begin() as tx:
        inbox.reopen_coded(tx, trade.name, MAPPED_BY_CONFIG)
    with database.reading() as tx:
        version = configs.unfinished(tx, trade.name)
        ready = papers.with_parked_lines(tx, trade.name)
    booked = rebook(database, trade, ready, now)
    if version is not None:
        redecide.everything(database, trade, now)
        with database.begin() as tx:
            configs.finish(tx, trade.name, version)
    return booked


def rebook(database: Database, trade: Trade, ids: Sequence[PaperId], now: datetime) -> int:
    """Book papers again as they stand, some at a time; return how many that were.

    A paper that fails is told in the log and left as it is: it must not keep the others.
    """
    mine = sorted(paper for paper in ids if paper.channel in trade.plans)
    pieces = [mine[start : start + MOST] for start in range(0, len(mine), MOST)]
    booked = 0
    while pieces:
        piece = pieces.pop(0)
        try:
            _rebook(database, trade, piece, now)
            booked += len(piece)
        except Exception as error:
            if is_transient(error) or isinstance(error, configs.Outdated):
                raise
            if len(piece) > 1:
                half = len(piece) // 2
                pieces[:0] = [piece[:half], piece[half:]]
                continue
            log.exception("paper not booked again merchant=%s paper=%s", trade.name, piece[0])
    return booked


def _rebook(database: Database, trade: Trade, piece: Sequence[PaperId], now: datetime) -> None:
    with database.begin() as tx:
        unexplained = late.unexplained(tx, trade, {paper.channel for paper in piece}, now)
        also = [*piece, *late.papers(unexplained)]
        gathered = books.gather(tx, trade, [], now, also=also)
        for paper in piece:
            gathered.books.rebook(paper, now)
        late.explain(tx, trade, gathered.books, unexplained, now)
        books.write(tx, trade, gathered, now)
