"""What a merchant writes under a channel of kind `woocommerce`."""

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

Auth = Literal["basic", "query", "oauth1"]


class Poll(BaseModel):
    """How often we look ourselves, since a shop sends a message once or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders_every: Duration = timedelta(seconds=60)
    overlap: Duration = timedelta(seconds=120)
    products_every: Duration = timedelta(minutes=10)
    webhooks_every: Duration = timedelta(minutes=5)

    @field_validator("orders_every", "products_every")
    @classmethod
    def _lets_the_shop_breathe(cls, pause: timedelta) -> timedelta:
        return at_least(pause, timedelta(seconds=5))

    @field_validator("overlap")
    @classmethod
    def _covers_an_order_on_its_way(cls, overlap: timedelta) -> timedelta:
        return at_least(overlap, timedelta(seconds=30))

    @field_validator("webhooks_every")
    @classmethod
    def _looks_now_and_then(cls, pause: timedelta) -> timedelta:
        return never_or_at_least(pause, timedelta(seconds=30))


class WooCommerceSettings(Settings):
    """What a merchant writes under a WooCommerce channel.

    Without `url`, `key` and `secret` the channel only listens.
    """

    webhook_secret: Secrets
    unpaid_soft_hold: Duration = timedelta(minutes=60)
    allow_private: bool = False
    allow_insecure: bool = False  # before `url`, which asks it
    url: str | None = None
    key: OneSecret = None
    secret: OneSecret = None
    auth: Auth | None = None
    """Default: basic; oauth1 for a `url` without TLS, where the shop takes nothing else."""
    write_mode: Literal["absolute", "delta"] = "absolute"
    poke_every: Duration = timedelta(seconds=25)
    poll: Poll = Poll()
    batch_size: int = Field(default=25, ge=1, le=100, strict=True)
    timeout: Duration = timedelta(seconds=60)
    parallel: int = Field(default=1, strict=True)

    @property
    def signs(self) -> Auth:
        """Return how calls are authorised."""
        secure = self.url is None or self.url.startswith("https://")
        return self.auth or ("basic" if secure else "oauth1")

    @field_validator("webhook_secret")
    @classmethod
    def _signs_as_written(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for one in secrets:
            refuse_empty(one)
            # The shop decodes HTML entities in its secret before it signs.
            if set(one.value) & set("&<>\"'"):
                raise ValueError(
                    f"{one.origin} holds one of & < > \" ', which WooCommerce changes before it "
                    "signs; use letters, digits, _ and -"
                )
        return secrets

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None, info: ValidationInfo) -> str | None:
        allow_insecure = info.data.get("allow_insecure", False)
        return None if url is None else fit(url, allow_insecure=allow_insecure)

    @field_validator("key", "secret")
    @classmethod
    def _opens_something(cls, secret: Any) -> Any:
        if isinstance(secret, Secret) and not is_a_key(secret.value):
            raise ValueError(
                f"{secret.origin} is empty or holds a space; copy the key whole, as WooCommerce "
                "shows it once (ck_... and cs_...)"
            )
        return secret

    @field_validator("timeout")
    @classmethod
    def _waits_for_an_answer(cls, timeout: timedelta) -> timedelta:
        return at_least(timeout, timedelta(seconds=5))

    @field_validator("poke_every")
    @classmethod
    def _pokes_lightly(cls, pause: timedelta) -> timedelta:
        return never_or_at_least(pause, timedelta(seconds=5))

    @field_validator("parallel")
    @classmethod
    def _one_after_the_other(cls, parallel: int) -> int:
        if parallel != 1:
            raise ValueError("only 1 is available: two writes at once to one shop cross each other")
        return parallel

    @model_validator(mode="after")
    def _three_go_together(self) -> Self:
        told = {"url": self.url, "key": self.key, "secret": self.secret}
        absent = [name for name, value in told.items() if value is None]
        if 0 < len(absent) < len(told):
            raise ValueError(
                f"url, key and secret go together; add what is missing ({', '.join(absent)}), or "
                "write none of them to listen only"
            )
        return self
