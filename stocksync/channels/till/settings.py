"""What a merchant writes under a channel of kind `till`."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from stocksync.channels.settings import Secret, Secrets, Settings
from stocksync.channels.till.keys import decode_key
from stocksync.channels.till.mapping import Rule
from stocksync.channels.till.outgoing import HeaderName, Outgoing

FOREIGN_KEY_BYTES_MAX = 256
"""Of a secret that another program chose, in `auth: hmac`."""
TOKEN_LENGTH_MIN = 32
TOKEN_LENGTH_MAX = 256

_PLACE = re.compile(r"(\{[a-z_]+\})")

Network = IPv4Network | IPv6Network


def _network(value: Any) -> Any:
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("write a network such as 203.0.113.0/24, or one address") from None


def _listed(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


class HmacScheme(BaseModel):
    """How a till with a signature of its own makes it.

    `template` is the signed text; `{body}` stands in it, and may `{timestamp}`, `{id}`
    and `{url}`. `url` is the address as the till was given it, to the letter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: HeaderName
    prefix: str = ""
    digest: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    template: str = "{body}"
    id_header: HeaderName | None = None
    timestamp_header: HeaderName | None = None
    url: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the template in pieces: plain text, and the places to fill."""
        return tuple(part for part in _PLACE.split(self.template) if part)

    @model_validator(mode="after")
    def _every_place_has_its_source(self) -> "HmacScheme":
        sources = {
            "{id}": ("id_header", self.id_header),
            "{timestamp}": ("timestamp_header", self.timestamp_header),
            "{url}": ("url", self.url),
        }
        places = {part for part in self.parts if _PLACE.fullmatch(part)}
        unknown = sorted(places - {"{body}", *sources})
        if unknown:
            raise ValueError(
                f"`template` holds {unknown[0]}; it knows {{body}}, {{timestamp}}, {{id}}, {{url}}"
            )
        if "{body}" not in places:
            raise ValueError("`template` must hold {body}: what is not signed can be forged")
        for place, (name, source) in sources.items():
            if place in places and source is None:
                raise ValueError(f"`template` holds {place}, so `{name}` must say where it is")
            # An id or a time that nobody signed could be swapped under a true signature.
            if source is not None and place not in places:
                raise ValueError(f"`{name}` is of use only if `template` holds {place}")
        return self


class Returns(BaseModel):
    """What happens to goods that are handed back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    restock_default: bool = False


class TillSettings(Outgoing):
    """The keys of a till or ERP; docs/guides/channels/till.md tells what each is for."""

    later: ClassVar[frozenset[str]] = Settings.later | {
        "columns",
        "date_format",
        "decimal",
        "delta",
        "duplicates",
        "encoding",
        "missing",
    }

    auth: Literal["standard", "hmac", "shared_token"] = "standard"
    webhook_secret: Secrets
    hmac: HmacScheme | None = Field(default=None, validate_default=True)
    ip_allow: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...], BeforeValidator(_listed)
    ] = ()
    tolerance_seconds: int = Field(default=300, ge=30, le=259_200, strict=True)

    timezone: str | None = None
    receipt_scope: tuple[Literal["location", "register"], ...] = ("location", "register")
    receipt_reset: Literal["never", "daily", "yearly"] = "never"
    returns: Returns = Returns()
    max_age_days: int = Field(default=30, ge=1, le=3650, strict=True)
    sku_match: Literal["exact", "casefold", "barcode"] = "exact"
    mapping: Annotated[tuple[Rule, ...], BeforeValidator(_listed)] = ()
    counts_include_unshipped: bool = True

    @property
    def zone(self) -> ZoneInfo | None:
        """Return where times without offset are read, if the merchant said so."""
        return ZoneInfo(self.timezone) if self.timezone else None

    def key_of(self, secret: Secret) -> bytes:
        """Return the signing key that a secret stands for."""
        return _key(secret, self.auth, self.secret_encoding)

    @field_validator("auth", mode="before")
    @classmethod
    def _addresses_prove_nothing_alone(cls, value: Any) -> Any:
        if value == "ip_allow":
            raise ValueError(
                "an address alone proves nothing; write standard, hmac or shared_token, "
                "and list the networks under `ip_allow`"
            )
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secrets_are_strong(cls, secrets: Any, info: ValidationInfo) -> Any:
        auth = info.data.get("auth", "standard")
        for secret in secrets:
            try:
                if auth == "shared_token":
                    _check_token(secret.value)
                else:
                    _key(secret, auth, info.data.get("secret_encoding"))
            except ValueError as e:
                raise ValueError(f"the secret from {secret.origin} {e}") from None
        return secrets

    @field_validator("hmac")
    @classmethod
    def _scheme_and_auth_agree(
        cls, scheme: HmacScheme | None, info: ValidationInfo
    ) -> HmacScheme | None:
        auth = info.data.get("auth")
        if auth == "hmac" and scheme is None:
            raise ValueError("`auth: hmac` needs it, at least `hmac: {header: X-Signature}`")
        if auth in ("standard", "shared_token") and scheme is not None:
            raise ValueError("is only used with `auth: hmac`; write that, or delete it")
        return scheme

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("no such timezone; write one such as Asia/Jerusalem")
        return value

    @field_validator("receipt_scope")
    @classmethod
    def _scope_in_one_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))

    @field_validator("counts_include_unshipped")
    @classmethod
    def _only_the_default_yet(cls, value: bool) -> bool:
        if not value:
            raise ValueError("`false` is not available yet; delete the key or write true")
        return value


def _key(secret: Secret, auth: str, encoding: str | None) -> bytes:
    if auth == "hmac":
        return decode_key(secret.value, encoding or "raw", FOREIGN_KEY_BYTES_MAX)
    return decode_key(secret.value, encoding or "base64")


def _check_token(token: str) -> None:
    if not TOKEN_LENGTH_MIN <= len(token) <= TOKEN_LENGTH_MAX:
        raise ValueError(
            f"is {len(token)} characters long; a token has {TOKEN_LENGTH_MIN} to {TOKEN_LENGTH_MAX}"
        )
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("holds a space or a letter beyond ASCII, which no header carries safely")
