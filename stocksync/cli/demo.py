"""demo: three web shops and a till that sell one pool, with shoppers, and no setting needed."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from rich.console import Console

from stocksync.cli.demo_crowd import GOODS, crowd
from stocksync.cli.demo_look import look
from stocksync.cli.demo_table import Board, board
from stocksync.cli.demo_verdict import Verdict, conclude, judge
from stocksync.cli.saying import FoundWrong, many, talk
from stocksync.lab.private import NotUp
from stocksync.lab.street import NotOpened, Street, street
from stocksync.sandbox import shopify
from stocksync.sandbox import till as tills
from stocksync.sandbox import woocommerce as shops

_SEED = 1
_TICK_S = 0.1
_SETTLE_S = 180.0
"""A typed number waits a minute for its second look, and a lost webhook for the next pull."""
_INTERRUPTED = 130
# What a lost webhook told is found by the next poll; nobody wants to watch ten minutes for it.
_SETTINGS = "    poll: {orders_every: 15s, products_every: 60s}\n"
_MARKET_SETTINGS = "    poll: {orders_every: 15s, levels_every: 60s, index_lag: 1s}\n"


@click.command(short_help="See it work: three web shops and a till that sell one pool.")
@click.option(
    "--seconds",
    type=click.IntRange(1, 3600),
    default=30,
    show_default=True,
    help="How long shoppers buy.",
)
def demo(seconds: int) -> None:
    """Open a street: web shops, a till, shoppers, and a private stocksync for them.

    Two shops are of WooCommerce, one is of Shopify; all sell one pool with the till, over real
    HTTP. Webhooks come late, twice, out of order, and some never; orders are cancelled, and
    everybody wants the last unit. Then the shoppers leave: exit 0 only if every channel shows
    what it should, nothing is pending, and the shops' own order books agree with the ledger to
    the unit.
    """
    screen = Console(stderr=True)
    try:
        with _ends_cleanly():
            verdict = _play(screen, seconds)
    except KeyboardInterrupt:
        talk("stopped; nothing is left running")
        sys.exit(_INTERRUPTED)
    except (NotUp, NotOpened) as e:
        raise FoundWrong(str(e)) from e
    conclude(verdict)


def _play(screen: Console, seconds: int) -> Verdict:
    goods = many(sum(GOODS.values()), "unit")
    talk(f"Opening three web shops and a till that sell one pool of {goods} ...")
    with street(
        GOODS,
        names=("web", "outlet"),
        markets=("market",),
        shop_knobs=_shop_knobs,
        market_knobs=_market_knobs,
        till_knobs=_till_knobs,
        seed=_SEED,
        settings=_SETTINGS,
        market_settings=_MARKET_SETTINGS,
    ) as here:
        talk(f"stocksync is up on {here.private.url}; shoppers buy for {seconds} s")
        before = {name: here.calls(name) for name in here.channels}
        with board(screen, lambda: look(here, before)) as shown:
            _sell(here, shown, seconds)
            left = _settle(here, shown)
        return judge(here, left, before, shown.worst)


def _sell(here: Street, shown: Board, seconds: int) -> None:
    began = time.monotonic()
    with crowd(here, seconds, _SEED) as people:
        while (passed_s := time.monotonic() - began) < seconds:
            people.happen(passed_s)
            shown.show(f"selling, {passed_s:.0f} of {seconds} s", people.news)
            time.sleep(_TICK_S)


def _settle(here: Street, shown: Board) -> list[str]:
    began = time.monotonic()

    def show() -> None:
        waited_s = time.monotonic() - began
        shown.show(f"settling, {waited_s:.0f} s: waiting until every channel shows what it should")

    left = here.settle(_SETTLE_S, show)
    shown.refresh(f"settled after {time.monotonic() - began:.0f} s" if not left else "not settled")
    return left


def _shop_knobs() -> shops.Knobs:
    return shops.Knobs(
        webhook_delay_s=0.5,
        webhook_spread=shops.Spread.EXPONENTIAL,
        webhook_loss=0.02,
        webhook_doubles=0.03,
        webhook_stale=0.02,
        stale_by_s=3.0,
        latency_s=0.05,
        latency_spread=shops.Spread.EXPONENTIAL,
    )


def _market_knobs() -> shopify.Knobs:
    return shopify.Knobs(
        webhook_delay_s=0.3,
        webhook_spread_s=1.5,
        webhook_shuffle=True,
        webhook_loss=0.02,
        webhook_doubles=0.03,
        webhook_stale=0.02,
        webhook_stale_by_s=3.0,
        latency_s=0.05,
        latency_spread=shopify.Spread.EXPONENTIAL,
    )


def _till_knobs() -> tills.Knobs:
    return tills.Knobs(
        latency_s=0.02,
        webhook_delay=(timedelta(0), timedelta(seconds=1)),
        webhook_copies=0.03,
        webhook_shuffle=True,
    )


@contextmanager
def _ends_cleanly() -> Iterator[None]:
    """Have SIGTERM and a closed terminal end it as Ctrl-C does: shops and workers with it."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, signal.default_int_handler) for one in ends}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
