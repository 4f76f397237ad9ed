"""settle: wait until every delivery is booked."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import installation, merchants
from stocksync.cli.saying import FoundWrong, answer, answer_json, lasted, many
from stocksync.core.names import MerchantName
from stocksync.doorbell import APPLY
from stocksync.store import migrations, remaining
from stocksync.store.remaining import Remaining
from stocksync.store.session import is_transient
from stocksync.wiring import System, utc_now

_LOOK_S = 0.1


@click.command()
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, max=86_400),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds to wait at most.",
)
@json_option
@installation_options
@click.pass_obj
def settle(asked: Asked, timeout: float, as_json: bool) -> None:
    """Wait until no delivery waits to be booked; name what remains, with exit 1, if it does not.

    Questions that wait for a read of a channel are not waited for. Without --merchant it
    waits for all merchants.
    """
    started = time.monotonic()
    with installation(asked) as system:
        names = merchants(asked, system)
        migrations.check(system.database)
        for name in names:
            system.doorbell.ring(APPLY, name)
        left = _wait(system, names, started + timeout)
    waited = time.monotonic() - started
    if as_json:
        answer_json(
            {
                "settled": not left,
                "waited_s": round(waited, 3),
                "remaining": [_plain(one, utc_now()) for one in left],
            }
        )
    elif not left:
        answer(f"settled after {waited:.1f} s: every delivery is booked")
    if left:
        told = "\n".join(_said(one, utc_now()) for one in left)
        raise FoundWrong(f"not settled after {waited:.1f} s; is `stocksync up` running?\n{told}")


def _wait(system: System, names: Sequence[MerchantName], deadline: float) -> list[Remaining]:
    """Look until nothing is left or the time is; a database that is away for a moment may be."""
    while True:
        try:
            with system.database.reading() as tx:
                left = remaining.by_channel(tx, names)
            if not left or time.monotonic() >= deadline:
                return left
        except Exception as e:
            if not is_transient(e) or time.monotonic() >= deadline:
                raise
        time.sleep(max(0.0, min(_LOOK_S, deadline - time.monotonic())))


def _age_s(one: Remaining, now: datetime) -> float:
    return max(0.0, (now - one.oldest_at).total_seconds())


def _said(one: Remaining, now: datetime) -> str:
    wait = many(one.pending, "delivery waits", "deliveries wait")
    return f"{one.merchant} {one.channel}: {wait}, the oldest for {lasted(_age_s(one, now))}"


def _plain(one: Remaining, now: datetime) -> dict[str, Any]:
    return {
        "merchant": one.merchant,
        "channel": one.channel,
        "pending": one.pending,
        "oldest_s": round(_age_s(one, now), 3),
    }
