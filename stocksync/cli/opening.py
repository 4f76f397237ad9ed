"""Open what a command works on: the installation, and one merchant of it."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from stocksync.cli.asking import Asked
from stocksync.cli.saying import Refused
from stocksync.config import Merchant
from stocksync.config.mistakes import did_you_mean
from stocksync.core import units
from stocksync.core.names import MerchantName
from stocksync.core.plan import Trade
from stocksync.flow.activate import activate
from stocksync.store import migrations
from stocksync.store.session import Database
from stocksync.wiring import System, from_environment

_DATABASES = ("postgresql://", "postgres://", "postgresql+psycopg://", "sqlite:///")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One merchant of an installation, and how its people read quantities and moments."""

    system: System
    merchant: Merchant
    trade: Trade

    @property
    def name(self) -> MerchantName:
        """Return the merchant's name."""
        return self.merchant.name

    @property
    def database(self) -> Database:
        """Return where the merchant's rows are."""
        return self.system.database

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone that the merchant's people live in."""
        return ZoneInfo(self.merchant.timezone)

    def text(self, quantity: int) -> str:
        """Return units as people read them."""
        return units.written(quantity, self.merchant.decimals)

    def number(self, quantity: int) -> int | str:
        """Return units for JSON: a number, or exact decimal text."""
        return self.text(quantity) if self.merchant.decimals else quantity

    def local(self, moment: datetime) -> str:
        """Return a moment as the merchant's people read it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def moment(self, text: str, now: datetime) -> datetime:
        """Return the past moment that a person wrote, or refuse it with a sentence."""
        told = self._read(text.strip(), now)
        if told is None:
            raise Refused(
                f"--at {text} is no moment; write 2026-11-22T20:15, with its offset if it is not "
                f"{self.merchant.timezone} time, or 20:15 for today"
            )
        if told > now:
            raise Refused(f"--at {text} lies in the future; it is {self.local(now)} now")
        return told

    def _read(self, text: str, now: datetime) -> datetime | None:
        clock = _CLOCK.fullmatch(text)
        try:
            if clock is not None:
                hour, minute, second = (int(part or 0) for part in clock.groups())
                today = now.astimezone(self.zone)
                told = today.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
            elif re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text):
                told = datetime.fromisoformat(text)
            else:
                return None
            return (told if told.tzinfo else told.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


@contextmanager
def installation(asked: Asked) -> Iterator[System]:
    """Yield the installation that was asked for, and close it. Its tables are not looked at."""
    environ = asked.environ()
    before = os.umask(0o077)  # whatever is made in the data folder is its owner's alone
    try:
        system = _built(environ)
        try:
            yield system
        finally:
            system.database.close()
    finally:
        os.umask(before)


@contextmanager
def shop(asked: Asked) -> Iterator[Shop]:
    """Yield the merchant that was asked for, on a database that is ready, or raise `Unfit`."""
    with installation(asked) as system:
        one = _chosen(asked, system)
        migrations.check(system.database)
        yield one


@contextmanager
def first_shop(asked: Asked, now: datetime) -> Iterator[Shop]:
    """Yield the merchant on a database made ready here, so that `up` need not have run."""
    with installation(asked) as system:
        one = _chosen(asked, system)
        migrations.upgrade(system.database)
        activate(system.database, one.trade, now)
        yield one


def shops_of(asked: Asked, system: System) -> list[Shop]:
    """Return the one merchant that was asked for, or all."""
    if asked.merchant is not None:
        return [_chosen(asked, system)]
    return [_shop(system, name) for name in system.merchants]


def _built(environ: Mapping[str, str]) -> System:
    url = environ.get("DATABASE_URL")
    # The address itself is never repeated: it may hold a password.
    wrong = Refused(
        "DATABASE_URL is not understood; write postgresql://user:password@host:5432/name "
        "or sqlite:///path/to/file.db, or unset it for the embedded database"
    )
    try:
        if url and not (url.startswith(_DATABASES) and make_url(url)):
            raise wrong
    except (ArgumentError, ValueError):
        raise wrong from None
    return from_environment(environ)


def _chosen(asked: Asked, system: System) -> Shop:
    names = list(system.merchants)
    if asked.merchant is None and len(names) > 1:
        raise Refused(f"there are several merchants; name one with --merchant: {', '.join(names)}")
    name = MerchantName(asked.merchant or names[0])
    if name not in system.merchants:
        near = did_you_mean(name, names) or f"; there is {', '.join(names)}"
        raise Refused(f"there is no merchant {name}{near}")
    return _shop(system, name)


def _shop(system: System, name: MerchantName) -> Shop:
    return Shop(system=system, merchant=system.merchants[name], trade=system.trades[name])
