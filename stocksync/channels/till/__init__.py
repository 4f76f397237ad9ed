"""Tills, ERPs and invoice programs: signed events in and signed numbers out, by our own contract.

The contract is docs/guides/channels/till.md. One module says one thing: `proof` who
sent it, `jsontext` what the bytes say, `shape` whether that is an event, `intake`
what of it is kept, `papers` what it means for stock; on the way out `caller` how a till
is called, `pushing` how its numbers are set, `reading` how it is asked, `checkup` what is
wrong there, `listings` what its listings are called.
"""

from stocksync.channels.till.channel import Till
from stocksync.channels.till.listings import listing_id, split
from stocksync.channels.till.settings import TillSettings

__all__ = ["Till", "TillSettings", "listing_id", "split"]
