"""Two processes of ours at a shop that lets old tokens die: each grant takes the other's away."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from stocksync.channels.errors import CallError
from stocksync.channels.http import Http
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.documents import SHOP
from stocksync.channels.shopify.token import Granted
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Knobs, Shop

CALLS, THREADS = 200, 3
START_S = 60.0


def call_again_and_again(url: str, together: Barrier, told: "Queue[list[str]]") -> None:
    """Be a process: call the shop from several threads, and tell what became of each call."""
    http = Http(url, allow_private=True, allow_insecure=True)
    tokens = Granted(http, host="shop.example", client_id="id1", secrets=("s1",))
    api = Api(http, tokens, host="shop.example")

    def call(_: int) -> str:
        try:
            api.run(SHOP)
        except CallError as e:
            return f"{type(e).__name__} {e.code}"
        return "answered"

    together.wait(START_S)
    with ThreadPoolExecutor(THREADS) as threads:
        told.put(list(threads.map(call, range(CALLS))))


def test_two_processes_that_take_the_token_from_each_other_are_both_answered() -> None:
    free = Knobs(old_tokens_die=True, bucket_points=1e9, restore_points=1e9)
    shop = Shop("market", client_id="id1", secrets=("s1",), knobs=free)
    spawn = get_context("spawn")
    together, told = spawn.Barrier(2), spawn.Queue()
    with serve([shop]) as served:
        url = served.url("market")
        both = [
            spawn.Process(target=call_again_and_again, args=(url, together, told)) for _ in range(2)
        ]
        for one in both:
            one.start()
        try:
            became = [told.get(timeout=2 * START_S) for _ in both]
        finally:
            for one in both:
                one.terminate()
                one.join()

    assert became == [["answered"] * CALLS] * 2
    assert len(shop.tokens.granted) > 2  # they did take it from each other
