"""Tills, ERPs and invoice programs: signed events in, by our own contract.

The contract is docs/guides/channels/till.md. One module says one thing: `proof` who
sent it, `jsontext` what the bytes say, `shape` whether that is an event, `intake`
what of it is kept, `papers` what it means for stock.
"""

from stocksync.channels.till.channel import Till
from stocksync.channels.till.settings import TillSettings

__all__ = ["Till", "TillSettings"]
