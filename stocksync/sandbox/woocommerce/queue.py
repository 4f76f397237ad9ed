"""The webhook queue: one waiting entry for each webhook and object, a body built when it is run.

Waiting entries of one object merge, so a body is a state and states are skipped. Nothing is
ever sent again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from stocksync.sandbox.agenda import Agenda
from stocksync.sandbox.dice import Dice
from stocksync.sandbox.woocommerce.bodies import php_json
from stocksync.sandbox.woocommerce.delivery import Deliver, Post
from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.record import Attempt, Ending, Log
from stocksync.sandbox.woocommerce.webhooks import State, Webhook, delivery_id

TWIN_AFTER = timedelta(milliseconds=15)


@dataclass(slots=True)
class Fires:
    """The topics one act of the shop fires, each with its object, in order."""

    topics: list[tuple[str, int]] = field(default_factory=list)
    twins: set[tuple[str, int]] = field(default_factory=set)

    def add(self, topic: str, key: int) -> None:
        """Fire a topic once; an act fires it once for an object."""
        if (topic, key) not in self.topics:
            self.topics.append((topic, key))

    def twice(self, topic: str, key: int) -> None:
        """Fire a topic whose body goes out twice, under two delivery ids."""
        self.add(topic, key)
        self.twins.add((topic, key))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the queue; its ticket tells it from a later one of the same object."""

    topic: str
    twin: bool
    ticket: int
    parked: bool  # until somebody opens a page


