"""The channels of a merchant as commands see them: linked or not, how each does, the way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from stocksync.cli.opening import Shop
from stocksync.cli.saying import FoundWrong, Refused, many, visible
from stocksync.config.mistakes import did_you_mean
from stocksync.core.names import ChannelName
from stocksync.core.standing import Side
from stocksync.flow.outgoing import Outgoing
from stocksync.store import links
from stocksync.store.links import Link
from stocksync.wiring import outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """How a channel does: one word for scripts, a sentence, and the way out if it needs one."""

    state: str
    words: str
    way_out: str = ""


def one_channel(here: Shop, name: str) -> Outgoing:
    """Return a channel that can be called, or refuse it with a sentence."""
    known = list(here.merchant.channels)
    if name not in known:
        near = did_you_mean(name, known) or f"; there is {', '.join(known)}"
        raise Refused(f"merchant {here.name} has no channel {visible(name)}{near}")
    found = outgoing(here.system, here.name, ChannelName(name))
    if found is None:
        keys = "url, key and secret" if _kind(here, name) == "woocommerce" else "push_url"
        raise Refused(f"{name} only tells us, it cannot be called; add {keys} to its config")
    return found


def linked(here: Shop, name: str | None) -> list[Outgoing]:
    """Return the channel that was named, or all that are linked; refuse if none is."""
    with here.database.reading() as tx:
        known = links.load_all(tx, here.name)
    if name is not None:
        one = one_channel(here, name)
        if one.name not in known:
            raise FoundWrong(_unlinked(one.name))
        return [one]
    found = [outgoing(here.system, here.name, each) for each in here.merchant.channels]
    able = [one for one in found if one is not None and one.name in known]
    if not able:
        first = next((one.name for one in found if one is not None), None)
        raise FoundWrong(
            _unlinked(first) if first else "no channel can be called; give one its keys in config"
        )
    return able


def sides(tx: Connection, here: Shop) -> dict[ChannelName, Side]:
    """Return what of each linked channel decides how its listings stand."""
    return {
        name: side_of(here, link)
        for name, link in links.load_all(tx, here.name).items()
        if name in here.merchant.channels
    }


def side_of(here: Shop, link: Link) -> Side:
    """Return what of one channel decides how its listings stand."""
    shadow = here.trade.plans[link.channel].shadow
    return Side(
        writes=link.live_at is not None and not shadow,
        stopped=link.stopped,
        halted=link.halted,
    )


def doing(here: Shop, link: Link, now: datetime) -> Doing:
    """Return how a linked channel does."""
    name = link.channel
    resume = f"mend it, then: stocksync go-live {name}"
    if link.stopped is not None:
        return Doing(
            state="stopped", words=f"nothing is sent or asked: {link.stopped}", way_out=resume
        )
    if link.halted is not None:
        look = f"look at its numbers, then: stocksync go-live {name}"
        return Doing(state="halted", words=f"no number is written: {link.halted}", way_out=look)
    if link.failures and link.not_before is not None:
        failed = many(link.failures, "call failed", "calls failed")
        return Doing(
            state="away",
            words=f"{failed} in a row; the next is at {here.local(max(link.not_before, now))}",
            way_out=f"stocksync doctor {name}",
        )
    if here.trade.plans[name].shadow:
        shadow = f"take `push: shadow` off channels.{name} when the numbers are right"
        return Doing(state="shadow", words="decided and shown here, not written", way_out=shadow)
    if link.live_at is None:
        go = f"stocksync go-live {name}"
        return Doing(state="linked", words="no number is written before it goes live", way_out=go)
    return Doing(state="live", words=f"numbers are written since {here.local(link.live_at)}")


def stuck(here: Shop, ones: Sequence[Outgoing]) -> str | None:
    """Return why a channel cannot be worked on at all, if that is so."""
    for one in ones:
        link = one.link()
        if link is not None and link.stopped is not None:
            told = doing(here, link, one.clock())
            return f"{one.name}: {told.words}; {told.way_out}"
    return None


def _unlinked(name: ChannelName) -> str:
    return (
        f"{name} is not linked; the first channel brings the stock: stocksync import {name}; "
        f"any other: stocksync link {name}"
    )


def _kind(here: Shop, name: str) -> str:
    return here.merchant.channels[ChannelName(name)].kind
