"""settle: wait until every delivery is booked and every channel shows its number."""

import time
from collections.abc import Sequence

import click

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.left import Left, look
from stocksync.cli.opening import Shop, installation, shops_of
from stocksync.cli.saying import FoundWrong, answer, answer_json
from stocksync.doorbell import APPLY, PUSH
from stocksync.store import migrations
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
    """Wait until nothing is open; name what remains, with exit 1, if the time is over.

    Open are deliveries that wait to be booked, and of linked channels numbers that wait to be
    written, writes without an answer, numbers in doubt or that no order explains, and orders
    that must be read. What is parked waits for a person and not here. The work itself is done
    by a running `stocksync up`. Without --merchant it waits for all merchants.
    """
    started = time.monotonic()
    with installation(asked) as system:
        shops = shops_of(asked, system)
        migrations.check(system.database)
        for here in shops:
            system.doorbell.ring(APPLY, here.name)
            for name, one in system.channels_of(here.name).items():
                if one.reach is not None:
                    system.doorbell.ring(PUSH, here.name, name)
        left = _wait(system, shops, started + timeout)
    waited = time.monotonic() - started
    if as_json:
        answer_json(
            {
                "settled": not left,
                "waited_s": round(waited, 3),
                "remaining": [one.plain(utc_now()) for one in left],
            }
        )
    elif not left:
        answer(f"settled after {waited:.1f} s: every delivery is booked, and nothing else is open")
    if left:
        told = "\n".join(one.said(utc_now()) for one in left)
        raise FoundWrong(f"not settled after {waited:.1f} s; is `stocksync up` running?\n{told}")


def _wait(system: System, shops: Sequence[Shop], deadline: float) -> list[Left]:
    """Look until nothing is left or the time is; a database that is away for a moment may be."""
    while True:
        try:
            with system.database.reading() as tx:
                left = look(tx, shops, utc_now())
            if not left or time.monotonic() >= deadline:
                return left
        except Exception as e:
            if not is_transient(e) or time.monotonic() >= deadline:
                raise
        time.sleep(max(0.0, min(_LOOK_S, deadline - time.monotonic())))
