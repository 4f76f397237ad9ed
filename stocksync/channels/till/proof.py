"""Who sent these bytes: Standard Webhooks, another program's HMAC, or a shared token."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address

from stocksync.channels.base import Delivery
from stocksync.channels.errors import Unauthentic
from stocksync.channels.settings import Secret
from stocksync.channels.till.settings import HmacScheme, Network, TillSettings
from stocksync.channels.till.shape import ID

ID_HEADER = "webhook-id"
TIME_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
PEER_HEADER = "x-stocksync-peer"
TOKEN_HEADER = "x-stocksync-token"  # noqa: S105 the name of a header
ENTRIES_MAX = 10

# Not int(): it also takes 1_795, +1795, spaces and the digits of other scripts.
_SECONDS = re.compile(r"[0-9]{1,12}")
_MILLISECONDS = re.compile(r"[0-9]{13}")
_FOREIGN_ID = re.compile(r"[!-~]{1,128}")

Keys = Sequence[tuple[Secret, bytes]]


def check_standard(delivery: Delivery, keys: Keys, tolerance_s: int) -> None:
    """Return if one of the live keys signed these bytes just now, or raise `Unauthentic`."""
    headers = delivery.headers
    _require(headers, (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER))
    told_id, told_time = headers[ID_HEADER], headers[TIME_HEADER]
    if not ID.fullmatch(told_id):
        raise _bad_id(ID_HEADER, "1 to 128 letters, digits, '_', '-' or ':', and no dot")
    if not _SECONDS.fullmatch(told_time):
        raise _bad_timestamp(TIME_HEADER)

    signed = f"{told_id}.{told_time}.".encode() + delivery.body
    given = _entries(headers[SIGNATURE_HEADER])
    if not _signed_by_any(signed, given, _live(keys, delivery.received_at), "sha256"):
        raise _bad_signature()

    _check_time(int(told_time), delivery.received_at, tolerance_s)


def check_hmac(delivery: Delivery, scheme: HmacScheme, keys: Keys, tolerance_s: int) -> None:
    """Return if the bytes carry the other program's own signature, or raise `Unauthentic`."""
    headers = delivery.headers
    needed = (scheme.header, scheme.id_header, scheme.timestamp_header)
    _require(headers, [name for name in needed if name])
    told: dict[str, bytes] = {"{body}": delivery.body, "{url}": (scheme.url or "").encode()}
    if scheme.id_header:
        if not _FOREIGN_ID.fullmatch(headers[scheme.id_header]):
            raise _bad_id(scheme.id_header, "1 to 128 visible ASCII characters")
        told["{id}"] = headers[scheme.id_header].encode()
    seconds = None
    if scheme.timestamp_header:
        seconds = _seconds(headers[scheme.timestamp_header])
        if seconds is None:
            raise _bad_timestamp(scheme.timestamp_header)
        told["{timestamp}"] = headers[scheme.timestamp_header].encode()

    signed = b"".join(told[part] if part in told else part.encode() for part in scheme.parts)
    given = _foreign_signature(headers[scheme.header], scheme)
    if not _signed_by_any(signed, given, _live(keys, delivery.received_at), scheme.digest):
        raise _bad_signature()

    if seconds is not None:
        _check_time(seconds, delivery.received_at, tolerance_s)


def check_token(delivery: Delivery, secrets: Sequence[Secret]) -> None:
    """Return if the sender knows a live token, or raise `Unauthentic`."""
    scheme, _, bearer = delivery.headers.get("authorization", "").partition(" ")
    offered = [
        bearer.strip() if scheme.lower() == "bearer" else "",
        delivery.headers.get(TOKEN_HEADER, ""),
        delivery.token or "",
    ]
    live = [secret.value for secret in secrets if secret.live(delivery.received_at)]
    found = [_same(token, one) for token in offered for one in live]
    if not any(found):
        raise Unauthentic("bad-token", "the token is missing or wrong", status=401)


