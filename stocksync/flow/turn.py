"""Turn: all that one channel needs now, step by step, by whoever holds its lease.

One worker at a time speaks to a channel, so a slow shop holds up only itself.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from stocksync.channels.errors import CallError, Shut
from stocksync.flow import comeback, look, pull, push, settle, watch
from stocksync.flow.outgoing import Outgoing, failed
from stocksync.store import beliefs, configs, leases
from stocksync.store.links import Link
from stocksync.store.session import has_clashed, is_transient
from stocksync.store.work import Work

log = logging.getLogger(__name__)

LEASE_S = 15.0
_RENEW_S = 4.0
_TURN_S = 3.0
"""A channel in a rush makes way for the others this often, between two calls."""
_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What one turn did: `new` rows for the inbox, and whether more could be done at once."""

    new: int
    more: bool


def turn(one: Outgoing, holder: str) -> Turned | None:
    """Take one turn at a channel; None if another worker is at it."""
    name = f"channel {one.trade.name}/{one.name}"
    if not leases.take(one.database, name, holder, LEASE_S):
        return None
    with _kept(one, name, holder):
        turned, left = _turn(one)
    if turned.more or left is None:
        return turned
    # Whoever came while we held the lease has gone again: what they came for is done by us.
    _, work = one.look_over()
    return replace(turned, more=bool(work.open - left.open))


def _turn(one: Outgoing) -> tuple[Turned, Work | None]:
    """Return what was done, and what stays open because nothing can be done about it now."""
    started, new = time.monotonic(), 0
    _clean_up(one)
    for _ in range(_STEPS):
        link, work = one.look_over()
        now = one.clock()
        if link is None or link.stopped or (link.not_before and link.not_before > now):
            return Turned(new=new, more=False), None
        if time.monotonic() - started > _TURN_S:
            return Turned(new=new, more=True), None
        try:
            did, fresh = _step(one, link, work)
        except CallError as error:
            failed(one, link, error)
            return Turned(new=new, more=False), None
        except Exception as error:
            if not (is_transient(error) or has_clashed(error)):
                raise
            facts = {"channel": one.name, "error": f"{type(error).__name__}: {error}"[:200]}
            log.info("turn clashed", extra=facts)
            return Turned(new=new, more=True), None
        new += fresh
        if fresh:
            # The inbox has the next word; whoever applies it rings for us again.
            return Turned(new=new, more=False), None
        if not did:
            return Turned(new=new, more=False), work
    return Turned(new=new, more=True), None


def _clean_up(one: Outgoing) -> None:
    """Let go of the reads and writes without an answer that a turn that died has left."""
    with one.database.reading() as tx:
        configs.require(tx, one.trade.name, one.trade.digest)
        readings = beliefs.readings(tx, one.trade.name, one.name)
        awaited = beliefs.awaited(tx, one.trade.name, one.name)
    begun = [key for key, reading in readings.items() if reading.number is None]
    if begun:
        look.let_go(one, begun, None)
    if awaited:
        push.let_go(one, awaited)


def _step(one: Outgoing, link: Link, work: Work) -> tuple[bool, int]:
    """Do the most urgent thing that is due; return whether there was one, and new rows."""
    now = one.clock()
    if work.outlived and push.bury(one):
        return True, 0
    if comeback.is_due(one, link, now):
        try:
            return True, comeback.ask_first(one, link, now)
        except CallError as error:
            failed(one, link, error)
            if error.retry_after or isinstance(error, Shut):
                return False, 0
            # Its orders alone may fail: what must sink is written.
            after, work = one.look_over()
            link = after or link
    if work.asked:
        fresh = pull.answer(one, link)
        if fresh:
            return True, fresh
        _, work = one.look_over()  # an order that cannot be read holds up nothing else
    if work.read and settle.settle(one, link):
        return True, 0
    if work.unanswered and push.retry(one, link):
        return True, 0
    # What an outage left is seen to as soon as it can be, whether or not anything is due.
    if work.due or link.reads_first is not None:
        if not comeback.may_write(one, link):
            _, work = one.look_over()  # first all is read
        elif push.push(one, link):
            return True, 0
    if link.reconcile_at <= now:
        pull.reconcile(one)
        return True, 0
    # Many numbers to read must not keep the orders waiting that explain them.
    overdue = link.pull_at + one.reach.poll_every <= now
    if work.unread and not overdue and look.look(one, link):
        return True, 0
    if link.pull_at <= now:
        return True, pull.pull(one, link)
    return watch.care(one, link), 0


@contextmanager
def _kept(one: Outgoing, name: str, holder: str) -> Iterator[None]:
    """Keep the lease for as long as the work takes: a slow shop may need a minute a call."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(_RENEW_S):
            try:
                if not leases.take(one.database, name, holder, LEASE_S):
                    return
            except Exception:
                log.warning("lease not renewed", extra={"channel": one.name}, exc_info=True)

    keeper = threading.Thread(target=renew, name="channel-lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        leases.give_back(one.database, name, holder)
