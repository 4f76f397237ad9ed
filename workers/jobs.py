"""What RQ runs, and the few calls by which the processes reach the rest."""

import logging
import os
import socket
from collections.abc import Callable, Iterable
from functools import cache

from stocksync.core.names import ChannelName, MerchantName
from stocksync.doorbell import APPLY, PUSH
from stocksync.flow import apply as flow_apply
from stocksync.flow import sweep, turn
from stocksync.store import leases, work
from stocksync.store.configs import Outdated
from stocksync.wiring import System, from_environment, outgoing, utc_now

log = logging.getLogger(__name__)

HOLDER = f"{socket.gethostname()}:{os.getpid()}"


@cache
def system() -> System:
    """Return what wiring built for this process, once."""
    return from_environment()


def apply(merchant: MerchantName) -> None:
    """Empty one merchant's inbox, a turn a job, so that no merchant waits for another's rush."""
    if merchant not in system().merchants:
        log.warning("ring ignored", extra={"merchant": merchant, "why": "not in the config"})
        return
    system().doorbell.clear(APPLY, merchant)
    if drain(merchant):
        system().doorbell.ring(APPLY, merchant)


def push(merchant: MerchantName, channel: ChannelName) -> None:
    """Take one turn at one channel: write, read and pull what is due there."""
    if (merchant, channel) not in system().channels:
        facts = {"merchant": merchant, "channel": channel, "why": "not in the config"}
        log.warning("ring ignored", extra=facts)
        return
    system().doorbell.clear(PUSH, merchant, channel)
    call(merchant, channel)


def call(merchant: MerchantName, channel: ChannelName) -> None:
    """Take one turn at one channel, and ring for what it found or left."""
    turned: list[turn.Turned | None] = []

    def act(merchant: MerchantName) -> bool:
        one = outgoing(system(), merchant, channel)
        turned[:] = [] if one is None else [turn.turn(one, HOLDER)]
        return bool(turned)

    if not _on_active_config(act, merchant):
        return
    (done,) = turned
    if done is not None and done.new:
        system().doorbell.ring(APPLY, merchant)
    if done is not None and done.more:
        system().doorbell.ring(PUSH, merchant, channel)


def calling(merchant: MerchantName) -> Iterable[ChannelName]:
    """Return the channels of a merchant that have something to do now."""
    ours = system()
    able = [name for name, one in ours.channels_of(merchant).items() if one.reach is not None]
    with ours.database.reading() as tx:
        return sorted(work.channels_due(tx, merchant, able, utc_now()))


def ring_for(merchant: MerchantName, channel: ChannelName) -> bool:
    """Ring for one channel; return whether anybody will hear it."""
    return system().doorbell.ring(PUSH, merchant, channel)


def merchants() -> Iterable[MerchantName]:
    """Return every merchant of the config."""
    return system().merchants


def overdue(merchant: MerchantName) -> bool:
    """Sweep one merchant; return whether rows lie there that no bell announced in time."""
    return _on_active_config(_overdue, merchant)


def _overdue(merchant: MerchantName) -> bool:
    return sweep.sweep(system().database, system().trades[merchant], utc_now())


def drain(merchant: MerchantName) -> bool:
    """Take one turn at a merchant's inbox; return whether more waits there."""
    return _on_active_config(_drain, merchant)


def _on_active_config(act: Callable[[MerchantName], bool], merchant: MerchantName) -> bool:
    """Do it; if another config has become the active one, read it and do it by that."""
    try:
        return act(merchant)
    except Outdated:
        log.info("config read again", extra={"merchant": merchant})
        system().database.close()
        system.cache_clear()
        return act(merchant)


def _drain(merchant: MerchantName) -> bool:
    ours = system()

    def ring_again() -> None:
        ours.doorbell.ring(APPLY, merchant)

    def wake(names: set[ChannelName]) -> None:
        for name in sorted(names):
            channel = ours.channels.get((merchant, name))
            if channel is not None and channel.reach is not None:
                ours.doorbell.ring(PUSH, merchant, name)

    channels = ours.channels_of(merchant)
    return flow_apply.drain(
        ours.database, ours.trades[merchant], channels, utc_now, ring_again, wake
    ).more


def take_lease(seconds: float) -> bool:
    """Take or keep the right to be the only clock."""
    return leases.take(system().database, "clock", HOLDER, seconds)


def give_lease_back() -> None:
    """Let another clock begin."""
    leases.give_back(system().database, "clock", HOLDER)
