"""The subscriptions that the shop should have for us: one a topic, all at one address.

Shopify deletes one without a word when its deliveries failed for four hours, so they are
looked at again and again, and whatever was missing is pulled. One is known by its name, which
holds channel and topic; what else sends to our own address is a leftover, and is deleted.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from stocksync.channels.addresses import is_private_host
from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import CallError, Refused, Shut
from stocksync.channels.findings import polling_only, trouble, well
from stocksync.channels.shopify.api import Api, user_errors, words_of
from stocksync.channels.shopify.documents import (
    HOOK_CREATE,
    HOOK_DELETE,
    HOOK_LIST,
    HOOK_UPDATE,
    Document,
)
from stocksync.core.names import ChannelName

ORDER_TOPICS: Final = ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED")
TOPICS: Final = (
    *ORDER_TOPICS,
    "ORDERS_EDITED",
    "REFUNDS_CREATE",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
    "INVENTORY_LEVELS_UPDATE",
    "INVENTORY_LEVELS_CONNECT",
    "INVENTORY_LEVELS_DISCONNECT",
    "INVENTORY_ITEMS_UPDATE",
    "INVENTORY_ITEMS_DELETE",
    "PRODUCTS_DELETE",
    "LOCATIONS_DEACTIVATE",
    "APP_UNINSTALLED",
)
SPARE: Final = frozenset({"FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE"})
"""They may need a scope of their own, and only tell sooner what an order tells too."""
ORDER_FIELDS: Final = (
    "id",
    "admin_graphql_api_id",
    "name",
    "created_at",
    "updated_at",
    "cancelled_at",
    "cancel_reason",
    "closed_at",
    "confirmed",
    "financial_status",
    "fulfillment_status",
    "source_name",
    "location_id",
    "test",
    "currency",
    "line_items",
    "refunds",
    "fulfillments",
)
"""So that no word about a customer reaches us, here and in the other topics that hold one."""
_OWNED: Final = ("id", "admin_graphql_api_id", "order_id", "created_at", "updated_at")
_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(ORDER_TOPICS, ORDER_FIELDS),
    "REFUNDS_CREATE": (*_OWNED, "refund_line_items"),
    **dict.fromkeys(sorted(SPARE), (*_OWNED, "status", "location_id", "line_items")),
    "APP_UNINSTALLED": ("id", "updated_at"),
}
_PAGES = 20

Hook = Mapping[str, Any]


class Hooks:
    """The subscriptions of one shop. Without `hook_url` nobody can reach us: we only poll.

    `allow_private` is for a shop that itself stands in a private network, and sends into it.
    """

    def __init__(
        self,
        api: Api,
        *,
        channel: ChannelName,
        hook_url: str | None,
        allow_private: bool = False,
    ) -> None:
        self._api = api
        self._allow_private = allow_private
        self._channel = channel
        self._hook_url = hook_url

    def findings(self) -> Sequence[Finding]:
        """Say how they are. Or `CallError`."""
        if self._hook_url is None:
            return [polling_only()]
        hooks = self._listed()
        seen = [self._seen(topic, hooks, self._hook_url) for topic in TOPICS]
        return [self._address(self._hook_url), *seen, self._strangers(hooks, self._hook_url)]

    def mend(self) -> Sequence[Finding]:
        """Make the missing ones, correct the wrong ones, delete strangers. Or `CallError`."""
        if self._hook_url is None:
            return [polling_only()]
        address = self._address(self._hook_url)
        if address.health is Health.TROUBLE:
            return [address]
        hooks = self._listed()
        # First what stands in the way: the shop takes one subscription a topic and address.
        cleared = self._cleared(hooks, self._hook_url)
        mended = [self._mended(topic, hooks, self._hook_url) for topic in TOPICS]
        return [address, *mended, cleared]

    def _listed(self) -> list[Hook]:
        field = "webhookSubscriptions"
        return list(self._api.nodes(HOOK_LIST, field, what="subscriptions", pages=_PAGES))

    def _address(self, hook_url: str) -> Finding:
        why = None if self._allow_private else unreachable(hook_url)
        if why is None:
            return well("delivery-url", "Shopify can send to our address")
        return trouble(
            "delivery-url",
            f"Shopify sends nothing to our address: {why}",
            "let a public https address lead here, or live by polling alone",
        )

    def _seen(self, topic: str, hooks: Sequence[Hook], hook_url: str) -> Finding:
        code, wrong = _finding_code(topic), self._wrong(topic, hooks, hook_url)
        if wrong is None:
            return well(code, f"the subscription {topic} is there")
        if topic in SPARE:
            return well(code, f"the subscription {topic} {wrong}; ORDERS_UPDATED tells the same")
        return trouble(
            code,
            f"the subscription {topic} {wrong}",
            "it is mended by itself within minutes; if it stays so, see the app's scopes",
        )

    def _wrong(self, topic: str, hooks: Sequence[Hook], hook_url: str) -> str | None:
        ours = self._ours(topic, hooks, hook_url)
        return "is missing" if ours is None else _wrong(topic, ours, hook_url)

    def _mended(self, topic: str, hooks: Sequence[Hook], hook_url: str) -> Finding:
        seen = self._seen(topic, hooks, hook_url)
        if self._wrong(topic, hooks, hook_url) is None:
            return seen
        ours = self._ours(topic, hooks, hook_url)
        if ours is None:
            return self._tried(seen, lambda: self._make(topic, hook_url))
        return self._tried(seen, lambda: self._correct(topic, ours, hook_url))

    def _tried(self, seen: Finding, mend: Callable[[], str]) -> Finding:
        try:
            done = mend()
        except CallError as e:
            # One that fails must not hide that others were mended: those were missed.
            if isinstance(e, Shut) and e.code != "no-scope":
                raise
            if seen.health is Health.WELL:
                return seen
            return trouble(
                seen.code,
                f"{seen.words}, and cannot be mended: {e.detail}",
                "give the app the scope that this topic needs, as the guide says",
            )
        return Finding(code=seen.code, health=Health.HEALED, words=f"{seen.words}: {done}")

    def _make(self, topic: str, hook_url: str) -> str:
        told = {"topic": topic, "hook": self._as_it_should_be(topic, hook_url)}
        self._change(HOOK_CREATE, "webhookSubscriptionCreate", told)
        return "made"

    def _correct(self, topic: str, hook: Hook, hook_url: str) -> str:
        if hook.get("filter") or hook.get("format") != "JSON":
            self._delete(hook)
            self._make(topic, hook_url)
            return "made anew"
        told = {"id": hook.get("id"), "hook": self._as_it_should_be(topic, hook_url)}
        self._change(HOOK_UPDATE, "webhookSubscriptionUpdate", told)
        return "corrected"

    def _as_it_should_be(self, topic: str, hook_url: str) -> dict[str, Any]:
        return {
            "uri": hook_url,
            "format": "JSON",
            "name": self._name(topic),
            "includeFields": list(_fields(topic)),
        }

    def _cleared(self, hooks: Sequence[Hook], hook_url: str) -> Finding:
        found = self._strangers(hooks, hook_url)
        if found.health is Health.WELL:
            return found

        def delete() -> str:
            for one in self._strange(hooks, hook_url):
                self._delete(one)
            return "deleted"

        return self._tried(found, delete)

    def _strangers(self, hooks: Sequence[Hook], hook_url: str) -> Finding:
        strange = self._strange(hooks, hook_url)
        if not strange:
            return well("webhook-strangers", "nothing else sends to our address")
        named = ", ".join(sorted({str(one.get("topic")) for one in strange})[:7])
        return trouble(
            "webhook-strangers",
            f"{len(strange)} subscriptions that we do not need send to our address: {named}",
            "they are deleted by themselves within minutes",
        )

    def _strange(self, hooks: Sequence[Hook], hook_url: str) -> list[Hook]:
        ours = [self._ours(topic, hooks, hook_url) for topic in TOPICS]
        kept = {one.get("id") for one in ours if one is not None}
        return [one for one in hooks if one.get("uri") == hook_url and one.get("id") not in kept]

    def _ours(self, topic: str, hooks: Sequence[Hook], hook_url: str) -> Hook | None:
        """Return our subscription of a topic: by its name, or else by its address."""
        same = [one for one in hooks if one.get("topic") == topic]
        name = self._name(topic).lower()
        named = [one for one in same if str(one.get("name")).lower() == name]
        here = [one for one in same if one.get("uri") == hook_url]
        return next(iter([*named, *here]), None)

    def _delete(self, hook: Hook) -> None:
        self._change(HOOK_DELETE, "webhookSubscriptionDelete", {"id": hook.get("id")})

    def _change(self, document: Document, field: str, told: Mapping[str, Any]) -> None:
        errors = user_errors(self._api.run(document, told), field)
        if errors:
            raise Refused("refused", "; ".join(words_of(one) for one in errors[:3]))

    def _name(self, topic: str) -> str:
        return f"stocksync-{_fit(self._channel)}-{_fit(topic).lower().replace('_', '-')}"


def _wrong(topic: str, hook: Hook, hook_url: str) -> str | None:
    """Return what is wrong with a subscription of ours, or None."""
    if hook.get("uri") != hook_url:
        return f"sends to another address ({urlsplit(str(hook.get('uri'))).hostname})"
    if hook.get("format") != "JSON":
        return "sends something else than JSON"
    if hook.get("filter"):
        return "has a filter, which hides some of it"
    if set(hook.get("includeFields") or ()) != set(_fields(topic)):
        return "sends other fields than we need"
    return None


def unreachable(hook_url: str) -> str | None:
    """Return why Shopify would refuse to send there, or None: its rules, not ours."""
    there = urlsplit(hook_url)
    host = there.hostname or ""
    if there.scheme != "https":
        return "it does not begin with https://"
    return f"{host} is a name or address of a private network" if is_private_host(host) else None


def _fields(topic: str) -> Sequence[str]:
    return _FIELDS.get(topic, ())


def _finding_code(topic: str) -> str:
    return f"webhook-{topic.lower().replace('_', '-')}"


def _fit(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)
