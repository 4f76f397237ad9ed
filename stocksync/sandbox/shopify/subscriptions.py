"""Who asked to be told of what, and the rules of asking."""

import ipaddress
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from stocksync.sandbox.shopify.topics import COMPLIANCE, TOPICS

_FIRST_ID = 1_280_000_000_001
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ADDRESS = ("webhookSubscription", "callbackUrl")
_OWN_DOMAINS = (".myshopify.com", ".shopify.com")


class Origin(StrEnum):
    """Who made a subscription."""

    API = "api"
    TOML = "toml"  # the app's configuration file: never listed, never taken away
    ADMIN = "admin"  # by hand in the shop's settings: signed with the shop's own secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One topic, told to one address; `filter` is kept and shown, and lets everything through."""

    id: int
    topic: str  # orders/create
    uri: str
    origin: Origin
    created_at: datetime
    updated_at: datetime
    format: str = "JSON"
    name: str | None = None
    filter: str | None = None
    include_fields: tuple[str, ...] = ()

    @property
    def gid(self) -> str:
        """Return the id as GraphQL knows it."""
        return f"gid://shopify/WebhookSubscription/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asks of a subscription; what is None is not mentioned."""

    uri: str | None = None
    format: str | None = None
    name: str | None = None
    filter: str | None = None
    include_fields: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One broken rule, as `userErrors` tells it."""

    field: tuple[str, ...]
    message: str


class NotTaken(Exception):
    """Raised when a rule is broken; nothing was changed."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(one.message for one in complaints))
        self.complaints = tuple(complaints)


@dataclass(slots=True, kw_only=True)
class Subscriptions:
    """All subscriptions of one app at one shop.

    `any_address` takes http and private hosts too, for a receiver on the same machine.
    `names_across_topics` says whether one name may stand once in all or once a topic.
    """

    clock: Callable[[], datetime]
    any_address: bool = False
    names_across_topics: bool = True
    _all: dict[int, Subscription] = field(default_factory=dict)
    _next_id: int = _FIRST_ID
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __iter__(self) -> Iterator[Subscription]:
        """Go through all of them, whoever made them."""
        with self._lock:
            return iter(list(self._all.values()))

    def get(self, key: int) -> Subscription | None:
        """Return one by its number; None where it is gone."""
        with self._lock:
            return self._all.get(key)

    def listed(self) -> list[Subscription]:
        """Return those that the app made by API, oldest first: what a client is shown."""
        return [one for one in self if one.origin is Origin.API]

    def create(self, topic: str, wish: Wish) -> Subscription:
        """Make one as the API does, of a topic in GraphQL's words, or raise `NotTaken`."""
        if topic not in TOPICS:
            raise LookupError(f"no subscription by API has the topic {topic}")
        now = self.clock()
        with self._lock:
            asked = Subscription(
                id=self._next_id,
                topic=TOPICS[topic],
                uri=(wish.uri or "").strip(),
                origin=Origin.API,
                created_at=now,
                updated_at=now,
                format=wish.format or "JSON",
                name=wish.name,
                filter=wish.filter or None,
                include_fields=tuple(wish.include_fields or ()),
            )
            self._check(asked)
            self._next_id += 1
            self._all[asked.id] = asked
            return asked

    def update(self, gid: str, wish: Wish) -> Subscription:
        """Change what the wish mentions, or raise `NotTaken`."""
        with self._lock:
            there = self._listed_as(gid)
            asked = replace(
                there,
                uri=there.uri if wish.uri is None else wish.uri.strip(),
                format=there.format if wish.format is None else wish.format,
                name=there.name if wish.name is None else wish.name,
                filter=there.filter if wish.filter is None else wish.filter or None,
                include_fields=there.include_fields
                if wish.include_fields is None
                else tuple(wish.include_fields),
                updated_at=self.clock(),
            )
            self._check(asked)
            self._all[asked.id] = asked
            return asked

    def delete(self, gid: str) -> str:
        """Take one away and return its id, or raise `NotTaken`."""
        with self._lock:
            there = self._listed_as(gid)
            del self._all[there.id]
            return there.gid

    def configure(
        self,
        topic: str,
        uri: str,
        *,
        origin: Origin = Origin.TOML,
        name: str | None = None,
        include_fields: Sequence[str] = (),
    ) -> Subscription:
        """Make one that no API call made: by the app's file, or by hand in the shop."""
        if topic not in TOPICS.values() and topic not in COMPLIANCE:
            raise LookupError(f"there is no topic {topic}")
        now = self.clock()
        with self._lock:
            made = Subscription(
                id=self._next_id,
                topic=topic,
                uri=uri,
                origin=origin,
                created_at=now,
                updated_at=now,
                name=name,
                include_fields=tuple(include_fields),
            )
            self._next_id += 1
            self._all[made.id] = made
            return made

    def remove(self, key: int) -> bool:
        """Take one that was made by API away without a word; return whether it was there."""
        with self._lock:
            there = self._all.get(key)
            if there is None or there.origin is not Origin.API:
                return False
            del self._all[key]
            return True

    def _listed_as(self, gid: str) -> Subscription:
        for one in self.listed():
            if one.gid == gid:
                return one
        message = "Webhook subscription does not exist"
        raise NotTaken([Complaint(field=("id",), message=message)])

    def _check(self, asked: Subscription) -> None:
        others = [one for one in self.listed() if one.id != asked.id]
        complaints = [
            *_about_address(asked.uri, self.any_address),
            *_about_format(asked.format),
            *_about_name(asked.name),
        ]
        same = (asked.topic, asked.uri, asked.format, asked.filter)
        if any((one.topic, one.uri, one.format, one.filter) == same for one in others):
            message = "Address for this topic has already been taken"
            complaints.append(Complaint(field=_ADDRESS, message=message))
        rivals = [one for one in others if self.names_across_topics or one.topic == asked.topic]
        names = {one.name.casefold() for one in rivals if one.name is not None}
        if asked.name is not None and asked.name.casefold() in names:
            message = "Name already exists, no duplicate allowed"
            complaints.append(Complaint(field=("webhookSubscription", "name"), message=message))
        if complaints:
            raise NotTaken(complaints)


def _about_address(uri: str, any_address: bool) -> Iterator[Complaint]:
    def complaint(message: str) -> Complaint:
        return Complaint(field=_ADDRESS, message=message)

    if not uri:
        yield complaint("Address can't be blank")
        return
    try:
        parts = urlsplit(uri)
        scheme, host = parts.scheme, parts.hostname or ""
    except ValueError:
        scheme, host = "", ""
    if not host or " " in uri:
        yield complaint("Address is invalid")
    elif scheme != "https" and not (any_address and scheme == "http"):
        yield complaint(f"Address protocol {scheme}:// is not supported")
    elif not any_address and _is_internal(host):
        yield complaint("Address cannot be a Shopify or an internal domain")


def _is_internal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    private = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    return private or "." not in host or f".{host}".endswith(_OWN_DOMAINS)


def _about_format(wanted: str) -> Iterator[Complaint]:
    if wanted != "JSON":  # of the two formats this shop writes the one that every topic has
        told = f"Format '{wanted.lower()}' is invalid for this webhook topic."
        message = f"{told} Allowed formats: json"
        yield Complaint(field=("webhookSubscription", "format"), message=message)


def _about_name(name: str | None) -> Iterator[Complaint]:
    if name is not None and not _NAME.fullmatch(name):
        message = (
            "Name name field can only contain alphanumeric characters, underscores, and hyphens"
        )
        yield Complaint(field=("webhookSubscription", "name"), message=message)
