"""What becomes of one call on a bad day: drawn by its share, or laid out beforehand."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from stocksync.sandbox.dice import Dice

F = TypeVar("F")


class Drawn(Generic[F]):
    """Draws what befalls each call; what was laid out beforehand comes first."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._laid_out: deque[F] = deque()

    def lay_out(self, fate: F, times: int = 1) -> None:
        """Let the next call that a fate can befall have it."""
        self._laid_out.extend([fate] * times)

    def drawn(self, shares: Mapping[F, float], befalls: Callable[[F], bool]) -> F | None:
        """Return one of the fates that can befall a call; None, the share that is left, is none."""
        if self._laid_out and befalls(self._laid_out[0]):
            return self._laid_out.popleft()
        point = self._dice.roll()
        for fate, share in shares.items():
            if not befalls(fate):
                continue
            if point < share:
                return fate
            point -= share
        return None