class Queue:
    """Holds what waits to be delivered, and delivers it."""

    def __init__(
        self,
        *,
        home: str,
        agenda: Agenda,
        clock: Callable[[], datetime],
        knobs: Knobs,
        dice: Dice,
        log: Log,
        lock: AbstractContextManager[object],
        deliver: Deliver,
        body_of: Callable[[str, int], object],
    ) -> None:
        self.webhooks: dict[int, Webhook] = {}
        self._home = home
        self._agenda = agenda
        self._clock = clock
        self._knobs = knobs
        self._dice = dice
        self._log = log
        self._lock = lock
        self._deliver = deliver
        self._body_of = body_of
        self._waiting: dict[tuple[int, int], Waiting] = {}
        self._tickets = count()
        self._last_run: datetime | None = None
        self._run_noted = False

    @property
    def waiting(self) -> int:
        """Return how many deliveries wait."""
        return len(self._waiting)

    def fire(self, fires: Fires, now: datetime) -> None:
        """Queue what one act fired, for every webhook that listens."""
        delay_s = self._dice.seconds(self._knobs.webhook_delay_s, self._knobs.webhook_spread)
        for topic, key in fires.topics:
            later_s = delay_s + self._knobs.topic_delay_s.get(topic, 0.0)
            for webhook in self.webhooks.values():
                if webhook.topic == topic and webhook.status is State.ACTIVE:
                    twin = (topic, key) in fires.twins
                    self._queue(webhook, topic, key, twin, now + timedelta(seconds=later_s))

    def ping(self, webhook: Webhook, now: datetime) -> None:
        """Send the unsigned form post of a webhook that was made or switched on."""
        self._agenda.at(now, lambda: self._send_ping(webhook))

    def poke(self, now: datetime) -> None:
        """Let a request wake the queue: at most one run each `poke_gap_s`."""
        if self._run_noted or not any(one.parked for one in self._waiting.values()):
            return
        gap = timedelta(seconds=self._knobs.poke_gap_s)
        if self._last_run is not None and now < self._last_run + gap:
            return
        self._last_run = now
        self._run_noted = True
        self._agenda.at(now + timedelta(seconds=self._knobs.poke_takes_s), self.flush)

    def flush(self) -> None:
        """Deliver all that waits, now."""
        with self._lock:
            self._run_noted = False
            waiting = [(entry, one.ticket) for entry, one in self._waiting.items()]
        for entry, ticket in waiting:
            self._run(entry, ticket)

    def _queue(self, webhook: Webhook, topic: str, key: int, twin: bool, due: datetime) -> None:
        entry = (webhook.id, key)
        there = self._waiting.get(entry)
        if there is not None:
            self._waiting[entry] = replace(there, twin=twin or there.twin)
            return
        ticket = next(self._tickets)
        parked = self._knobs.until_poked
        self._waiting[entry] = Waiting(topic, twin, ticket, parked)
        if not parked:
            self._agenda.at(due, lambda: self._run(entry, ticket))

    def _run(self, entry: tuple[int, int], ticket: int) -> None:
        with self._lock:
            waited = self._waiting.get(entry)
            if waited is None or waited.ticket != ticket:  # delivered by a poke or by hand
                return
            del self._waiting[entry]
            webhook = self.webhooks.get(entry[0])
            topic, key = waited.topic, entry[1]
            if webhook is None or webhook.status is not State.ACTIVE:
                self._note(entry[0], topic, key, b"", None, Ending.DROPPED)
                return
            body = self._body(topic, key)
            # Some proxy says 200, and nothing comes through.
            if self._dice.falls(self._knobs.webhook_loss) or topic in self._knobs.lost_topics:
                webhook.succeeded()
                self._note(webhook.id, topic, key, body, None, Ending.LOST)
                return
            now = self._clock()
            if waited.twin:
                self._again(webhook, topic, key, body, now + TWIN_AFTER)
            if self._dice.falls(self._knobs.webhook_doubles):
                doubled = timedelta(seconds=self._knobs.doubled_after_s)
                self._again(webhook, topic, key, body, now + doubled)
            if self._dice.falls(self._knobs.webhook_stale):
                stale = now + timedelta(seconds=self._knobs.stale_by_s)
                self._agenda.at(stale, lambda: self._send(webhook, topic, key, body))
                return
        self._send(webhook, topic, key, body)

    def _again(self, webhook: Webhook, topic: str, key: int, body: bytes, due: datetime) -> None:
        self._agenda.at(due, lambda: self._send(webhook, topic, key, body, copy=1))

    def _body(self, topic: str, key: int) -> bytes:
        if self._dice.falls(self._knobs.webhook_error_bodies):
            code = self._knobs.error_body
            status = 401 if code == "woocommerce_rest_cannot_view" else 404
            return php_json(RestError(code, "Invalid ID.", status).body())
        try:
            return php_json(self._body_of(topic, key))
        except RestError as e:  # the object is gone: the error is signed and sent as the body
            return php_json(e.body())

    def _send(self, webhook: Webhook, topic: str, key: int, body: bytes, *, copy: int = 0) -> None:
        with self._lock:
            at = self._clock()
            second = 0 if self._knobs.one_delivery_id else int(at.timestamp()) + copy
            sent_as = delivery_id(webhook, second)
            resource, _, event = topic.partition(".")
            headers = {
                "User-Agent": "WooCommerce/10.0.2 Hookshot (WordPress/6.8.7)",
                "Content-Type": "application/json",
                "X-WC-Webhook-Source": self._home,
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Resource": resource,
                "X-WC-Webhook-Event": event,
                "X-WC-Webhook-Signature": webhook.sign(body),
                "X-WC-Webhook-ID": str(webhook.id),
                "X-WC-Webhook-Delivery-ID": sent_as,
                "Connection": "close",
            }
            if self._dice.falls(self._knobs.webhook_forged):
                body = bytes([body[0] ^ 1]) + body[1:]
            if self._dice.falls(self._knobs.webhook_reserialised):
                body = body.replace(b"\\/", b"/")
            post = Post(
                url=webhook.delivery_url,
                headers=headers,
                body=body,
                timeout_s=self._knobs.webhook_timeout_s,
            )
        status = self._deliver(post)
        with self._lock:
            taken = status is not None and 200 <= status <= 302
            if taken:
                webhook.succeeded()
            else:
                webhook.failed()
            ending = Ending.SENT if taken else Ending.FAILED
            self._note(webhook.id, topic, key, body, status, ending, sent_as, copy, at)

    def _send_ping(self, webhook: Webhook) -> None:
        body = f"webhook_id={webhook.id}".encode()
        headers = {
            "User-Agent": "WooCommerce/10.0.2 Hookshot (WordPress/6.8.7)",
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        status = self._deliver(
            Post(
                url=webhook.delivery_url,
                headers=headers,
                body=body,
                timeout_s=self._knobs.webhook_timeout_s,
            )
        )
        with self._lock:
            self._note(webhook.id, "ping", 0, body, status, Ending.PING)

    def _note(
        self,
        webhook_id: int,
        topic: str,
        key: int,
        body: bytes,
        status: int | None,
        ending: Ending,
        sent_as: str = "",
        copy: int = 0,
        at: datetime | None = None,
    ) -> None:
        self._log.attempts.append(
            Attempt(
                at=at or self._clock(),
                webhook_id=webhook_id,
                topic=topic,
                key=key,
                delivery_id=sent_as,
                body=body,
                status=status,
                ending=ending,
                copy=copy,
            )
        )
