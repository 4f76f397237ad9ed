"""The names by which merchants, places, goods and papers are known. All are text."""

from typing import NewType

MerchantName = NewType("MerchantName", str)
ChannelName = NewType("ChannelName", str)
LocationName = NewType("LocationName", str)
Sku = NewType("Sku", str)
"""The merchant's key of one variant. Case and leading zeros are kept."""
ListingId = NewType("ListingId", str)
"""A channel's own id of one entry that has its own stock number."""
EventId = NewType("EventId", str)
"""What makes a delivery enter the inbox once."""
InboxId = NewType("InboxId", int)
LineId = NewType("LineId", str)
PaperKey = NewType("PaperKey", str)
"""The channel's key of one order, receipt or other paper."""
