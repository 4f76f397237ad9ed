"""The cast of these tests: one shop with a web shop and a till, and its command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from stocksync.cli import main
from stocksync.core.account import Heard
from stocksync.core.facts import OrderLine, OrderSnapshot
from stocksync.core.names import ChannelName, LineId, MerchantName, PaperKey
from stocksync.flow import books
from stocksync.store import inbox
from stocksync.store.inbox import Arrival
from stocksync.store.session import Database
from stocksync.wiring import System, from_environment

NOON = datetime(2026, 11, 20, 10, tzinfo=UTC)
"""Noon in Jerusalem, a week before Black Friday."""
SHOP = MerchantName("corner-shop")
WEB, TILL = ChannelName("web"), ChannelName("till")

CONFIG = """\
merchant: corner-shop
timezone: Asia/Jerusalem
locations:
  shelf: {kind: own, name: "חנות ראשית"}
  back: {kind: own}
  importer: {kind: supplier}
channels:
  web:
    kind: woocommerce
    url: https://shop.example
    key: {env: WOO_KEY}
    secret: {env: WOO_SECRET}
    webhook_secret: {env: WOO_WEBHOOK_SECRET}
    location: shelf
  till: {kind: till, webhook_secret: {env: TILL_SECRET}, location: shelf, locations: {"1": back}}
bundles:
  GIFT-SET: {MUG-RED: 2, BOX: 1}
"""
SECRETS = {
    "WOO_KEY": "ck_0000000000000001",
    "WOO_SECRET": "cs_0000000000000001",
    "WOO_WEBHOOK_SECRET": "a-secret-of-a-webhook",
    "TILL_SECRET": "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDE=",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A shop's folder, its database, and the command line in front of it."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, *words: str, typed: str | None = None) -> Result:
        """Run one command of ours; `typed` is what a person types."""
        runner = CliRunner(env=dict(self.environ))
        return runner.invoke(main, list(words), input=typed, catch_exceptions=False)

    def told(self, *words: str) -> Any:
        """Run one command with --json, which must end well, and return what it says."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return orjson.loads(result.stdout)

    def counted(self, *pairs: str, at: str = "2026-11-20T09:00") -> None:
        """Count the shelf."""
        result = self.run("count", *pairs, "--at", at, "--yes")
        assert result.exit_code == 0, result.output

    def write(self, name: str, text: str, encoding: str = "utf-8") -> str:
        """Write a file and return its name."""
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    def system(self) -> System:
        """Return the installation as the other processes see it."""
        return from_environment(self.environ)

    def order(self, key: str, at: datetime, lines: Sequence[tuple[str, int]]) -> None:
        """Book an order of the web shop."""
        system = self.system()
        trade = system.trades[SHOP]
        order = OrderSnapshot(
            order=PaperKey(key),
            version="1",
            complete=True,
            placed_at=at,
            lines=tuple(
                OrderLine(line=LineId(str(number)), sku=sku, committed=units)
                for number, (sku, units) in enumerate(lines, 1)
            ),
        )
        told = books.Told(channel=WEB, fact=order, heard=Heard(received_at=at))
        with system.database.begin() as tx:
            gathered = books.gather(tx, trade, [told], at)
            gathered.books.take_in(WEB, order, told.heard, at)
            books.write(tx, trade, gathered, at)
        system.database.close()

    def arrive(self, event: str, at: datetime, reason: str | None = None) -> None:
        """Put a delivery into the inbox, where nobody applies it; with a reason it is parked."""
        database = Database(self.environ["DATABASE_URL"])
        arrival = Arrival(
            merchant=SHOP,
            channel=TILL,
            event=event,
            content=event,
            received_at=at,
            body=b"{}",
            headers={},
            code=None if reason is None else "too-old",
            reason=reason,
        )
        with database.begin() as tx:
            inbox.put(tx, [arrival])
        database.close()


def desk(folder: Path, config: str = CONFIG, **environ: str) -> Desk:
    """Return a shop in an empty folder."""
    (folder / "config").mkdir()
    (folder / "config" / "stocksync.yaml").write_text(config, encoding="utf-8")
    told = {
        **SECRETS,
        "STOCKSYNC_CONFIG": str(folder / "config"),
        "STOCKSYNC_STATE": str(folder / "var"),
        "XDG_RUNTIME_DIR": str(folder),
        "REDIS_URL": f"unix://{folder}/nobody.sock",
        **environ,
    }
    return Desk(folder=folder, environ=told)
