"""Play a recorded day into a running installation, through its door, and compare.

The sender is patient: what was not answered is sent again, as a till would, so that
processes may be killed meanwhile.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import requests

from stocksync.core.facts import Adjusted, PaperLine
from stocksync.core.names import ChannelName, LineId, MerchantName, PaperKey
from stocksync.core.plan import Trade
from stocksync.flow import office
from stocksync.lab.pace import Pace
from stocksync.lab.tape import Edit, Recorded, Tape
from stocksync.store.session import Database
from stocksync.wiring import utc_now

PATIENCE_S = 60.0
"""How long one delivery is sent again before the replay gives up on the door."""
_AGAIN_S = 0.1
_TIMEOUT_S = 10.0
_SENDERS = 6

CONFIG = """\
merchant: {merchant}
timezone: UTC
locations:
  shelf: {kind: own, name: "The taped shop's shelf"}
channels:
  shop:
    kind: woocommerce
    webhook_secret: {env: STOCKSYNC_TAPE_SECRET}
    location: shelf
"""
WHOLE_CONFIG = f"""\
limits: {{zero_share: off, skus_in_10m: off, units_a_day: off}}
{CONFIG}\
    push: shadow
    manual_edits: adopt
    url: "{{url}}"
    key: {{env: STOCKSYNC_TAPE_REST_KEY}}
    secret: {{env: STOCKSYNC_TAPE_REST_SECRET}}
    auth: basic
    allow_private: true
    allow_insecure: true
    poke_every: 0
    poll: {{webhooks_every: 0}}
"""
"""Reads and pulls the stand-in at `{url}`, and writes nothing to it.

A day's edits come within minutes here, and all at once: the blast radius is lifted.
"""
SHOP = ChannelName("shop")
SECRET = "STOCKSYNC_TAPE_SECRET"  # noqa: S105 the name of a variable, not a secret
REST_KEY = "STOCKSYNC_TAPE_REST_KEY"
REST_SECRET = "STOCKSYNC_TAPE_REST_SECRET"  # noqa: S105 the same


class NoAnswer(Exception):
    """The door answered nothing useful for too long."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the door said so far."""

    total: int
    sent: int = 0
    repeated: int = 0
    answers: dict[str, int] = field(default_factory=dict)


def play(
    *,
    url: str,
    merchant: MerchantName,
    channel: ChannelName,
    tape: Tape,
    book_edit: Callable[[int, Edit], None] | None,
    before_sending: Callable[[Recorded], object] = lambda delivery: None,
    repeat: int = 1,
    shuffle: int | None = None,
    speed: float | None = None,
) -> Iterator[Tally]:
    """Send every delivery and book every edit; yield the tally after each.

    Without `book_edit` nobody tells of the edits. `repeat` sends all so often, `shuffle` is a
    seed for any order, `speed` is how many recorded seconds pass in one (None: as fast as the
    door answers).
    """
    acts: list[tuple[datetime, Recorded | tuple[int, Edit]]] = [
        *((delivery.at, delivery) for delivery in tape.deliveries),
    ]
    if book_edit is not None:
        acts += ((edit.at, (place, edit)) for place, edit in enumerate(tape.edits))
    acts.sort(key=lambda act: act[0])
    acts = acts * repeat
    if shuffle is not None:
        random.Random(shuffle).shuffle(acts)  # noqa: S311 a seed must give the same order again
    tally = Tally(total=len(acts))
    door = _Door(f"{url.rstrip('/')}/hooks/{merchant}/{channel}", tally)
    pace = None if speed is None else Pace(acts[0][0], speed)
    # In the recorded order one after the other; in no order, several at once, as shops do.
    with ThreadPoolExecutor(1 if shuffle is None else _SENDERS) as senders:
        waiting: deque[Future[None]] = deque()
        for at, act in acts:
            if pace is not None:
                pace.sleep_until(at)
            if isinstance(act, Recorded):
                before_sending(act)
                waiting.append(senders.submit(door.send, act))
            elif book_edit is not None:
                book_edit(*act)
            if len(waiting) >= (1 if shuffle is None else _SENDERS):
                waiting.popleft().result()
            tally.sent += 1
            yield tally
        while waiting:
            waiting.popleft().result()
    yield tally


def edit_booker(database: Database, trade: Trade) -> Callable[[int, Edit], None]:
    """Return what books an edit of the shop's staff as an adjustment, once however often."""

    def book(place: int, edit: Edit) -> None:
        now = utc_now()
        line = PaperLine(line=LineId("1"), sku=edit.sku, units=edit.delta)
        key = PaperKey(f"manual edit {place}")
        paper = Adjusted(key=key, occurred_at=min(edit.at, now), lines=(line,))
        office.book(database, trade, [paper], now)

    return book


class _Door:
    """Sends deliveries to one address, from any thread, until each is answered."""

    def __init__(self, url: str, tally: Tally) -> None:
        self._url = url
        self._tally = tally
        self._lock = threading.Lock()
        self._mine = threading.local()

    def send(self, delivery: Recorded) -> None:
        """Send one delivery, again and again if need be, and count its answer."""
        deadline = time.monotonic() + PATIENCE_S
        said = "nothing"
        while time.monotonic() < deadline:
            word, said = self._try(delivery)
            if word is not None:
                with self._lock:
                    self._tally.answers[word] = self._tally.answers.get(word, 0) + 1
                return
            with self._lock:
                self._tally.repeated += 1
            time.sleep(_AGAIN_S)
        raise NoAnswer(f"{self._url} gave no useful answer for {PATIENCE_S:.0f} s; at last: {said}")

    def _try(self, delivery: Recorded) -> tuple[str | None, str]:
        """Return the word that the door answered with, or None and what came instead."""
        try:
            answer = self._session().post(
                self._url,
                data=delivery.body,
                headers=_own_headers(delivery),
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as e:
            return None, type(e).__name__
        if answer.status_code >= 500:
            return None, str(answer.status_code)
        return _word(answer), ""

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = requests.Session()
            session.trust_env = False
        return session


def _own_headers(delivery: Recorded) -> dict[str, str]:
    """Return the shop's headers without those that belong to its own connection."""
    dropped = {"host", "connection", "content-length", "accept-encoding"}
    return {name: value for name, value in delivery.headers.items() if name.lower() not in dropped}


def _word(answer: requests.Response) -> str:
    if answer.status_code >= 400:
        return f"refused {answer.status_code}"
    try:
        return str(answer.json()["status"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
