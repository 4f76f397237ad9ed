"""The cast of these tests: a kind of channel of their own, and a shop that is right."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from stocksync.channels.settings import Duration, OneSecret, Secrets, Settings
from stocksync.config import ConfigRefused, Merchant, parse

FILE = Path("config/stocksync.yaml")
CANARY = "canary-3f9a1c"
ENVIRON = {"STALL_SECRET": CANARY, "STALL_OLD": f"{CANARY}-old", "STALL_KEY": f"{CANARY}-key"}


class Returns(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    restock: bool = False
    till_register: str | None = Field(default=None, alias="register")


class StallSettings(Settings):
    """What merchants write under a market stall, the kind of these tests."""

    later = Settings.later | {"poll"}

    webhook_secret: Secrets
    key: OneSecret = None
    url: str | None = None
    mode: Literal["read", "write"] = "read"
    tolerance_seconds: int = Field(default=300, ge=30, le=259_200)
    wait: Duration = timedelta(0)
    allow_private: bool = False
    returns: Returns = Returns()


KINDS: Mapping[str, type[Settings]] = {"stall": StallSettings}

SHOP = """\
merchant: corner-shop
timezone: Asia/Jerusalem
locations:
  shelf: {kind: own}
channels:
  market:
    kind: stall
    webhook_secret: {env: STALL_SECRET}
"""


def understood(
    text: str | bytes, environ: Mapping[str, str] = ENVIRON, file: Path = FILE
) -> Merchant:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse(raw, file, environ, KINDS)


def refused(
    text: str | bytes, environ: Mapping[str, str] = ENVIRON, file: Path = FILE
) -> list[str]:
    """Return every mistake of a text, without the file's name."""
    try:
        understood(text, environ, file)
    except ConfigRefused as e:
        return [str(mistake).removeprefix(f"{file}:") for mistake in e.mistakes]
    return []


def shop_with(line: str) -> str:
    """Return the right shop with one more line under its channel, which is line 9."""
    return f"{SHOP}    {line}\n"


def stall(name: str, *lines: str) -> str:
    """Return a channel to put under `channels:`."""
    head = f"  {name}:\n    kind: stall\n    webhook_secret: {{env: STALL_SECRET}}\n"
    return head + "".join(f"    {line}\n" for line in lines)
