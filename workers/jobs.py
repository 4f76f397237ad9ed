"""What RQ runs, and the few calls by which the processes reach the rest."""

import logging
import os
import socket
from collections.abc import Callable, Iterable
from functools import cache

from stocksync.core.names import MerchantName
from stocksync.doorbell import APPLY
from stocksync.flow import apply as flow_apply
from stocksync.flow import sweep
from stocksync.store import leases
from stocksync.store.configs import Outdated
from stocksync.wiring import System, from_environment, utc_now

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

    return flow_apply.drain(
        ours.database, ours.trades[merchant], ours.channels_of(merchant), utc_now, ring_again
    ).more


def take_lease(seconds: float) -> bool:
    """Take or keep the right to be the only clock."""
    return leases.take(system().database, "clock", HOLDER, seconds)


def give_lease_back() -> None:
    """Let another clock begin."""
    leases.give_back(system().database, "clock", HOLDER)
