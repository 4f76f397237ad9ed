"""The webhook queue: one delivery for each subscription, built when it leaves, tried for hours.

The body and the address of the first try are those of every later one, so a retry tells of
the past. After the last the subscription is taken away without a word, if an API call made it.
"""

import heapq
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from stocksync.sandbox.dice import Dice
from stocksync.sandbox.shopify.assembling import Assembler
from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs
from stocksync.sandbox.shopify.delivery_record import Attempt, Ending, Waiting
from stocksync.sandbox.shopify.envelopes import Sealer, to_the_nanosecond
from stocksync.sandbox.shopify.posting import Deliver, Post, deliver_over_http
from stocksync.sandbox.shopify.signing import Keyring
from stocksync.sandbox.shopify.subscriptions import Subscription, Subscriptions
from stocksync.sandbox.shopify.topics import COMPLIANCE

RETRIES = tuple(timedelta(minutes=gap) for gap in (1, 2, 4, 8, 16, 32, 64, 113))  # 4 hours

BodyOf = Callable[[str, object], Mapping[str, Any]]


class Deliveries:
    """Holds what waits to be delivered, and delivers it when `run_due` is called."""

    def __init__(
        self,
        *,
        shop_domain: str,
        subscriptions: Subscriptions,
        keyring: Keyring,
        body_of: BodyOf,
        clock: Callable[[], datetime],
        knobs: DeliveryKnobs | None = None,
        seed: int = 0,
        deliver: Deliver = deliver_over_http,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self.knobs = knobs or DeliveryKnobs()
        self.attempts: list[Attempt] = []
        self.removed: list[Subscription] = []
        self._subscriptions = subscriptions
        self._body_of = body_of
        self._clock = clock
        self._deliver = deliver
        self._lock = lock or threading.RLock()
        self._running = threading.Lock()
        self._ids = random.Random(f"{seed}:ids")  # noqa: S311  - a toy's chance
        self._fate = Dice(seed, "fate")
        self._assembler = Assembler(self.knobs)
        self._sealer = Sealer(domain=shop_domain, keyring=keyring, knobs=self.knobs, seed=seed)
        self._queue: list[tuple[datetime, int, Waiting]] = []
        self._tickets = count()
        self._levels: dict[tuple[int, str], Waiting] = {}
        self._failures: Counter[int] = Counter()
        self._uninstalled = False

    # What happens

    def happened(self, topic: str, subject: object, event_id: str) -> None:
        """Tell every subscription of the topic; the body is built when it leaves.

        Everything that one action caused has one event id. After `app/uninstalled` nothing
        but the compliance topics is told, until `installed`.
        """
        with self._lock:
            self._tell(topic, lambda: self._body_of(topic, subject), event_id)
            if topic == "app/uninstalled":
                self._fall_silent()

    def installed(self) -> None:
        """Tell again what happens from now on."""
        with self._lock:
            self._uninstalled = False

    def notify_for_test(self, topic: str, body: Mapping[str, Any]) -> None:
        """Tell what never happened, as the test button of the shop's settings does."""
        with self._lock:
            self._tell(topic, lambda: body, self.new_id(), test=True)

    def forge(self, topic: str) -> None:
        """Send the last body of each address again under another topic, which nothing signs."""
        with self._lock:
            now = self._clock()
            left = (Ending.SENT, Ending.FAILED, Ending.GIVEN_UP)
            for url, old in {one.url: one for one in self.attempts if one.ending in left}.items():
                subscription = self._subscriptions.get(old.subscription_id)
                if subscription is not None:
                    waiting = self._waiting_for(subscription, dict, self.new_id(), now)
                    self._push(replace(waiting, topic=topic, body=old.body, url=url), now)

    def new_id(self) -> str:
        """Return an id for an action; the shop's seed decides it."""
        with self._lock:
            return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    # Time

    @property
    def waiting(self) -> int:
        """Return how many deliveries wait, retries among them."""
        with self._lock:
            return len(self._queue)

    def next_due(self) -> datetime | None:
        """Return when the next delivery leaves; None if none waits."""
        with self._lock:
            return self._queue[0][0] if self._queue else None

    def run_due(self) -> int:
        """Send what is due by the shop's clock; return how many tries that took."""
        done = 0
        with self._running:
            while due := self._take_due():
                if self.knobs.webhook_lanes > 1:
                    with ThreadPoolExecutor(self.knobs.webhook_lanes) as lanes:
                        list(lanes.map(self._send, due))
                else:
                    for one in due:
                        self._send(one)
                done += len(due)
        return done

    # Below

    def _tell(
        self,
        topic: str,
        build: Callable[[], Mapping[str, Any]],
        event_id: str,
        *,
        test: bool = False,
    ) -> None:
        outlives = topic in COMPLIANCE or topic == "app/uninstalled"
        if self._uninstalled and topic not in COMPLIANCE:
            return
        now = self._clock()
        window_s = self.knobs.webhook_level_window_s if topic == "inventory_levels/update" else 0.0
        pair = _pair(build()) if window_s else None
        for one in self._subscriptions:
            if one.topic != topic:
                continue
            open_notice = self._levels.get((one.id, pair)) if pair else None
            if open_notice is not None:
                open_notice.merged += 1
                continue
            waiting = self._waiting_for(one, build, event_id, now)
            waiting = replace(waiting, pair=pair, test=test, outlives=outlives)
            if pair:
                self._levels[(one.id, pair)] = waiting
            later_s = self.knobs.webhook_delay_s + self.knobs.webhook_topic_delay_s.get(topic, 0.0)
            later_s += self._fate.roll() * self.knobs.webhook_spread_s + window_s
            self._push(waiting, now + timedelta(seconds=later_s))

    def _waiting_for(
        self,
        subscription: Subscription,
        build: Callable[[], Mapping[str, Any]],
        event_id: str,
        now: datetime,
    ) -> Waiting:
        return Waiting(
            subscription=subscription,
            topic=subscription.topic,
            event_id=event_id,
            triggered_at=to_the_nanosecond(now, self._ids),
            webhook_id=self.new_id(),
            build=build,
        )

    def _push(self, waiting: Waiting, due: datetime) -> None:
        heapq.heappush(self._queue, (due, next(self._tickets), waiting))

    def _fall_silent(self) -> None:
        self._uninstalled = True
        kept = []
        for entry in self._queue:
            if entry[2].outlives:
                kept.append(entry)
            else:
                self._note(entry[2], None, Ending.DROPPED)
        self._queue[:] = kept
        heapq.heapify(self._queue)
        self._levels.clear()
        if not self.knobs.webhook_survives_uninstall:
            for one in self._subscriptions:
                self._subscriptions.remove(one.id)

    def _take_due(self) -> list[Waiting]:
        with self._lock:
            now = self._clock()
            due = []
            while self._queue and self._queue[0][0] <= now:
                due.append(heapq.heappop(self._queue)[2])
            if self.knobs.webhook_shuffle:
                self._fate.shuffle(due)
            return due

    def _send(self, waiting: Waiting) -> None:
        with self._lock:
            post = self._ready(waiting)
        if post is None:
            return
        status = self._deliver(post)
        with self._lock:
            self._heard(waiting, status)

    def _ready(self, waiting: Waiting) -> Post | None:
        if waiting.pair:
            self._levels.pop((waiting.subscription.id, waiting.pair), None)
            waiting.pair = None
        current = self._subscriptions.get(waiting.subscription.id)
        if (current is None or self._uninstalled) and not waiting.outlives:
            self._note(waiting, None, Ending.DROPPED)
            return None
        if waiting.body is None and not self._assemble(waiting, current or waiting.subscription):
            return None
        return self._sealer.post(waiting, self._clock())

    def _assemble(self, waiting: Waiting, subscription: Subscription) -> bool:
        """Build the body of the first try; return whether it leaves now."""
        knobs, now = self.knobs, self._clock()
        if not self._assembler.assemble(waiting, subscription, now):
            self._note(waiting, None, Ending.IDENTICAL)
            return False
        if self._fate.falls(knobs.webhook_loss) or waiting.topic in knobs.webhook_lost_topics:
            self._note(waiting, None, Ending.LOST)
            return False
        if waiting.merged and self._fate.falls(knobs.webhook_level_twice):
            self._push(replace(waiting, webhook_id=self.new_id()), now)
        if self._fate.falls(knobs.webhook_doubles):
            webhook_id = self.new_id() if knobs.webhook_ids_rotate else waiting.webhook_id
            later = now + timedelta(seconds=knobs.webhook_doubled_after_s)
            self._push(replace(waiting, webhook_id=webhook_id), later)
        if self._fate.falls(knobs.webhook_stale):
            self._push(waiting, now + timedelta(seconds=knobs.webhook_stale_by_s))
            return False
        return True

    def _heard(self, waiting: Waiting, status: int | None) -> None:
        subscription = waiting.subscription
        if status is not None and 200 <= status < 300:
            self._failures.pop(subscription.id, None)
            self._note(waiting, status, Ending.SENT)
            return
        self._failures[subscription.id] += 1
        last = waiting.tries == len(RETRIES)
        self._note(waiting, status, Ending.GIVEN_UP if last else Ending.FAILED)
        most = self.knobs.webhook_failures_max
        if (last or 0 < most <= self._failures[subscription.id]) and self._subscriptions.remove(
            subscription.id
        ):
            self.removed.append(subscription)
        if not last:
            webhook_id = self.new_id() if self.knobs.webhook_ids_rotate else waiting.webhook_id
            later = self._clock() + RETRIES[waiting.tries]
            self._push(replace(waiting, tries=waiting.tries + 1, webhook_id=webhook_id), later)

    def _note(self, waiting: Waiting, status: int | None, ending: Ending) -> None:
        self.attempts.append(Attempt.of(waiting, self._clock(), status, ending))


def _pair(level: Mapping[str, Any]) -> str:
    return f"{level['inventory_item_id']}@{level['location_id']}"
