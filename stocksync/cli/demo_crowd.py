"""The people of the demo: shoppers in every shop, a rush now and then, goods that come in."""

import random
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from stocksync.core.names import Sku
from stocksync.lab.street import TILL, Street

GOODS: dict[Sku, int] = {
    Sku("MUG-RED"): 24,
    Sku("MUG-BLUE"): 30,
    Sku("BOX"): 40,
    Sku("CANDLE"): 36,
    Sku("TEAPOT"): 12,
    Sku("PLATE"): 18,
    Sku("VASE"): 6,
    Sku("FAR-SOFA"): 2,
    Sku("LAST-LAMP"): 1,
    Sku("OLD-GLOBE"): 4,
}
"""What the merchant sells, and how much of it at opening."""
QUIET = Sku("OLD-GLOBE")
"""Nobody buys it in the demo, so that the number which a person types is plain to see."""
TYPED_FROM_S = 150
"""A typed number is adopted after two looks a minute apart: a short demo leaves it out."""
_TYPED_AT_S = 10.0
_TYPED_MORE = 3
_SHOPPERS = 4
_PAUSE_S = 1.6
_HURRY_S = 0.8
_RUSH_S = 2.0
_RUSH_EVERY_S = 10.0
_FIRST_RUSH_S = 1.0
_GOODS_EVERY_S = 12.0
_CANCELS = 0.05
_TWO_AT_ONCE = 0.15


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Shoppers who come and go until it is `over`, and what else happens on the street."""

    street: Street
    seconds: float
    seed: int
    news: deque[str] = field(default_factory=lambda: deque(maxlen=3))
    over: threading.Event = field(default_factory=threading.Event)
    _rush: tuple[Sku, float] | None = None
    _rush_at: float = _FIRST_RUSH_S
    _goods_at: float = _GOODS_EVERY_S
    _typed: bool = False
    _dice: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._dice.seed(self.seed)

    @property
    def wants(self) -> Sequence[Sku]:
        """Return what shoppers look for; every thing is as popular as there is much of it."""
        return [sku for sku, units in GOODS.items() if sku != QUIET for _ in range(3 + units // 4)]

    def happen(self, passed_s: float) -> None:
        """Let happen what is due after so many seconds."""
        if self._rush is not None and passed_s >= self._rush[1]:
            self._rush = None
        if passed_s >= self._rush_at:
            sku = self._dice.choice(list(dict.fromkeys(self.wants)))
            self._rush, self._rush_at = (sku, passed_s + _RUSH_S), passed_s + _RUSH_EVERY_S
            self._tell(passed_s, f"everybody wants {sku}")
        if passed_s >= self._goods_at:
            self._goods_at = passed_s + _GOODS_EVERY_S
            self._bring_goods(passed_s)
        if self.seconds >= TYPED_FROM_S and passed_s >= _TYPED_AT_S and not self._typed:
            self._typed = True
            shop = next(iter(self.street.shops))
            number = self.street.type_in(shop, QUIET, _TYPED_MORE)
            self._tell(passed_s, f"a person types {number} into {QUIET} at {shop}")

    def _bring_goods(self, passed_s: float) -> None:
        """Fill the emptiest shelf again, so that a long demo has something to sell."""
        left = {sku: self.street.shown(TILL, sku) for sku in self.wants}
        sku = min(left, key=lambda one: left[one] / GOODS[one])
        if left[sku] < GOODS[sku]:
            self.street.receive(sku, GOODS[sku])
            self._tell(passed_s, f"{GOODS[sku]} {sku} come in at the till")

    def _tell(self, passed_s: float, what: str) -> None:
        self.news.append(f"{passed_s:.0f} s: {what}")

    def shop(self, number: int) -> None:
        """Be one shopper after the other, until it is over."""
        dice = random.Random(f"{self.seed}:{number}")  # noqa: S311 shoppers are no secrets
        wants = self.wants
        pause_s = 0.0
        while not self.over.wait(pause_s):
            rush = self._rush
            sku = dice.choice(wants) if rush is None else rush[0]
            units = 2 if dice.random() < _TWO_AT_ONCE else 1
            bought = self.street.buy(dice.choice(self.street.channels), sku, units)
            if bought and dice.random() < _CANCELS:
                self.street.cancel()
            pause_s = dice.expovariate(1 / _PAUSE_S) if rush is None else dice.random() * _HURRY_S


@contextmanager
def crowd(street: Street, seconds: float, seed: int) -> Iterator[Crowd]:
    """Yield the people while they shop; they are gone when the block is left."""
    people = Crowd(street=street, seconds=seconds, seed=seed)
    with ThreadPoolExecutor(_SHOPPERS, thread_name_prefix="shopper") as pool:
        try:  # a Ctrl-C may come as early as this, and nobody must go on shopping
            busy = [pool.submit(people.shop, number) for number in range(_SHOPPERS)]
            yield people
        finally:
            people.over.set()
    for one in busy:
        one.result()
