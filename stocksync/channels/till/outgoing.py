"""What a merchant writes so that a till's numbers can be set and read."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from stocksync.channels.addresses import fit
from stocksync.channels.settings import Duration, OneSecret, Settings
from stocksync.channels.till.keys import decode_key

TIMEOUT_MAX = timedelta(seconds=60)

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_OURS = frozenset({"x-stocksync-peer"})
"""Set by our own door; a sender's header of that name never reaches us."""
_SET_BY_US = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "idempotency-key"}
    | {"transfer-encoding"}
)


def _header(value: Any) -> Any:
    if not isinstance(value, str) or not _HEADER.fullmatch(value) or value.lower() in _OURS:
        raise ValueError("must be the name of a header, such as X-Signature")
    return value.lower()


HeaderName = Annotated[str, BeforeValidator(_header)]
"""A field that holds the lower-case name of a header."""


class Outgoing(Settings):
    """The keys of the outgoing half. Without `push_url` the till only ever tells us.

    Each key stands after those that its check asks.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    secret_encoding: Literal["base64", "raw"] | None = None
    """Default: base64, and raw for `auth: hmac`, where the text is nearly always the key."""
    allow_insecure: bool = False
    allow_private: bool = False
    push_location: str | None = Field(default=None, min_length=1, max_length=128)
    push_auth: Literal["standard", "bearer", "basic", "header"] = "standard"
    push_header: HeaderName | None = Field(default=None, validate_default=True)
    push_secret: OneSecret = None
    push_batch: int = Field(default=100, ge=1, le=1000, strict=True)
    timeout: Duration = timedelta(seconds=10)
    cas: bool = True
    push_url: str | None = None
    levels_url: str | None = None
    movements_url: str | None = None

    @property
    def push_key(self) -> bytes:
        """Return the key that signs our calls, with `push_auth: standard`."""
        return decode_key(self.push_secret.value, self.secret_encoding or "base64")

    @property
    def place(self) -> str:
        """Return the till's own word for the place whose numbers we set."""
        words = [word for word, place in self.locations.items() if place == self.location]
        return self.push_location or (words[0] if words else str(self.location))

    @field_validator("push_header")
    @classmethod
    def _header_and_auth_agree(cls, value: str | None, info: ValidationInfo) -> str | None:
        wanted = info.data.get("push_auth") == "header"
        if wanted and value is None:
            raise ValueError("`push_auth: header` needs it, such as `push_header: X-Api-Key`")
        if value is not None and not wanted and "push_auth" in info.data:
            raise ValueError("is only used with `push_auth: header`; write that, or delete it")
        if value in _SET_BY_US:
            raise ValueError(f"{value} is set by stocksync itself; name a header of the till's own")
        return value

    @field_validator("push_secret")
    @classmethod
    def _secret_fits_its_use(cls, secret: Any, info: ValidationInfo) -> Any:
        try:
            auth = info.data.get("push_auth")
            if auth == "standard":
                decode_key(secret.value, info.data.get("secret_encoding") or "base64")
            elif auth == "basic":
                _check_basic(secret.value)
            elif auth is not None:
                _check_token(secret.value)
        except ValueError as e:
            raise ValueError(f"the secret from {secret.origin} {e}") from None
        return secret

    @field_validator("timeout")
    @classmethod
    def _timeout_is_short(cls, value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= TIMEOUT_MAX:
            raise ValueError("must be 1s to 60s")
        return value

    @field_validator("push_url", "levels_url", "movements_url")
    @classmethod
    def _address_is_fit(cls, value: str | None, info: ValidationInfo) -> str | None:
        return (
            None
            if value is None
            else fit(value, allow_insecure=bool(info.data.get("allow_insecure")))
        )

    @field_validator("push_url")
    @classmethod
    def _push_has_what_it_needs(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        if "push_secret" in info.data and info.data["push_secret"] is None:
            raise ValueError("needs `push_secret: {env: NAME}`, which proves to the till who calls")
        if not info.data.get("location") and not info.data.get("push_location"):
            raise ValueError("needs `location`, so that it is sure which place's numbers are set")
        return value

    @field_validator("levels_url", "movements_url")
    @classmethod
    def _reads_need_a_push(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "push_url" in info.data and info.data["push_url"] is None:
            raise ValueError("is only used with `push_url`; write that, or delete it")
        return value


def _check_token(token: str) -> None:
    if not re.fullmatch(r"[!-~]{1,4096}", token):
        raise ValueError(
            "must be 1 to 4096 letters, digits and signs without a space, as a header carries them"
        )


def _check_basic(text: str) -> None:
    user, colon, password = text.partition(":")
    if not (user and colon and password) or not text.isprintable():
        raise ValueError("must be written user:password, as `push_auth: basic` sends it")
