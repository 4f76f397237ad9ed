"""The small parts of bodies: times, ids, money."""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

Zone = tzinfo
TORONTO = ZoneInfo("America/Toronto")


def stamp(moment: datetime | None, zone: Zone) -> str | None:
    """Return a time in the shop's zone, cut to whole seconds."""
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")


def gid(kind: str, key: int | str) -> str:
    """Return an id as GraphQL knows it."""
    return f"gid://shopify/{kind}/{key}"


def price(cents: int) -> str:
    """Return money as text."""
    return f"{cents // 100}.{cents % 100:02d}"


def price_set(cents: int, currency: str) -> dict[str, Any]:
    """Return money in the shop's currency and in the buyer's."""
    amount = {"amount": price(cents), "currency_code": currency}
    return {"shop_money": amount, "presentment_money": amount}


def money(name: str, cents: int, currency: str) -> dict[str, Any]:
    """Return a price under its name, plain and as a set."""
    return {name: price(cents), f"{name}_set": price_set(cents, currency)}
