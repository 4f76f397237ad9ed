"""What the shop tells beside its orders: numbers to compare, and changes to look at."""

from collections.abc import Mapping
from typing import Any

from stocksync.channels.shopify import items
from stocksync.channels.shopify.gids import Level, listing_of
from stocksync.channels.shopify.orders import Policy
from stocksync.channels.shopify.topics import ITEMS, NOISE
from stocksync.channels.webhooks import NotUnderstood
from stocksync.core.facts import Fact, Ignored, LookAgain, Shows, SomethingMissed

UPDATED, CONNECTED = "inventory_levels/update", "inventory_levels/connect"


def level(
    said: Mapping[str, Any], topic: str, policy: Policy, mapped: frozenset[int]
) -> tuple[Fact, ...]:
    """Return the number that a level shows; built late, it is a hint, and never a difference.

    A level that shows none is not 0: nobody counts it any more, and a read will tell. One that
    is stocked from now on may be nobody's listing yet: its item is read.
    """
    place = Level(said["inventory_item_id"], said["location_id"])
    listing = listing_of(place)
    if topic == CONNECTED:
        if place.location not in mapped:
            return (Ignored(reason=f"{listing} is at no synced location"),)
        return (items.asked(place.item, f"{listing} is stocked from now on"),)
    if topic != UPDATED:
        what = topic.rpartition("/")[2] or "change"
        return (LookAgain(listings=(listing,), why=f"{listing} was told of by a {what}"),)
    if said["available"] is None:
        return (LookAgain(listings=(listing,), why=f"{listing} shows no number any more"),)
    return (Shows(listing=listing, number=policy.units(said["available"])),)


def noticed(said: Mapping[str, Any], topic: str) -> tuple[Fact, ...]:
    """Return what a topic means whose body tells nothing of stock, or raise `NotUnderstood`."""
    if not topic:
        raise NotUnderstood("unknown-topic", "a notice without its topic tells nothing")
    if topic in NOISE:
        return (Ignored(reason=f"{topic} is of no concern to stock"),)
    if topic in ITEMS and said["id"] is not None:
        return (items.asked(said["id"], f"the shop told of {topic}"),)
    return (SomethingMissed(why=f"the shop told of {topic}"),)
