"""A shop on a real street: a web shop and a till that answer over HTTP, and our command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stocksync.sandbox.server import serve
from stocksync.sandbox.till import Till
from stocksync.sandbox.woocommerce import Knobs, Shop
from stocksync.store import links
from tests.cli.cast import SHOP, TILL, WEB, Desk, desk

TILL_SECRET = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDE="
CONFIG = """\
merchant: corner-shop
timezone: Asia/Jerusalem
locations: {{shelf: {{kind: own}}}}
channels:
  web:
    kind: woocommerce
    url: "{web}"
    key: {{env: WOO_KEY}}
    secret: {{env: WOO_SECRET}}
    webhook_secret: {{env: WOO_WEBHOOK_SECRET}}
    allow_private: true
    allow_insecure: true
    auth: basic
    location: shelf
    poke_every: 0
    poll: {{webhooks_every: 0}}
  till:
    kind: till
    webhook_secret: {{env: TILL_SECRET}}
    location: shelf
    allow_private: true
    allow_insecure: true
    push_url: "{till}/stock"
    push_secret: {{env: TILL_SECRET}}
    levels_url: "{till}/levels"
    movements_url: "{till}/movements"
    push_location: main
    locations: {{main: shelf}}
bundles:
  GIFT-SET: {{MUG-RED: 2, BOX: 1}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The desk, and the places that sell its goods."""

    desk: Desk
    web: Shop
    till: Till

    def config(self, old: str, new: str) -> None:
        """Change the merchant's file."""
        file = self.desk.folder / "config" / "stocksync.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def live(self, *channels: str) -> None:
        """Import the web shop, link the till where it is named, and go live."""
        for channel in channels:
            word = "import" if channel == WEB else "link"
            result = self.desk.run(word, channel)
            assert result.exit_code == 0, result.output
        for channel in channels:
            result = self.desk.run("go-live", channel, "--yes")
            assert result.exit_code == 0, result.output

    def stop(self, *, stopped: str | None = None, halted: str | None = None) -> None:
        """Stop the web shop, as a refused key or too many edits do."""
        system = self.desk.system()
        with system.database.begin() as tx:
            links.change(tx, SHOP, WEB, stopped=stopped, halted=halted)
        system.database.close()

    def live_since(self) -> datetime | None:
        """Return since when numbers are written to the web shop."""
        system = self.desk.system()
        with system.database.reading() as tx:
            link = links.load(tx, SHOP, WEB)
        system.database.close()
        return None if link is None else link.live_at


@contextmanager
def street(folder: Path, database_url: str) -> Iterator[Street]:
    """Serve a web shop and a till, and yield them with a desk that is configured for them."""
    web = Shop(
        "web",
        key="ck_0000000000000001",
        secret="cs_0000000000000001",
        knobs=Knobs(behind_tls=True),
    )
    till = Till("till", webhook_secret=TILL_SECRET, push_secret=TILL_SECRET)
    with serve([web, till]) as served:
        text = CONFIG.format(web=served.url("web"), till=served.url("till"))
        mine = desk(folder, text, DATABASE_URL=database_url)
        yield Street(desk=mine, web=web, till=till)


def now() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


__all__ = ["SHOP", "TILL", "WEB", "Street", "now", "street"]
