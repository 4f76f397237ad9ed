"""`/webhooks` and `/system_status`."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from stocksync.sandbox.dice import LETTERS, Dice
from stocksync.sandbox.woocommerce.asked import Asked, Page, Reply
from stocksync.sandbox.woocommerce.bodies import moment
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.errors import RestError, invalid
from stocksync.sandbox.woocommerce.queue import Queue
from stocksync.sandbox.woocommerce.webhooks import TOPIC, State, Webhook


class WebhookRoutes:
    """Answers calls about webhooks. The caller holds the shop's lock."""

    def __init__(
        self, *, queue: Queue, desk: Desk, clock: Callable[[], datetime], dice: Dice
    ) -> None:
        self._queue = queue
        self._desk = desk
        self._clock = clock
        self._dice = dice

    def listing(self, asked: Asked) -> Reply:
        """List webhooks."""
        page = Page.of(asked)
        status = asked.choice("status", "all", ("all", *State))
        found = [one for one in self._queue.webhooks.values() if status in ("all", one.status)]
        down = asked.choice("order", "desc", ("asc", "desc")) == "desc"
        found.sort(key=lambda one: one.id, reverse=down)
        headers = page.headers(len(found), self._desk.home.at("webhooks"))
        return Reply(body=[self._shown(one) for one in page.cut(found)], headers=headers)

    def create(self, asked: Asked) -> Reply:
        """Make a webhook and ping it; nobody waits for what the ping hears."""
        told = asked.fields
        _check_topic(told.get("topic"))
        _check_url(told.get("delivery_url"))
        secret = told.get("secret") or self._dice.word(50, LETTERS)  # random, and never shown
        webhook = self.add(
            topic=str(told["topic"]),
            url=str(told["delivery_url"]),
            secret=str(secret),
            name=str(told.get("name") or ""),
            status=_state(told.get("status", "active")),
        )
        return Reply(body=self._shown(webhook), status=201)

    def add(
        self, *, topic: str, url: str, secret: str, name: str = "", status: State = State.ACTIVE
    ) -> Webhook:
        """Make a webhook."""
        now = self._clock()
        webhook = Webhook(
            id=max(self._queue.webhooks, default=0) + 1,
            name=name or f"Webhook created on {now:%b %d, %Y @ %I:%M %p}",
            topic=topic,
            delivery_url=url,
            secret=secret,
            created_at=now,
            modified_at=now,
            status=status,
        )
        self._queue.webhooks[webhook.id] = webhook
        if status is State.ACTIVE:
            self._queue.ping(webhook, now)
        return webhook

    def one(self, asked: Asked, webhook_id: int) -> Reply:
        """Read, change or delete one webhook."""
        webhook = self._queue.webhooks.get(webhook_id)
        if webhook is None:
            raise RestError("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.", 404)
        if asked.method == "DELETE":
            if not asked.flag("force"):
                raise RestError(
                    "woocommerce_rest_trash_not_supported",
                    "Webhooks do not support trashing.",
                    501,
                )
            del self._queue.webhooks[webhook_id]
        elif asked.method != "GET":
            self._update(webhook, asked)
        return Reply(body=self._shown(webhook))

    def system_status(self) -> Reply:
        """Say what runs here."""
        environment = {
            "home_url": self._desk.home.url.rstrip("/"),
            "site_url": self._desk.home.url.rstrip("/"),
            "version": "10.0.2",
            "wp_version": "6.8.7",
            "wp_multisite": False,
            "wp_cron": True,
            "php_version": "8.2.29",
        }
        settings = {"currency": "EUR", "HPOS_enabled": True, "HPOS_sync_enabled": False}
        return Reply(body={"environment": environment, "settings": settings})

    def _update(self, webhook: Webhook, asked: Asked) -> None:
        told = asked.fields
        if "topic" in told:
            _check_topic(told["topic"])
        if "delivery_url" in told:
            _check_url(told["delivery_url"])
        status = _state(told.get("status", webhook.status))
        woken = status is State.ACTIVE and webhook.status is not State.ACTIVE
        webhook.topic = str(told.get("topic", webhook.topic))
        webhook.delivery_url = str(told.get("delivery_url", webhook.delivery_url))
        webhook.name = str(told.get("name", webhook.name))
        webhook.secret = str(told.get("secret") or webhook.secret)
        webhook.status = status  # and the failures stay counted
        webhook.modified_at = self._clock()
        if woken:
            self._queue.ping(webhook, webhook.modified_at)

    def _shown(self, webhook: Webhook) -> dict[str, Any]:
        resource, _, event = webhook.topic.partition(".")
        hooks = [event] if resource == "action" else [f"woocommerce_{event}_{resource}"]
        return {
            "id": webhook.id,
            "name": webhook.name,
            "status": webhook.status.value,
            "topic": webhook.topic,
            "resource": resource,
            "event": event,
            "hooks": hooks,
            "delivery_url": webhook.delivery_url,
            "date_created": moment(webhook.created_at),
            "date_created_gmt": moment(webhook.created_at),
            "date_modified": moment(webhook.modified_at),
            "date_modified_gmt": moment(webhook.modified_at),
            "_links": {"self": [{"href": self._desk.home.at(f"webhooks/{webhook.id}")}]},
        }


def _check_topic(told: Any) -> None:
    if not isinstance(told, str) or not TOPIC.fullmatch(told):
        raise RestError(
            "woocommerce_rest_shop_webhook_invalid_topic",
            "Webhook topic is required and must be valid.",
            400,
        )


def _check_url(told: Any) -> None:
    if not isinstance(told, str) or not re.match(r"https?://", told):
        raise RestError(
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
            400,
        )


def _state(told: Any) -> State:
    try:
        return State(told)
    except ValueError as e:
        raise invalid("status", f"status is not one of {', '.join(State)}.") from e
