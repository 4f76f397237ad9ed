"""What a till still has to tell: signed, tried again with growing pauses, under one id."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import requests

from stocksync.sandbox.till import signing
from stocksync.sandbox.till.book import Entry
from stocksync.sandbox.till.knobs import Knobs

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000)
)
TIMEOUT_S = 10.0


@dataclass(slots=True)
class Message:
    """One event on its way."""

    entry: Entry
    due: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One try, and the status it was answered with; 0 if nobody answered."""

    at: datetime
    id: str
    kind: str
    status: int


@dataclass(slots=True)
class Outbox:
    """The messages of one till. What was answered 2xx is done; a 4xx is given up, but 408, 429."""

    key: bytes
    knobs: Knobs
    chance: Random
    sent: list[Sent] = field(default_factory=list)
    _waiting: list[Message] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _sending: threading.Lock = field(default_factory=threading.Lock)
    _session: requests.Session = field(default_factory=requests.Session)

    def post(self, entry: Entry, now: datetime) -> None:
        """Take an event, to be sent when it is due."""
        with self._lock:
            if self.chance.random() < self.knobs.webhook_loss:
                return
            self._waiting.append(Message(entry, now + self._delay()))
            if self.chance.random() < self.knobs.webhook_copies:
                self._waiting.append(Message(entry, now + self._delay()))

    @property
    def waiting(self) -> int:
        """Return how many messages wait, retries among them."""
        with self._lock:
            return len(self._waiting)

    @property
    def next_due(self) -> datetime | None:
        """Return when the next message leaves; None if none waits."""
        with self._lock:
            return min((one.due for one in self._waiting), default=None)

    def send_due(self, hook_url: str, clock: Callable[[], datetime]) -> int:
        """Send each message that is due, once; return how many were."""
        with self._sending:
            now = clock()
            with self._lock:
                due = [one for one in self._waiting if one.due <= now]
                self._waiting = [one for one in self._waiting if one.due > now]
                if self.knobs.webhook_shuffle:
                    self.chance.shuffle(due)
            for one in due:
                self._send(one, hook_url, clock())
        return len(due)

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _send(self, message: Message, hook_url: str, now: datetime) -> None:
        entry, body = message.entry, message.entry.body()
        headers = signing.headers(self.key, entry.id, int(now.timestamp()), body)
        try:
            answer = self._session.post(
                hook_url,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        kind = str(entry.event["type"])
        done = 200 <= status < 300 or (400 <= status < 500 and status not in (408, 429))
        with self._lock:
            self.sent.append(Sent(at=now, id=entry.id, kind=kind, status=status))
            if not done and message.tries < len(PAUSES):
                due = now + PAUSES[message.tries]
                self._waiting.append(Message(entry, due, message.tries + 1))

    def _delay(self) -> timedelta:
        least, most = self.knobs.webhook_delay
        return least + (most - least) * self.chance.random()
