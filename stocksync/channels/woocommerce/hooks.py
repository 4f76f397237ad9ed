"""The webhooks that the shop should have for us: seven topics, one address, our secret.

A shop switches a webhook off after some failures and never on again. Switched on by us it
still remembers them, and the next single failure ends it: one that we switched on before
carries that in its name, and is made anew instead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from stocksync.channels.addresses import is_private_host
from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import Refused
from stocksync.channels.findings import polling_only, trouble, well
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce.api import PAGE, Api
from stocksync.core.names import ChannelName

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
)

_PORTS = frozenset({None, 80, 443, 8080})
_FAR = datetime.max.replace(tzinfo=UTC)
_AGAIN = " (again)"
_PAGES = 20


class Hooks:
    """The webhooks of one shop. Without `hook_url` nobody outside can reach us: we only poll."""

    def __init__(
        self,
        api: Api,
        *,
        channel: ChannelName,
        shop_url: str,
        hook_url: str | None,
        secrets: Iterable[Secret],
    ) -> None:
        self._api = api
        self._channel = channel
        self._shop_url = shop_url
        self._hook_url = hook_url
        self._secrets = tuple(secrets)

    def findings(self) -> Sequence[Finding]:
        """Say how they are. Or `CallError`."""
        if self._hook_url is None:
            return [polling_only()]
        hooks = self._listed()
        return [
            self._address(self._hook_url),
            *(self._seen(topic, hooks) for topic in TOPICS),
            self._elsewhere(hooks),
        ]

    def mend(self) -> Sequence[Finding]:
        """Make the missing ones, wake the sleeping ones, and say how they are. Or `CallError`."""
        if self._hook_url is None:
            return [polling_only()]
        address = self._address(self._hook_url)
        if address.health is Health.TROUBLE:
            return [address]
        hooks = self._listed()
        mended = [self._mended(topic, hooks, self._hook_url) for topic in TOPICS]
        return [address, *mended, self._elsewhere(hooks)]

    def _listed(self) -> list[Mapping[str, Any]]:
        hooks: list[Mapping[str, Any]] = []
        for number in range(1, _PAGES + 1):
            said = self._api.rows("webhooks", [("page", str(number))])
            hooks += said.value
            if not said.value or not said.more(PAGE, number):
                break
        return hooks

    def _address(self, hook_url: str) -> Finding:
        code, why = "delivery-url", unreachable(hook_url, self._shop_url)
        if why is None:
            return well(code, "WooCommerce can send to our address")
        return trouble(
            code,
            f"WooCommerce sends nothing to our address: {why}",
            "let a public address on port 443 lead here, or live by polling alone",
        )

    def _seen(self, topic: str, hooks: Sequence[Mapping[str, Any]]) -> Finding:
        ours = list(self._ours(topic, hooks))
        if any(hook.get("status") == "active" for hook in ours):
            return well(f"webhook-{topic}", f"the webhook {topic} is active")
        how = f"is {ours[0].get('status')}" if ours else "is missing"
        return trouble(
            f"webhook-{topic}",
            f"the webhook {topic} {how}",
            "it is mended by itself within minutes; if it stays so, make it by hand",
        )

    def _mended(self, topic: str, hooks: Sequence[Mapping[str, Any]], hook_url: str) -> Finding:
        seen = self._seen(topic, hooks)
        if seen.health is Health.WELL:
            return seen
        ours = next(self._ours(topic, hooks), None)
        try:
            done = (
                self._make(topic, hook_url) if ours is None else self._wake(topic, ours, hook_url)
            )
        except Refused as e:
            return trouble(
                seen.code,
                f"{seen.words}, and cannot be mended: {e.detail}",
                "make it by hand, as the guide of the channel says",
            )
        return Finding(code=seen.code, health=Health.HEALED, words=f"{seen.words}: {done}")

    def _make(self, topic: str, hook_url: str) -> str:
        told = {
            "name": self._name(topic),
            "topic": topic,
            "delivery_url": hook_url,
            "secret": self._secret(),
            "status": "active",
        }
        self._api.write("POST", "webhooks", told)
        return "made"

    def _wake(self, topic: str, hook: Mapping[str, Any], hook_url: str) -> str:
        path = f"webhooks/{int(hook['id'])}"
        name = self._name(topic) + _AGAIN
        if hook.get("status") == "disabled" and hook.get("name") == name:
            self._api.write("DELETE", path, params=[("force", "true")])
            self._make(topic, hook_url)
            return "failed again after it was switched on, so it was made anew"
        told = {"status": "active", "name": name, "secret": self._secret()}
        self._api.write("PUT", path, told)
        return "switched on again"

    def _elsewhere(self, hooks: Sequence[Mapping[str, Any]]) -> Finding:
        code = "webhooks-elsewhere"
        lost = [
            f"{hook.get('id')} ({urlsplit(str(hook.get('delivery_url'))).hostname})"
            for hook in hooks
            if str(hook.get("name")).startswith(self._name("")) and not self._leads_here(hook)
        ]
        if not lost:
            return well(code, "no webhook of ours leads elsewhere")
        return trouble(
            code,
            f"webhooks of this channel send to another address: {', '.join(lost[:7])}",
            "delete them in WooCommerce, unless another stocksync of yours listens there",
        )

    def _ours(self, topic: str, hooks: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        return (hook for hook in hooks if hook.get("topic") == topic and self._leads_here(hook))

    def _leads_here(self, hook: Mapping[str, Any]) -> bool:
        there, here = str(hook.get("delivery_url")), self._hook_url or ""
        return there.rstrip("/") == here.rstrip("/")

    def _name(self, topic: str) -> str:
        return f"stocksync {self._channel} {topic}"

    def _secret(self) -> str:
        value: str = max(self._secrets, key=lambda one: one.not_after or _FAR).value
        return value


def unreachable(hook_url: str, shop_url: str) -> str | None:
    """Return why WooCommerce would refuse to send there, or None: its rules, not ours."""
    there, shop = urlsplit(hook_url), urlsplit(shop_url)
    host = there.hostname or ""
    if host == (shop.hostname or ""):
        return None  # its own machine is the one private place that it trusts
    if there.username is not None:
        return "there is a user in it"
    if there.port not in _PORTS:
        return f"its port is {there.port}, and only 80, 443 and 8080 are allowed"
    return f"{host} is a name or address of a private network" if is_private_host(host) else None
