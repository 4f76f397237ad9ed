"""A small market opens: shops and tills of the sandbox that sell one pool, linked and live.

The channels are the real ones and call over real HTTP; only the clock is ours. A shop's own
webhooks are handed over as it signed them, a till posts its own to a door that listens here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from werkzeug.wrappers import Request, Response

from stocksync import wiring
from stocksync.config import Merchant, load
from stocksync.core.facts import Counted, PaperLine
from stocksync.core.names import ChannelName, LineId, PaperKey, Sku
from stocksync.flow import activate, link, office
from stocksync.lab.market import Clock, Market
from stocksync.sandbox.server import Served, serve
from stocksync.sandbox.till import Knobs as TillKnobs
from stocksync.sandbox.till import Till
from stocksync.sandbox.woocommerce import Knobs, Post, Shop
from stocksync.store.session import Database
from tests.market.cast import NAME, OUTLET, TILL, WEB, Street

START = datetime(2026, 11, 27, 9, tzinfo=UTC)
TOPICS = tuple(f"order.{event}" for event in ("created", "updated", "deleted", "restored")) + tuple(
    f"product.{event}" for event in ("created", "updated", "deleted")
)

_KEY, _SECRET, _SIGNS = "ck_market", "cs_market", "signs_the_market"
_TILL_SIGNS = "whsec_bWFya2V0LXRpbGwtc2lnbnMtYWxsLWl0cy1zYWxlcw=="
_TILL_TOKEN = "the-till-believes-nobody-else"
_SECRETS = {
    "KEY": _KEY,
    "SECRET": _SECRET,
    "SIGNS": _SIGNS,
    "TILL_SIGNS": _TILL_SIGNS,
    "TILL_TOKEN": _TILL_TOKEN,
}
_DOOR = "hooks"


@dataclass(frozen=True, slots=True)
class OnTime:
    """A till as a site of the market."""

    till: Till

    def run_due(self) -> int:
        return self.till.run_due()

    def next_due(self) -> datetime | None:
        return self.till.next_due


@dataclass(slots=True)
class Door:
    """Takes the webhooks that are posted to us."""

    name: str
    hear: Callable[[ChannelName, bytes, Mapping[str, str]], int]

    def handle(self, request: Request) -> Response:
        channel = ChannelName(request.path.rpartition("/")[2])
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Response(status=self.hear(channel, request.get_data(), headers))


@contextmanager
def street(
    database: Database,
    folder: Path,
    stock: Mapping[Sku, int],
    *,
    shops: Sequence[ChannelName] = (WEB, OUTLET),
    tills: Sequence[ChannelName] = (TILL,),
    settings: Mapping[ChannelName, Mapping[str, Any]] | None = None,
    furnish: Callable[[ChannelName, Shop], object] = lambda name, shop: None,
    more_at_till: Mapping[str, int] | None = None,
    absent: Mapping[ChannelName, Collection[Sku]] | None = None,
    topics: Sequence[str] = TOPICS,
    live: bool = True,
    hooked: bool = True,
    **config: Any,
) -> Iterator[Street]:
    """Open a market that sells these goods; `config` are more keys of the merchant's file.

    `furnish` puts into each shop what stands there beside the simple products; `absent` are
    those that a shop does not have.
    """
    clock = Clock(START)
    mine: list[Street] = []

    def deliver(name: ChannelName, post: Post) -> int:
        return mine[0].market.hear(name, post.body, post.headers)

    def pause(name: ChannelName, seconds: float) -> None:
        if mine:
            mine[0].pause(name, seconds)

    built = {
        name: Shop(
            name,
            key=_KEY,
            secret=_SECRET,
            seed=place,
            clock=clock,
            knobs=Knobs(behind_tls=True, hangs_s=0),
            deliver=partial(deliver, name),
            sleep=partial(pause, name),
        )
        for place, name in enumerate(shops)
    }
    counters = {
        name: Till(
            name,
            webhook_secret=_TILL_SIGNS,
            push_secret=_TILL_TOKEN,
            proof="bearer",
            clock=clock,
            knobs=TillKnobs(webhook_loss=0 if hooked else 1),
        )
        for name in tills
    }
    for name, shop in built.items():
        for sku, units in stock.items():
            if sku not in (absent or {}).get(name, ()):
                shop.add_product(sku, units)
        furnish(name, shop)
    for till in counters.values():
        till.put({str(sku): units for sku, units in stock.items()} | dict(more_at_till or {}))
    door = Door(_DOOR, lambda name, body, headers: mine[0].market.hear(name, body, headers))
    with serve([*built.values(), *counters.values(), door]) as served:
        told = _config(served, built, counters, settings or {}) | config
        told = _written(told)
        (folder / "config").mkdir(exist_ok=True)
        merchant = _merchant(folder, told)
        market = Market(
            database=database,
            trade=wiring.trade(merchant),
            channels=wiring.channels(merchant),
            sites=[*built.values(), *map(OnTime, counters.values())],
            clock=clock,
        )
        mine.append(
            Street(
                market=market,
                shops=built,
                tills=counters,
                configure=lambda changed: _merchant(folder, changed),
                config=told,
            )
        )
        if hooked:
            for name, shop in built.items():
                for topic in topics:
                    shop.add_webhook(topic, f"{served.url(_DOOR)}/{NAME}/{name}", _SIGNS)
            for name, till in counters.items():
                till.hook_url = f"{served.url(_DOOR)}/{NAME}/{name}"
        try:
            _open(mine[0], stock, live=live)
            yield mine[0]
        finally:
            for till in counters.values():
                till.stop()


def _config(
    served: Served,
    shops: Mapping[ChannelName, Shop],
    tills: Mapping[ChannelName, Till],
    settings: Mapping[ChannelName, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a merchant's file; pokes and looks at webhooks are for those who ask for them."""
    channels: dict[str, Any] = {}
    near = {"allow_private": True, "allow_insecure": True, "location": "shelf"}
    for name in shops:
        channels[name] = {
            "kind": "woocommerce",
            "url": served.url(name),
            "key": {"env": "KEY"},
            "secret": {"env": "SECRET"},
            "webhook_secret": {"env": "SIGNS"},
            "auth": "basic",
            "unpaid_soft_hold": 0,
            "poke_every": 0,
            "poll": {"webhooks_every": 0},
            **near,
            **settings.get(name, {}),
        }
    for name in tills:
        channels[name] = {
            "kind": "till",
            "webhook_secret": {"env": "TILL_SIGNS"},
            "push_url": f"{served.url(name)}/stock",
            "levels_url": f"{served.url(name)}/levels",
            "movements_url": f"{served.url(name)}/movements",
            "push_auth": "bearer",
            "push_secret": {"env": "TILL_TOKEN"},
            "push_location": "main",
            "locations": {"main": "shelf"},
            **near,
            **settings.get(name, {}),
        }
    channels = {name: _written(one) for name, one in channels.items()}
    return {
        "merchant": str(NAME),
        "locations": {"shelf": {"kind": "own"}},
        "public_url": served.url(_DOOR).removesuffix(f"/{_DOOR}"),
        "channels": {str(name): one for name, one in channels.items()},
    }


