"""Watch: look after a channel's webhooks, and wake a shop that sleeps."""

import logging
from datetime import timedelta

from stocksync.channels.base import Health
from stocksync.flow.outgoing import Outgoing, succeeded
from stocksync.store import links
from stocksync.store.links import Link

log = logging.getLogger(__name__)

_NEVER = timedelta(days=1)


def care(one: Outgoing, link: Link) -> bool:
    """Do what is due of both; return whether the channel was called."""
    now = one.clock()
    if link.watch_at <= now:
        every = one.reach.watch_every
        with one.database.begin() as tx:
            links.change(tx, one.trade.name, one.name, watch_at=now + (every or _NEVER))
        return watch(one, link)
    if link.poke_at <= now:
        every = one.reach.poke_every
        with one.database.begin() as tx:
            links.change(tx, one.trade.name, one.name, poke_at=now + (every or _NEVER))
        return every is not None and _poke(one, link)
    return False


def watch(one: Outgoing, link: Link) -> bool:
    """Have the webhooks as they should be; return whether there was anything to ask."""
    every = one.reach.watch_every
    if every is None:
        return False
    found = one.channel.watch(hook_url(one))
    for finding in found:
        if finding.health is not Health.WELL:
            facts = {"channel": one.name, "code": finding.code, "what": finding.words}
            log.warning("webhooks looked after", extra=facts)
    now = one.clock()
    with one.database.begin() as tx:
        succeeded(tx, one, link)
        links.change(tx, one.trade.name, one.name, watch_at=now + every)
        if any(finding.health is Health.HEALED for finding in found):
            # What it did not send meanwhile is in its order list.
            links.sooner(tx, one.trade.name, one.name, "pull_at", now)
    return True


def hook_url(one: Outgoing) -> str | None:
    """Return where the channel's webhooks are to arrive, if we can be reached at all."""
    public = one.trade.public_url
    return f"{public}/hooks/{one.trade.name}/{one.name}" if public else None


def _poke(one: Outgoing, link: Link) -> bool:
    one.channel.poke()
    with one.database.begin() as tx:
        succeeded(tx, one, link)
    return True
