"""One hash for everything that must end the same, in whatever order it was heard.

It sums the locations of one `sells_from` chain, and counts soft holds as free (DESIGN 4).
"""

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from stocksync.core.names import LocationName, MerchantName
from stocksync.store.papers import read_lines
from stocksync.store.tables import stock


def state_hash(tx: Connection, merchant: MerchantName, groups: Mapping[LocationName, str]) -> str:
    """Return the hash of stock and booked lines. `groups` names the chain of each location."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in tx.execute(select(stock).where(stock.c.merchant == merchant)):
        group = groups.get(LocationName(row.location), row.location)
        for account in ("free", "committed", "held", "incoming"):
            sums[row.sku, group, account] += getattr(row, account)
    told = []
    for paper, line in read_lines(tx, merchant):
        for part in line.parts:
            group = groups.get(part.location, part.location)
            sums[part.sku, group, "free"] += part.soft
            sums[part.sku, group, "held"] -= part.soft
        if line.committed or line.gone or line.beyond or line.parked:
            code = line.parked.code if line.parked else ""
            told.append((*paper, line.line, line.sku, line.committed, line.gone, line.beyond, code))
    shelves = sorted((*key, units) for key, units in sums.items() if units)
    return sha256(repr((shelves, sorted(told, key=repr))).encode()).hexdigest()
