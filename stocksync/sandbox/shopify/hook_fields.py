"""The webhook subscriptions as GraphQL shows and changes them."""

from collections.abc import Callable, Mapping
from typing import Any

from stocksync.sandbox.shopify.api_errors import user_error
from stocksync.sandbox.shopify.connections import connection
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.shelf_views import Info, View, gid, moment
from stocksync.sandbox.shopify.subscriptions import NotTaken, Subscription, Subscriptions, Wish
from stocksync.sandbox.shopify.topics import enum_of


class HookFields:
    """Answers the fields of subscriptions. The caller holds the shop's lock."""

    def __init__(self, subscriptions: Subscriptions, knobs: Knobs) -> None:
        self._subscriptions = subscriptions
        self._knobs = knobs

    def listing(
        self,
        info: Info,
        *,
        uri: str | None = None,
        sortKey: str = "CREATED_AT",  # noqa: N803  - an argument of the API
        **asked: Any,
    ) -> View:
        """List those that were made by API."""
        found = [
            ((one.id,) if sortKey == "ID" else (one.created_at.isoformat(), one.id), one)
            for one in self._subscriptions.listed()
            if uri is None or one.uri == uri
        ]
        return connection(info.context, found, self._view, **asked)

    def create(self, _: Info, *, topic: str, webhookSubscription: Mapping[str, Any]) -> View:  # noqa: N803
        """Make one."""
        return self._kept(lambda: self._subscriptions.create(topic, _wish(webhookSubscription)))

    def update(self, _: Info, *, id: str, webhookSubscription: Mapping[str, Any]) -> View:  # noqa: A002, N803
        """Change one."""
        return self._kept(lambda: self._subscriptions.update(id, _wish(webhookSubscription)))

    def delete(self, _: Info, *, id: str) -> View:  # noqa: A002  - the API's own word
        """Take one away."""
        try:
            return {
                "deletedWebhookSubscriptionId": self._subscriptions.delete(id),
                "userErrors": [],
            }
        except NotTaken as e:
            return {"deletedWebhookSubscriptionId": None, "userErrors": _errors(e)}

    def _kept(self, change: Callable[[], Subscription]) -> View:
        try:
            return {"webhookSubscription": self._view(change()), "userErrors": []}
        except NotTaken as e:
            return {"webhookSubscription": None, "userErrors": _errors(e)}

    def _view(self, one: Subscription) -> View:
        version = self._knobs.webhook_version
        return {
            "__typename": "WebhookSubscription",
            "id": gid("WebhookSubscription", one.id),
            "legacyResourceId": str(one.id),
            "topic": enum_of(one.topic),
            "uri": one.uri,
            "name": one.name,
            "format": one.format,
            "filter": one.filter,
            "includeFields": list(one.include_fields),
            "createdAt": moment(one.created_at),
            "updatedAt": moment(one.updated_at),
            "apiVersion": {"handle": version, "displayName": version, "supported": True},
        }


def _wish(told: Mapping[str, Any]) -> Wish:
    return Wish(
        uri=told.get("uri"),
        format=told.get("format"),
        name=told.get("name"),
        filter=told.get("filter"),
        include_fields=told.get("includeFields"),
    )


def _errors(refused: NotTaken) -> list[Mapping[str, Any]]:
    return [user_error(one.message, one.field) for one in refused.complaints]
