"""What must be right at a till for syncing, looked at one by one; nothing is changed there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from stocksync.channels.base import Finding
from stocksync.channels.errors import CallError, Shut
from stocksync.channels.findings import trouble, well
from stocksync.channels.till import jsontext
from stocksync.channels.till.caller import Caller, Heard
from stocksync.channels.till.pushing import push_body, written
from stocksync.channels.till.reading import Reader, cursor_at
from stocksync.channels.till.settings import TillSettings
from stocksync.core.names import ChannelName

NO_SKU = "STOCKSYNC-DRY-RUN"
"""What a dry run asks for: a till that knows no such SKU says so, and shows that it read us."""
SKEW_MAX = timedelta(seconds=60)

_WELL_READ = frozenset({"unknown_sku", "applied", "unchanged", "stale", "rejected"}) | {
    "mismatch_kept",
    "mismatch_lowered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Looks at one till from outside."""

    channel: ChannelName
    settings: TillSettings
    caller: Caller
    reader: Reader

    def findings(self, now: datetime) -> Iterator[Finding]:
        """Yield a finding for each thing, well or not."""
        yield from self._address()
        yield from self._push(now)
        if self.settings.levels_url:
            yield self._asked("till-levels", "levels_url", self._levels)
        if self.settings.movements_url:
            yield self._asked("till-movements", "movements_url", lambda: self._movements(now))

    def _address(self) -> Iterator[Finding]:
        named = {"push_url", "levels_url", "movements_url"}
        plain = sorted(
            name for name in named if str(getattr(self.settings, name) or "").startswith("http://")
        )
        if plain:
            yield trouble(
                "till-address",
                f"{', '.join(plain)}: without https, anybody on the way reads what is sent",
                "give the till a certificate and write https://",
            )
        else:
            yield well("till-address", "every address is https://")

    def _push(self, now: datetime) -> Iterator[Finding]:
        item = {
            "sku": NO_SKU,
            "location": self.settings.place,
            "quantity": "0",
            "expected_previous": None,
            "sequence": 1,
        }
        key = f"doctor_{uuid4().hex}"
        body = push_body(self.channel, key, written(now), [item], dry_run=True)
        try:
            heard = self.caller.post(str(self.settings.push_url), key, body)
        except Shut as e:
            yield well("till-reachable", "the till answers")
            yield trouble("till-push", e.detail, _WAYS_OUT.get(e.code, _READ_GUIDE))
            return
        except CallError as e:
            yield trouble("till-reachable", e.detail, "see that push_url is right and running")
            return
        yield well("till-reachable", "the till answers")
        yield _dry_run(heard)
        yield _skew(heard, now)

    def _levels(self) -> str:
        page = next(self.reader.levels(self.settings.place))
        return f"levels_url lists {len(page)} SKUs at {self.settings.place} on its first page"

    def _movements(self, now: datetime) -> str:
        page = self.reader.movements(cursor_at(now - timedelta(days=1)), now)
        wrong = sum(one.trouble is not None for one in page.deliveries)
        if wrong:
            raise _Wrong(f"{wrong} of {len(page.deliveries)} events of a day cannot be read")
        return f"movements_url lists {len(page.deliveries)} events of the last day"

    def _asked(self, code: str, name: str, ask: Callable[[], str]) -> Finding:
        try:
            return well(code, ask())
        except CallError as e:
            return trouble(code, f"{name}: {e.detail}", _WAYS_OUT.get(e.code, _READ_GUIDE))
        except _Wrong as e:
            return trouble(code, f"{name}: {e}", _READ_GUIDE)


class _Wrong(Exception):
    """It was answered, and not as the contract says."""


_READ_GUIDE = "docs/guides/channels/till.md says what the till must answer"
_WAYS_OUT = {
    "denied": "give the till the same secret as push_secret, and set both clocks right",
    "gone": "correct the address in the config",
    "redirected": "write the final address in the config: redirects are never followed",
    "address-refused": "write allow_private: true if the till really is in this network",
}


def _dry_run(heard: Heard) -> Finding:
    answer = heard.answer
    try:
        said = jsontext.read(answer.body, answer.headers.get("content-type", ""))
    except jsontext.Malformed as e:
        said, why = None, f"that is {e}"
    else:
        why = "that holds no result for the one item that was sent"
    results = said.get("results") if isinstance(said, dict) else None
    first = results[0] if isinstance(results, list) and len(results) == 1 else None
    told = first.get("result") if isinstance(first, dict) else None
    if told == "unknown_location":
        words = "the till does not know the location that push_location (or `locations`) names"
        return trouble("till-push", words, "write the till's own word for it as push_location")
    if told in _WELL_READ:
        return well("till-push", "a dry run was let in and answered with a result")
    return trouble("till-push", f"a dry run was answered {answer.status}, and {why}", _READ_GUIDE)


def _skew(heard: Heard, now: datetime) -> Finding:
    ahead = heard.clock(now) - now
    seconds = round(ahead.total_seconds())
    if abs(ahead) <= SKEW_MAX:
        return well("till-clock", f"its clock is {abs(seconds)} s off at most")
    words = f"its clock is {abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}"
    return trouble("till-clock", words, "let the till set its clock by the network (NTP)")
