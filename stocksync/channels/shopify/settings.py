"""What a merchant writes under a channel of kind `shopify`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from stocksync.channels.addresses import fit
from stocksync.channels.settings import (
    Duration,
    OneSecret,
    Secret,
    Secrets,
    Settings,
    at_least,
    is_a_key,
    never_or_at_least,
    refuse_empty,
)
from stocksync.channels.shopify.fields import source
from stocksync.channels.shopify.gids import ID_MAX, gid, number
from stocksync.core.names import LocationName

LOCATION = "Location"

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,61}\.myshopify\.com")


class Poll(BaseModel):
    """How often we look ourselves: a webhook may be late by hours, or never come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders_every: Duration = timedelta(minutes=5)
    overlap: Duration = timedelta(minutes=10)
    index_lag: Duration = timedelta(seconds=10)
    """How much later than its number an order shows in the list of orders."""
    levels_every: Duration = timedelta(hours=1)
    webhooks_every: Duration = timedelta(minutes=15)

    @field_validator("orders_every", "levels_every")
    @classmethod
    def _lets_the_shop_breathe(cls, pause: timedelta) -> timedelta:
        return at_least(pause, timedelta(seconds=5))

    @field_validator("overlap")
    @classmethod
    def _covers_an_order_on_its_way(cls, overlap: timedelta) -> timedelta:
        return at_least(overlap, timedelta(minutes=10))

    @field_validator("index_lag")
    @classmethod
    def _ends_some_day(cls, lag: timedelta) -> timedelta:
        if lag > timedelta(minutes=5):
            raise ValueError("must be 5m or less: for that long no number is compared")
        return lag

    @field_validator("webhooks_every")
    @classmethod
    def _looks_now_and_then(cls, pause: timedelta) -> timedelta:
        return never_or_at_least(pause, timedelta(seconds=30))


class ShopifySettings(Settings):
    """What a merchant writes under a Shopify channel.

    Of `locations` the keys are the shop's own, as global ids; only these are synced.
    """

    shop: str
    client_id: str | None = None
    client_secret: Secrets = ()
    access_token: OneSecret = None
    webhook_secret: Secrets = ()
    allow_private: bool = False
    allow_insecure: bool = False  # before `url`, which asks it
    url: str | None = None
    ignore_sources: tuple[str, ...] = ()
    edit_removal: Literal["restock", "keep", "verify"] = "restock"
    cancel_without_restock: Literal["gone", "restock"] = "gone"
    timeout: Duration = timedelta(seconds=30)
    batch_size: int = Field(default=250, ge=1, le=250, strict=True)
    poll: Poll = Poll()

    @property
    def base_url(self) -> str:
        """Return where the shop is called."""
        return self.url or f"https://{self.shop}"

    @property
    def signing(self) -> tuple[Secret, ...]:
        """Return every secret with which a webhook may be signed."""
        return (*self.client_secret, *self.webhook_secret)

    @property
    def mapped(self) -> frozenset[int]:
        """Return the numbers of the shop's locations that are synced."""
        ids = (number(LOCATION, key) for key in self.locations)
        return frozenset(one for one in ids if one is not None)

    @field_validator("locations", mode="before")
    @classmethod
    def _are_global_ids(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            return written
        named: dict[str, LocationName] = {}
        for key, name in written.items():
            known = _location(key)
            if known in named:
                raise ValueError(f"names {known} twice; keep one")
            twin = next((one for one, taken in named.items() if taken == name), None)
            if twin is not None:
                raise ValueError(
                    f"maps {twin} and {known} both to {name}, and each of them shows a number; "
                    "give each a location of its own"
                )
            named[known] = name
        return named

    @field_validator("shop")
    @classmethod
    def _is_its_first_address(cls, shop: str) -> str:
        if not _SHOP.fullmatch(shop.lower()):
            raise ValueError(
                "write the shop's myshopify.com address, such as sneakers.myshopify.com; "
                "Shopify shows it under Settings > Domains"
            )
        return shop.lower()

    @field_validator("client_id")
    @classmethod
    def _is_one_word(cls, client_id: str | None) -> str | None:
        if client_id is not None and not is_a_key(client_id):
            raise ValueError("is empty or holds a space; copy the app's client id whole")
        return client_id

    @field_validator("client_secret", "webhook_secret")
    @classmethod
    def _sign(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for one in secrets:
            refuse_empty(one)
        return secrets

    @field_validator("access_token")
    @classmethod
    def _opens_something(cls, token: Any) -> Any:
        if isinstance(token, Secret) and not is_a_key(token.value):
            raise ValueError(
                f"{token.origin} is empty or holds a space; copy the token whole (shpat_...)"
            )
        return token

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None, info: ValidationInfo) -> str | None:
        allow_insecure = info.data.get("allow_insecure", False)
        return None if url is None else fit(url, allow_insecure=allow_insecure)

    @field_validator("ignore_sources")
    @classmethod
    def _are_sources(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        for one in sources:
            if source(one) is None:
                raise ValueError(
                    f"{one!r} is no source; write the source_name of such an order, as in pos, "
                    "Amazon DE or 1354745001"
                )
        return sources

    @field_validator("timeout")
    @classmethod
    def _waits_for_an_answer(cls, timeout: timedelta) -> timedelta:
        return at_least(timeout, timedelta(seconds=5))

    @model_validator(mode="after")
    def _lets_us_in(self) -> Self:
        if self.access_token is not None and self.client_id is not None:
            raise ValueError(
                "access_token and client_id are two ways in; keep client_id with client_secret "
                "for an app of the Dev Dashboard, access_token for an old custom app"
            )
        if self.access_token is None and (self.client_id is None or not self.client_secret):
            raise ValueError(
                "needs client_id and client_secret of your app in the Dev Dashboard, or the "
                "access_token of an old custom app"
            )
        return self


def _location(key: Any) -> str:
    text = str(key)
    given = int(text) if re.fullmatch(r"[1-9][0-9]{0,18}", text) else number(LOCATION, text)
    if given is None or given > ID_MAX:
        raise ValueError(
            f"{text} is no location of Shopify; write gid://shopify/Location/75596366001, where "
            "the number ends the address of the location's page in Shopify"
        )
    return gid(LOCATION, given)
