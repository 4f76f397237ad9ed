"""Receive: the step of the door. Nothing is answered well before it is committed."""

import hashlib
import logging
from collections.abc import Sequence

from stocksync.channels.base import Answer, Channel, Delivery, Stored, Trouble
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.core.names import ChannelName, MerchantName
from stocksync.flow.group import GroupCommit
from stocksync.store.inbox import Arrival, Kept

REASON_MAX = 500
SIZE_HEADER = "x-body-bytes"
DIGEST_HEADER = "x-body-sha256"

log = logging.getLogger(__name__)


def receive(
    merchant: MerchantName, channel: Channel, delivery: Delivery, group: GroupCommit
) -> Answer:
    """Take one message in, commit it, and return what its sender expects to hear.

    Raise `Unauthentic` with nothing kept but a count, `Unreadable` once the message is
    parked, or `NotStored`: the sender must send it again.
    """
    try:
        channel.verify(delivery)
    except Unauthentic:
        group.refused(merchant, channel.name, delivery.received_at)
        raise

    try:
        deliveries = channel.minimise(delivery)
    except Unreadable as e:
        arrival = _unreadable(merchant, channel.name, delivery, e)
        _tell(merchant, channel.name, [arrival], group.put([arrival]))
        if e.status >= 400:
            raise
        return Answer(status=e.status, body={"status": "parked"})

    arrivals = [arrival_of(merchant, channel.name, one) for one in deliveries]
    kept = group.put(arrivals)
    _tell(merchant, channel.name, arrivals, kept)
    return channel.answer(deliveries, [Stored(one.value) for one in kept])


def _tell(
    merchant: MerchantName,
    channel: ChannelName,
    arrivals: Sequence[Arrival],
    kept: Sequence[Kept],
) -> None:
    log.info(
        "delivery received",
        extra={
            "merchant": merchant,
            "channel": channel,
            "event": arrivals[0].event if arrivals else "",
            "events": len(arrivals),
            "new": kept.count(Kept.NEW),
            "parked": sum(one.reason is not None for one in arrivals),
        },
    )


def arrival_of(merchant: MerchantName, channel: ChannelName, delivery: Delivery) -> Arrival:
    """Return a minimised delivery on its way into the inbox; one in trouble is parked there."""
    trouble = delivery.trouble
    event: str = delivery.event_id
    if trouble is not None:
        # The id stays free: the sender may mend the content and send it under the same one.
        event = f"{event}!{delivery.content[:16]}"
    return Arrival(
        merchant=merchant,
        channel=channel,
        event=event,
        content=delivery.content,
        received_at=delivery.received_at,
        body=delivery.body,
        headers=dict(delivery.headers),
        stated_at=delivery.stated_at,
        read_began_at=delivery.read_began_at,
        code=None if trouble is None else trouble.code,
        reason=None if trouble is None else _said([trouble]),
    )


def _unreadable(
    merchant: MerchantName, channel: ChannelName, delivery: Delivery, error: Unreadable
) -> Arrival:
    """Return what may be kept of it: the channel's pruned copy if there is one, and its print."""
    digest = hashlib.sha256(delivery.body).hexdigest()
    kept = error.kept
    headers = {SIZE_HEADER: str(len(delivery.body)), DIGEST_HEADER: digest}
    told = f"{error.detail}: {_said(error.errors)}" if error.errors else error.detail
    return Arrival(
        merchant=merchant,
        channel=channel,
        event=f"unreadable:{digest}",
        content=digest,
        received_at=delivery.received_at,
        body=b"" if kept is None else kept.body,
        headers=headers if kept is None else {**kept.headers, **headers},
        stated_at=None if kept is None else kept.stated_at,
        code=error.code,
        reason=told[:REASON_MAX],
    )


def _said(troubles: Sequence[Trouble]) -> str:
    return "; ".join(f"{one.pointer} {one.detail}".strip() for one in troubles)[:REASON_MAX]
