"""How much a shop is asked for at once: half after it choked, slowly more again."""

from stocksync.channels.errors import CallError

_CHOKED = frozenset(
    {
        "timed-out",
        "unavailable",
        "answer-too-large",
        "http-413",
        "woocommerce_rest_request_entity_too_large",
    }
)


class Pace:
    """A size between 1 and `most` that follows what the shop bears."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = most

    def answered(self) -> None:
        """Grow by one."""
        self.size = min(self._most, self.size + 1)

    def failed(self, error: CallError) -> bool:
        """Halve if it was too much for the shop; return whether less is asked for now."""
        before = self.size
        if error.code in _CHOKED:
            self.size = max(1, before // 2)
        return self.size < before
