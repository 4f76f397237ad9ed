"""Two workers that read two configs, and two that want the same channel."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from stocksync.channels.base import Batch, Channel, Ended
from stocksync.core.names import ChannelName
from stocksync.flow import turn
from stocksync.lab.market import Market
from stocksync.store import leases
from stocksync.store.configs import Outdated
from tests.market.cast import NAME, TILL, WEB, Street


class Stalled:
    """A channel before whose next write the worker stands still for a while."""

    def __init__(self, channel: Channel, meanwhile: Callable[[], object]) -> None:
        self._channel = channel
        self._meanwhile: Callable[[], object] | None = meanwhile

    def push(self, batch: Batch) -> Sequence[Ended]:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return self._channel.push(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


def test_a_worker_with_an_older_config_decides_and_writes_nothing_more(market: Street) -> None:
    channels: dict[str, Any] = market.config["channels"]
    before = market.activate(channels={**channels, "web": {**channels["web"], "buffer": 2}})
    market.rest()
    old = Market(
        database=market.market.database,
        trade=before,
        channels=market.market.channels,
        sites=[],
        clock=market.market.clock,
    )
    market.forget()
    market.web.buy({"MUG-RED": 1})
    market.web.run_due()

    with pytest.raises(Outdated, match="another config of mugs is active"):
        old.work()
    with pytest.raises(Outdated):
        old.call(WEB)
    assert market.pool() == 10
    assert market.calls(WEB) == market.calls(TILL) == []

    market.rest()
    assert (market.pool(), market.shown()) == (9, {"web": 7, "outlet": 9, "till": 9})


def test_two_workers_never_speak_to_one_channel_at_once(market: Street) -> None:
    seen: list[turn.Turned | None] = []
    one = market.market.outgoing(WEB)
    market.during_call(WEB, lambda: seen.append(turn.turn(one, "another worker")))

    market.adjust(5)

    assert seen == [None]
    assert market.agreed() == {15}
    assert market.writes(WEB) == [15]


def test_a_channel_whose_worker_died_is_taken_over_once_its_lease_is_over(market: Street) -> None:
    name = f"channel {market.market.trade.name}/{WEB}"
    assert leases.take(market.market.database, name, "one that died", 0.2)
    assert turn.turn(market.market.outgoing(WEB), "another") is None

    market.adjust(5)
    assert market.agreed() == {15}


@pytest.mark.parametrize("name", [WEB, TILL])
def test_a_worker_that_lost_its_lease_before_it_sends_only_ends_its_own_write(
    market: Street, name: ChannelName
) -> None:
    seen: list[bool] = []

    def taken_over() -> None:
        market.night(3 / 3600)
        leases.give_back(market.market.database, f"channel {NAME}/{name}", "market")
        turn.turn(market.market.outgoing(name), "another worker")
        seen.extend(one.waiting for one in market.listing(name).belief.flights)

    market.between(name, lambda channel: Stalled(channel, taken_over))
    market.adjust(5)

    assert seen == [False] * (name == WEB)  # the till has answered the other one by then
    assert market.listing(name).belief.flights == ()
    assert market.agreed() == {15}
    assert set(market.writes(name)) == {15}
    assert market.edits() == []
