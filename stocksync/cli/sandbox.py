"""sandbox: web shops and tills of our own over real HTTP, to try everything on."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

import click
import orjson

from stocksync.cli.saying import FoundWrong, Refused, answer, talk
from stocksync.sandbox.knobs import BadKnob
from stocksync.sandbox.server import Served, serve
from stocksync.sandbox.till import Till
from stocksync.sandbox.woocommerce import Knobs, Shop

_KEY, _SECRET, _SIGNS = "ck_sandbox", "cs_sandbox", "sandbox_signs"
_TILL_SECRET = "whsec_c2FuZGJveC1vbmx5LW5vdC1mb3ItYW55LXJlYWwtc2hvcCE="  # noqa: S105 it opens a toy
_GOODS = {"MUG-RED": 10, "MUG-BLUE": 25, "BOX": 40, "LAST-LAMP": 1}
_ORDER_TOPICS = ("order.created", "order.updated", "order.deleted", "product.updated")


@click.command()
@click.option("--shops", type=click.IntRange(0, 20), default=1, show_default=True, metavar="N")
@click.option("--tills", type=click.IntRange(0, 20), default=1, show_default=True, metavar="N")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    metavar="P",
    help="Where they answer, on 127.0.0.1 only; 0 finds a free one.",
)
@click.option(
    "--door",
    default="http://127.0.0.1:8080",
    show_default=True,
    metavar="URL",
    help="The stocksync that they send their webhooks to.",
)
@click.option("--seconds", type=click.FloatRange(min=0), metavar="N", help="End after so long.")
@click.option(
    "--knob",
    "turned",
    multiple=True,
    metavar="NAME=VALUE",
    help="Turn a knob of every web shop, such as webhook_loss=0.2; may be repeated.",
)
def sandbox(
    shops: int, tills: int, port: int, door: str, seconds: float | None, turned: Sequence[str]
) -> None:
    """Serve web shops and tills in the foreground until Ctrl-C, with goods on their shelves.

    Prints a config for them, ready to be saved, and how to turn their knobs while they run.
    """
    if not shops + tills:
        raise Refused("serve at least one: --shops 1 or --tills 1")
    knobs = _knobs(turned)
    webs = [_shop(number, knobs, door) for number in range(1, shops + 1)]
    counters = [_till(number, door) for number in range(1, tills + 1)]
    try:
        with ExitStack() as stack:
            served = stack.enter_context(serve([*webs, *counters], port=port))
            sites: list[Shop | Till] = [*webs, *counters]
            for site in sites:
                site.start()
                stack.callback(site.stop)
            _say(served, webs, counters)
            _wait(seconds)
    except OSError as e:
        raise FoundWrong(f"port {port} cannot be served ({e.strerror}); name another --port") from e
    except KeyboardInterrupt:
        talk("closed")


def _wait(seconds: float | None) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        left = 1.0 if end is None else end - time.monotonic()
        time.sleep(max(0.0, min(1.0, left)))


def _knobs(turned: Sequence[str]) -> dict[str, object]:
    told: dict[str, object] = {}
    for one in turned:
        name, equals, text = one.partition("=")
        if not equals:
            raise Refused(f"--knob {one}: write NAME=VALUE, such as webhook_loss=0.2")
        try:
            told[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            told[name] = text
    try:
        Knobs().turn(told)
    except BadKnob as e:
        raise Refused(f"--knob: {e}") from e
    return told


def _shop(number: int, knobs: dict[str, object], door: str) -> Shop:
    name = f"web{number}"
    shop = Shop(name, key=_KEY, secret=_SECRET, seed=number, knobs=Knobs(behind_tls=True))
    shop.knobs.turn(knobs)
    for sku, units in _GOODS.items():
        shop.add_product(sku, units)
    for topic in _ORDER_TOPICS:
        shop.add_webhook(topic, f"{door}/hooks/sandbox/{name}", _SIGNS)
    return shop


def _till(number: int, door: str) -> Till:
    name = f"till{number}"
    till = Till(
        name,
        webhook_secret=_TILL_SECRET,
        push_secret=_TILL_SECRET,
        hook_url=f"{door}/hooks/sandbox/{name}",
        seed=number,
    )
    till.put(_GOODS)
    return till


def _say(served: Served, shops: Sequence[Shop], tills: Sequence[Till]) -> None:
    talk("Save this as config/stocksync.yaml, and set these in the environment:")
    talk(f"  export WOO_KEY={_KEY} WOO_SECRET={_SECRET} WOO_WEBHOOK_SECRET={_SIGNS}")
    talk(f"  export TILL_SECRET={_TILL_SECRET}")
    answer("merchant: sandbox")
    answer("locations: {shelf: {kind: own}}")
    answer("channels:")
    for shop in shops:
        answer(
            f"  {shop.name}:\n"
            "    kind: woocommerce\n"
            f'    url: "{served.url(shop.name)}"\n'
            "    key: {env: WOO_KEY}\n"
            "    secret: {env: WOO_SECRET}\n"
            "    webhook_secret: {env: WOO_WEBHOOK_SECRET}\n"
            "    auth: basic\n"
            "    allow_private: true\n"
            "    allow_insecure: true\n"
            "    poll: {webhooks_every: 0}\n"
            "    location: shelf"
        )
    for till in tills:
        url = served.url(till.name)
        answer(
            f"  {till.name}:\n"
            "    kind: till\n"
            "    webhook_secret: {env: TILL_SECRET}\n"
            f'    push_url: "{url}/stock"\n'
            "    push_secret: {env: TILL_SECRET}\n"
            f'    levels_url: "{url}/levels"\n'
            f'    movements_url: "{url}/movements"\n'
            "    allow_private: true\n"
            "    allow_insecure: true\n"
            "    locations: {main: shelf}\n"
            "    location: shelf"
        )
    talk("Then: stocksync up, stocksync import, stocksync link, stocksync go-live.")
    for shop in shops[:1]:
        url = served.url(shop.name)
        talk("Turn a knob, see them all, and see the shop's own books:")
        talk(f"  curl -X POST {url}/sandbox/knobs -d '{{\"webhook_loss\": 0.2}}'")
        talk(f"  curl {url}/sandbox/knobs")
        talk(f"  curl {url}/sandbox/truth")