def check_peer(headers: Mapping[str, str], networks: Sequence[Network]) -> None:
    """Return if the sender's address is one of those the merchant listed, if any are."""
    if not networks:
        return
    try:
        address = ip_address(headers.get(PEER_HEADER, ""))
    except ValueError:
        address = None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address is None or not any(address in network for network in networks):
        detail = "this address is not in `ip_allow` of the channel; add it there"
        raise Unauthentic("bad-address", detail, status=401)


def stated_id(headers: Mapping[str, str], settings: TillSettings) -> str | None:
    """Return the event id that stands in the signed headers, where the mode has one."""
    if settings.auth == "standard":
        return _matching(headers.get(ID_HEADER), ID)
    if settings.hmac and settings.hmac.id_header:
        return _matching(headers.get(settings.hmac.id_header), _FOREIGN_ID)
    return None


def stated_at(headers: Mapping[str, str], settings: TillSettings) -> datetime | None:
    """Return the sender's own clock, where the mode signs it."""
    if settings.auth == "standard":
        name: str | None = TIME_HEADER
    else:
        name = settings.hmac.timestamp_header if settings.hmac else None
    seconds = _seconds(headers.get(name, "")) if name else None
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _require(headers: Mapping[str, str], names: Sequence[str]) -> None:
    missing = [name for name in names if not headers.get(name)]
    if missing:
        detail = f"send the header {' and '.join(missing)}"
        raise Unauthentic("missing-header", detail, status=400)


def _live(keys: Keys, now: datetime) -> list[bytes]:
    return [key for secret, key in keys if secret.live(now)]


def _entries(header: str) -> list[bytes]:
    told = [entry[3:] for entry in header.split(" ") if entry.startswith("v1,")]
    return [given for entry in told[:ENTRIES_MAX] if (given := _base64(entry)) is not None]


def _foreign_signature(header: str, scheme: HmacScheme) -> list[bytes]:
    if not header.startswith(scheme.prefix):
        return []
    told = header[len(scheme.prefix) :]
    given = _base64(told) if scheme.encoding == "base64" else _hex(told)
    return [] if given is None else [given]


def _signed_by_any(
    signed: bytes, given: Sequence[bytes], keys: Sequence[bytes], digest: str
) -> bool:
    wanted = [hmac.digest(key, signed, digest) for key in keys]
    # A list, not a generator: the time taken must not tell which one matched.
    return any([hmac.compare_digest(one, want) for one in given for want in wanted])  # noqa: C419


def _check_time(seconds: float, now: datetime, tolerance_s: int) -> None:
    skew = seconds - now.timestamp()
    if abs(skew) <= tolerance_s:
        return
    raise Unauthentic(
        "timestamp-out-of-tolerance",
        f"the clock of the sender is {abs(round(skew))} s {'ahead' if skew > 0 else 'behind'}, "
        f"and {tolerance_s} s are allowed; set it, or raise tolerance_seconds of the channel",
        status=401,
        extra={"skew_seconds": round(skew), "server_time": _written(now)},
    )


def _written(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return int(text)
    return int(text) / 1000 if _MILLISECONDS.fullmatch(text) else None


def _matching(text: str | None, pattern: re.Pattern[str]) -> str | None:
    return text if text and pattern.fullmatch(text) else None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _hex(text: str) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def _same(token: str, secret: str) -> bool:
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), secret.encode())


def _bad_id(header: str, rule: str) -> Unauthentic:
    return Unauthentic("bad-id", f"{header} must be {rule}", status=400)


def _bad_timestamp(header: str) -> Unauthentic:
    detail = f"{header} must be the seconds since 1970, in digits only"
    return Unauthentic("bad-timestamp", detail, status=401)


def _bad_signature() -> Unauthentic:
    detail = "the signature does not fit these bytes and the secret of this channel"
    return Unauthentic("bad-signature", detail, status=401)
