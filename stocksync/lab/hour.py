"""An hour of simulated trade in one shop, again and again: does the pool end exact?

One number, sold in a shop and elsewhere at once; webhooks come late or never, a quarter of the
orders is cancelled, the list of orders lags, writes take a second (and overwrite what was sold
meanwhile, where the shop compares nothing), and now and then somebody types a number.
"""

import random
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from stocksync import wiring
from stocksync.config import load
from stocksync.core.facts import Adjusted, PaperLine
from stocksync.core.names import ChannelName, LineId, MerchantName, PaperKey, Sku
from stocksync.flow import activate, link, office
from stocksync.lab.hour_shops import KINDS
from stocksync.lab.market import Clock, Market
from stocksync.lab.stores import SECRETS, Store
from stocksync.sandbox.server import serve
from stocksync.store import beliefs, edits, migrations, views
from stocksync.store.edits import Edit
from stocksync.store.session import Database

OPENING = 400
WEB = ChannelName("web")
MUG = Sku("MUG-RED")
_START = datetime(2026, 11, 27, 9, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_AFTER = timedelta(minutes=25)
_HOOKS = "http://127.0.0.1/hooks"
_CONFIG = """\
merchant: hour
locations: {shelf: {kind: own}}
limits: {zero_share: off, skus_in_10m: off, units_a_day: off}
channels:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One number that somebody typed, `units` more or less than it showed.

    `stands` is False if a write of ours that had read the old number landed over it: nobody
    could have seen it.
    """

    at: datetime
    units: int
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one hour ended. `pool` and `truth` are units on our shelf, `shown` what the shop shows.

    `found` is what we say of the numbers that nobody's orders explained.
    """

    seed: int
    pool: int
    truth: int
    shown: int
    wanted: int
    calls: int
    writes: int
    typed: tuple[Typed, ...]
    found: tuple[Edit, ...]

    @property
    def error(self) -> int:
        """Return by how much the pool is too high."""
        return self.pool - self.truth


def play(
    seed: int,
    *,
    sales: int = 60,
    typed: int = 0,
    elsewhere: int | None = None,
    kind: str = "woocommerce",
) -> Ended:
    """Play one hour of so many sales in the shop, and as many elsewhere; return how it ended."""
    dice = random.Random(seed)  # noqa: S311 a seed must give the same hour again
    clock = Clock(_START)
    one = KINDS[kind]
    shop = one.store.open_(
        WEB,
        seed,
        clock=clock,
        sleep=lambda seconds: market.pass_time(timedelta(seconds=seconds)),
        deliver=lambda post: market.hear(WEB, post.body, post.headers),
    )
    shop.turn(one.knobs())
    shop.add(MUG, OPENING)
    shop.hook(_HOOKS)
    with (
        tempfile.TemporaryDirectory(prefix="stocksync-hour-") as folder,
        serve([shop.shop]) as served,
    ):
        config = _CONFIG + shop.config(served.url(WEB), one.settings)
        market = _market(Path(folder), config, shop, clock)
        try:
            _open(market)
            marks = _write_the_day(market, shop, dice, sales, typed, elsewhere)
            market.run_until(clock.now + _HOUR + _AFTER)
            return _ended(seed, market, shop, marks)
        finally:
            market.database.close()


def _market(folder: Path, config: str, shop: Store, clock: Clock) -> Market:
    (folder / "config").mkdir()
    (folder / "config" / "stocksync.yaml").write_text(config, encoding="utf-8")
    (merchant,) = load(folder / "config", SECRETS)
    database = Database(f"sqlite:///{folder / 'hour.db'}")
    migrations.upgrade(database)
    trade = wiring.trade(merchant)
    activate.activate(database, trade, clock())
    channels = wiring.channels(merchant)
    return Market(database=database, trade=trade, channels=channels, sites=[shop.shop], clock=clock)


def _open(market: Market) -> None:
    one = market.outgoing(WEB)
    for _ in link.Linking(one=one, learn=True).run():
        pass
    while link.unsettled(one):
        market.run_until(market.clock.now + timedelta(seconds=2))
    link.count_from(one, market.clock.now)
    link.go_live(one, market.clock.now, sure=False)


def _write_the_day(
    market: Market,
    shop: Store,
    dice: random.Random,
    sales: int,
    typed: int,
    elsewhere: int | None,
) -> list[tuple[datetime, int]]:
    """Note who buys, cancels and types at which moment; return what was typed, as it happens."""
    marks: list[tuple[datetime, int]] = []
    start, hour = market.clock.now, _HOUR.total_seconds()

    def buy(units: int, cancel_after: float | None) -> None:
        order = shop.sell(MUG, units)
        if cancel_after is not None:
            at = market.clock.now + timedelta(seconds=cancel_after)
            market.at(at, partial(shop.cancel, order))

    def type_(units: int) -> None:
        shop.shop.edit_stock(MUG, shop.stock(MUG) + units)
        marks.append((market.clock.now, units))

    for _ in range(sales):
        at = start + timedelta(seconds=dice.uniform(1, hour))
        units, cancelled = dice.choice([1, 1, 1, 2, 3]), dice.random() < 0.25
        market.at(at, partial(buy, units, dice.uniform(5, 900) if cancelled else None))
    for _ in range(typed):
        at = start + timedelta(seconds=dice.uniform(1, hour))
        market.at(at, partial(type_, dice.choice([-5, -2, 4, 7])))
    for place in range(sales if elsewhere is None else elsewhere):
        at = start + timedelta(seconds=dice.uniform(1, hour))
        market.at(at, partial(_sell_elsewhere, market, place, dice.choice([1, 1, 2])))
    return marks


def _sell_elsewhere(market: Market, place: int, units: int) -> None:
    now = market.clock.now
    line = PaperLine(line=LineId("1"), sku=MUG, units=-units)
    paper = Adjusted(key=PaperKey(f"elsewhere {place}"), occurred_at=now, lines=(line,))
    office.book(market.database, market.trade, [paper], now)


def _ended(seed: int, market: Market, shop: Store, marks: list[tuple[datetime, int]]) -> Ended:
    typed = tuple(Typed(at=at, units=n, stands=shop.stands(at)) for at, n in marks)
    name = MerchantName("hour")
    with market.database.reading() as tx:
        (line,) = views.stock_lines(tx, name, MUG)
        (row,) = beliefs.of_channel(tx, name, WEB)
        found = tuple(edits.of_sku(tx, name, MUG))
        moves = views.history(tx, name, MUG, None)
    sold_elsewhere = sum(m.units for m in moves if m.key.startswith("elsewhere"))
    stood = sum(one.units for one in typed if one.stands)
    truth = OPENING + stood - shop.taken()[MUG] - sold_elsewhere
    return Ended(
        seed=seed,
        pool=line.available,
        truth=truth,
        shown=max(0, shop.stock(MUG)),
        wanted=row.wanted or 0,
        calls=len(shop.shop.log.calls),
        writes=len(shop.shop.log.writes),
        typed=typed,
        found=found,
    )
