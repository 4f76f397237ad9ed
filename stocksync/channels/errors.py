"""The errors of a channel; each name says what happens next.

ChannelError            what a channel sent us
├── Unauthentic         not from the channel: answer `status`, count it, keep nothing
└── Unreadable          from the channel, not understood: park it, answer `status`
CallError               what became of a call of ours; nothing of it took effect, but `Unknown`
├── Transient           throttled or away: rows wait `retry_after`, or a growing pause
├── Refused             understood, and said no: halve the batch; a batch of one is parked
├── Shut                key revoked, shop closed: pause the channel, one alert
└── Unknown             a write without a clear answer: the flight stays unanswered
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from stocksync.channels.base import Delivery, Trouble


class ChannelError(Exception):
    """A channel's message could not be taken in. `detail` is safe to show to its sender."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.extra = dict(extra or {})
        self.errors = tuple(errors)


class Unauthentic(ChannelError):
    """Not from the channel. Nothing of it is kept but one more on a counter."""


class Unreadable(ChannelError):
    """From the channel, and not understood. `kept` is what may be stored of it, if anything."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 200,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
        kept: Delivery | None = None,
    ) -> None:
        super().__init__(code, detail, status=status, extra=extra, errors=errors)
        self.kept = kept


class CallError(Exception):
    """A call to a channel did not do what it was for. `detail` names the thing and the way out.

    `code` is a short technical word; `retry_after` is how long the channel asked us to wait.
    """

    def __init__(self, code: str, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Transient(CallError):
    """Throttled, or away for a while. A write that raises this was surely not taken."""


class Refused(CallError):
    """The channel understood the call and said no; a smaller one may pass."""


class Shut(CallError):
    """The channel does not let us in any more: nothing is sent until a person acts."""


class Unknown(CallError):
    """A write was sent and its answer is not known: it may have landed, or land later."""