def _written(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that are written; None takes one out."""
    return {key: value for key, value in told.items() if value is not None}


def _merchant(folder: Path, told: Mapping[str, Any]) -> Merchant:
    text = yaml.safe_dump(dict(told), allow_unicode=True)
    (folder / "config" / "stocksync.yaml").write_text(text, encoding="utf-8")
    (merchant,) = load(folder / "config", _SECRETS)
    return merchant


def _open(mine: Street, stock: Mapping[Sku, int], *, live: bool) -> None:
    market = mine.market
    activate.activate(market.database, market.trade, mine.now)
    lines = tuple(PaperLine(line=LineId(sku), sku=sku, units=n) for sku, n in stock.items())
    paper = Counted(key=PaperKey("opening"), occurred_at=mine.now, lines=lines)
    office.book(market.database, market.trade, [paper], mine.now)
    mine.run(10)
    outgoing = [market.outgoing(name) for name in [*mine.shops, *mine.tills]]
    for one in outgoing:
        for _ in link.Linking(one=one, learn=False).run():
            pass
    began = mine.now
    while any(link.unsettled(one) for one in outgoing):
        assert mine.now - began < timedelta(minutes=5), mine.rows()
        mine.run(2)
    for one in outgoing if live else []:
        link.go_live(one, mine.now, sure=False)
    mine.run(1)
    mine.forget()
