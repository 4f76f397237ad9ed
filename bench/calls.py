"""Calls for a viral SKU: a thousand sales in ten seconds over four channels, for real.

Two WooCommerce shops, a Shopify shop and a till sell one SKU at the same time, each call of ours
takes them 0.4 s, and every call is counted, whatever it was for, until all numbers are right.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from bench.places import Kind, fresh, named
from bench.rows import Bars, Mark, Measured, Row, Size, Wrong
from stocksync.core.names import ChannelName, Sku
from stocksync.lab.street import TILL, Street, street
from stocksync.sandbox import shopify, woocommerce
from stocksync.sandbox import till as tills

SALES, SECONDS = 1000, 10.0
MARK = Mark(text="under 60", bound=59, at_most=True, of_value=True)
MARK_REDUNDANT = Mark(text="none", bound=0, at_most=True, of_value=True)
_LATENCY_S = 0.4
_STOCK = {Sku("MUG-RED"): 5000}
_SHOPPERS = 8
_SETTLE_S = 60.0


def measure(size: Size) -> Measured:
    """Sell, wait until all is right, and count; the size changes nothing here."""
    with (
        fresh(Kind.SQLITE) as url,
        named(url),
        street(
            _STOCK,
            markets=("market",),
            shop_knobs=lambda: woocommerce.Knobs(latency_s=_LATENCY_S),
            market_knobs=lambda: shopify.Knobs(latency_s=_LATENCY_S),
            till_knobs=lambda: tills.Knobs(latency_s=_LATENCY_S),
        ) as here,
    ):
        before = {name: here.calls(name) for name in here.channels}
        writes = {name: len(_writes(here, name)) for name in here.channels}
        _sell(here)
        _settled(here)
        calls = Counter({name: here.calls(name) - before[name] for name in here.channels})
        written = {name: _writes(here, name)[writes[name] :] for name in here.channels}
    told = sum(len(in_vain) for in_vain in written.values())
    redundant = sum(sum(in_vain) for in_vain in written.values())
    naive = SALES * (len(calls) - 1)
    rows = [
        Row(
            name=f"calls for {SALES:,} sales of one SKU in {SECONDS:.0f} s, 4 channels",
            value=calls.total(),
            unit="calls",
            against="one per sale and channel",
            ratio=calls.total() / naive,
            mark=MARK,
            spread="one run",
        ),
        Row(
            name="redundant writes among them",
            value=redundant,
            unit="writes",
            mark=MARK_REDUNDANT,
            spread="one run",
        ),
    ]
    shown = ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))
    facts = [f"Calls: {shown}; {told} of them wrote a number. Each took the shop {_LATENCY_S} s."]
    bars = {"one per sale and channel": naive, "stocksync": calls.total()}
    picture = Bars(title=f"Calls for {SALES:,} sales", unit="calls", bars=bars)
    return Measured(rows=rows, facts=facts, picture=picture)


def _sell(here: Street) -> None:
    began = time.monotonic()
    late = threading.Event()
    (sku,) = _STOCK

    def shopper(number: int) -> None:
        wait_s = began + number * SECONDS / SALES - time.monotonic()
        if wait_s < -1:
            late.set()
        time.sleep(max(0.0, wait_s))
        here.buy(here.channels[number % 4], sku)

    with ThreadPoolExecutor(_SHOPPERS) as shoppers:
        list(shoppers.map(shopper, range(SALES)))
    if late.is_set():
        raise Wrong("the shoppers could not keep pace; the machine is too busy")


def _settled(here: Street) -> None:
    (sku,) = _STOCK
    deadline = time.monotonic() + _SETTLE_S
    while here.compare() and time.monotonic() < deadline:  # a webhook may be on its way
        time.sleep(0.1)
    left = here.settle(_SETTLE_S) + [f"{one.what} differs" for one in here.compare()]
    shown = {here.shown(name, sku) for name in here.channels}
    if left or shown != {_STOCK[sku] - SALES}:
        raise Wrong(f"the channels show {shown}; {'; '.join(left)}")


def _writes(here: Street, name: ChannelName) -> list[bool]:
    """Return of each write to a channel whether it left the number as it was."""
    if name == TILL:
        return [one.result == "unchanged" for one in here.till.log.writes]
    return [one.before == one.after for one in here.shops[name].shop.log.writes]
