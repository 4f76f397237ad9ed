"""All chance of a shop, drawn from its seed."""

import math
import random
from collections.abc import MutableSequence, Sequence
from typing import Any, TypeVar

from stocksync.sandbox.knobs import Spread

HEX = "0123456789abcdef"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

T = TypeVar("T")


class Dice:
    """A stream of draws; two streams of one shop never disturb each other."""

    def __init__(self, seed: int, stream: str) -> None:
        self._random = random.Random(f"{seed}:{stream}")  # noqa: S311  - a toy's chance

    def falls(self, share: float) -> bool:
        """Return true for that share of the draws; nothing is drawn for a share of 0."""
        return share > 0 and self._random.random() < share

    def roll(self) -> float:
        """Return a number from 0 to 1, without 1."""
        return self._random.random()

    def seconds(self, middle_s: float, spread: Spread) -> float:
        """Return a time around its middle."""
        match spread:
            case Spread.FIXED:
                return middle_s
            case Spread.EXPONENTIAL:
                return -math.log(1 - self._random.random()) * middle_s / math.log(2)

    def shuffle(self, things: MutableSequence[Any]) -> None:
        """Put things in any order."""
        self._random.shuffle(things)

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of them."""
        return self._random.choice(things)

    def word(self, length: int, letters: str) -> str:
        """Return so many of these letters, in any order."""
        return "".join(self._random.choice(letters) for _ in range(length))
