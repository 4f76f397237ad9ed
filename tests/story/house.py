"""A whole shop behind its real door: config file, inbox, apply; only the bell rings in the room."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from stocksync.channels.base import Delivery
from stocksync.core.facts import CatalogueEntry, Counted, PaperLine
from stocksync.core.names import ChannelName, LineId, ListingId, MerchantName, PaperKey
from stocksync.doorbell import InlineDoorbell
from stocksync.flow import apply, office, sweep
from stocksync.flow.activate import activate
from stocksync.store import goods
from stocksync.store.inbox import Arrival, put
from stocksync.web import create
from stocksync.wiring import System, from_environment, utc_now
from tests.channels.till import cast
from tests.channels.woocommerce import shop

MERCHANT = MerchantName("sneakers-tlv")
WEB = ChannelName("web")
TILL = ChannelName("till-main")
HOME = "main"
OPENED = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
"""When the shelves were counted, before anything that the recordings tell of."""


def config(
    *, till: Mapping[str, Any] | None = None, web: Mapping[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    """Return the config of a web shop and a till that sell from one shelf; the keys add to it."""
    return {
        "merchant": MERCHANT,
        "timezone": "Asia/Jerusalem",
        "locations": {"main": {"kind": "own"}, "north": {"kind": "own"}},
        "channels": {
            WEB: {
                "kind": "woocommerce",
                "webhook_secret": {"env": "WOO_SECRET"},
                "location": HOME,
                **(web or {}),
            },
            TILL: {
                "kind": "till",
                "webhook_secret": [{"env": "TILL_SECRET"}, {"env": "TILL_SECRET_OLD"}],
                "location": HOME,
                "locations": {"main": "main", "north": "north", "חנות ראשית": "main"},
                **(till or {}),
            },
        },
        **keys,
    }


TOKEN_MODE = {"auth": "shared_token", "webhook_secret": {"env": "TILL_TOKEN"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One installation: calls go in at the door, `work` is what its workers would do."""

    system: System
    client: FlaskClient
    bells: InlineDoorbell

    def post(
        self, channel: ChannelName, body: bytes, headers: Mapping[str, str], token: str = ""
    ) -> TestResponse:
        """Send these bytes to the door of a channel."""
        # What belongs to the sender's own connection is told by ours.
        dropped = {"host", "connection", "content-length"}
        kept = {name: value for name, value in headers.items() if name.lower() not in dropped}
        path = f"/hooks/{MERCHANT}/{channel}" + (f"/{token}" if token else "")
        return self.client.post(path, data=body, headers=kept)

    def send(self, channel: ChannelName, one: Delivery) -> TestResponse:
        """Send a call as a cast of the tests has signed it."""
        return self.post(channel, one.body, one.headers)

    def web(self, body: Any, topic: str = "order.updated", delivery_id: str = "d1") -> str:
        """Let the web shop send a body; return the word with which it was taken."""
        answer = self.send(WEB, shop.signed(as_bytes(body), topic, delivery_id))
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["status"])

    def till(self, body: Any, event_id: str) -> TestResponse:
        """Let the till send an event, signed just now."""
        return self.send(TILL, cast.signed(body, event_id=event_id, at=utc_now()))

    def work(self) -> None:
        """Apply all that waits."""
        trade = self.system.trades[MERCHANT]
        channels = self.system.channels_of(MERCHANT)
        while apply.drain(self.system.database, trade, channels, utc_now).more:
            pass

    def sweep(self) -> None:
        """Do what time alone asks for."""
        sweep.sweep(self.system.database, self.system.trades[MERCHANT], utc_now())

    def count(
        self, stock: Mapping[str, int], at: datetime = OPENED, place: str | None = None
    ) -> None:
        """Count the shelf by hand; what is counted is known from then."""
        lines = tuple(
            PaperLine(line=LineId(sku), sku=sku, units=units) for sku, units in stock.items()
        )
        key = PaperKey(f"{at.isoformat()} {place} {sorted(stock)[:1]}")
        paper = Counted(key=key, occurred_at=at, lines=lines, location=place)
        office.book(self.system.database, self.system.trades[MERCHANT], [paper], utc_now())

    def list_goods(self, entries: Sequence[CatalogueEntry]) -> None:
        """Know the web shop's catalogue, as an import leaves it."""
        with self.system.database.begin() as tx:
            goods.list_entries(tx, MERCHANT, [(WEB, entry) for entry in entries], utc_now())

    def read(self, body: Any, began_at: datetime) -> None:
        """Put an order into the inbox as a pull does that began at this moment."""
        raw = Delivery(body=as_bytes(body), headers={}, received_at=began_at)
        (kept,) = self.system.channels[MERCHANT, WEB].minimise(raw)
        arrival = Arrival(
            merchant=MERCHANT,
            channel=WEB,
            event=f"pull {began_at.isoformat()}",
            content=kept.content,
            received_at=began_at + timedelta(seconds=1),
            body=kept.body,
            headers={},
            read_began_at=began_at,
        )
        with self.system.database.begin() as tx:
            put(tx, [arrival])


def as_bytes(body: Any) -> bytes:
    """Return the bytes of a body as PHP writes them."""
    if isinstance(body, bytes):
        return body
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def entry(
    listing: str, sku: str | None, owner: str = "", *, managed: bool = True
) -> CatalogueEntry:
    """Return one entry of the web shop; it has its own number unless an owner is named."""
    return CatalogueEntry(
        listing=ListingId(listing), sku=sku, owner=ListingId(owner or listing), managed=managed
    )


@contextmanager
def opened(url: str, folder: Path, told: Mapping[str, Any], **secrets: str) -> Iterator[House]:
    """Open a house on a database, as a fresh start of the program does."""
    folder.mkdir(exist_ok=True)
    text = yaml.safe_dump(dict(told), allow_unicode=True)
    (folder / "stocksync.yaml").write_text(text, encoding="utf-8")
    bells = InlineDoorbell()
    system = from_environment(
        {
            "STOCKSYNC_CONFIG": str(folder),
            "STOCKSYNC_STATE": str(folder),
            "DATABASE_URL": url,
            "WOO_SECRET": shop.SECRET,
            "TILL_SECRET": cast.CURRENT,
            "TILL_SECRET_OLD": cast.OLD,
            "TILL_TOKEN": cast.TOKEN,
            **secrets,
        }
    )
    system = replace(system, doorbell=bells)
    activate(system.database, system.trades[MERCHANT], utc_now())
    try:
        yield House(system=system, client=create(system).test_client(), bells=bells)
    finally:
        system.database.close()
