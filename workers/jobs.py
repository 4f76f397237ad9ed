"""What RQ runs, and the few calls by which the processes reach the rest."""

import logging
import os
import socket
from collections.abc import Iterable
from functools import cache

from stocksync.core.names import MerchantName
from stocksync.doorbell import APPLY
from stocksync.flow import apply as flow_apply
from stocksync.flow import sweep as flow_sweep
from stocksync.store import leases
from stocksync.wiring import System, from_environment

log = logging.getLogger(__name__)

HOLDER = f"{socket.gethostname()}:{os.getpid()}"


@cache
def system() -> System:
    """Return what wiring built for this process, once."""
    return from_environment()


def apply(merchant: MerchantName) -> None:
    """Empty one merchant's inbox, a batch a job, so that no merchant waits for another's rush."""
    ours = system()
    if merchant not in ours.merchants:
        log.warning("ring ignored", extra={"merchant": merchant, "why": "not in the config"})
        return
    ours.doorbell.clear(APPLY, merchant)
    if flow_apply.drain(ours, merchant).full:
        ours.doorbell.ring(APPLY, merchant)


def merchants() -> Iterable[MerchantName]:
    """Return every merchant of the config."""
    return system().merchants


def overdue(merchant: MerchantName) -> bool:
    """Sweep one merchant; return whether rows lie there that no bell announced in time."""
    return flow_sweep.sweep(system(), merchant)


def drain(merchant: MerchantName) -> bool:
    """Work through one batch; return whether there is likely more."""
    return flow_apply.drain(system(), merchant).full


def lease(seconds: float) -> bool:
    """Take, keep or (for 0 seconds) give back the right to be the only clock."""
    return leases.take(system().database, "clock", HOLDER, seconds)
